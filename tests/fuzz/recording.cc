// Recordings: the indices of one that is taken are valid, so labelling overruns nothing.
#include <cstdint>
#include <string_view>

#include "formats/labels.h"
#include "formats/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  if (const auto recording = parse_recording({reinterpret_cast<const char*>(data), size})) (void)label_recording(recording.value());
  return 0;
}
