// Any file that the tools are given: an executable, a plan as JSON or CBOR, a recording, labelled graphs.
#include <cstdint>
#include <string_view>

#include "formats/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)dflow::formats::read_document({reinterpret_cast<const char*>(data), size});
  return 0;
}
