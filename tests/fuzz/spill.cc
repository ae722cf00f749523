// The head of a value on a worker's disk, as it is and with its checksum put right.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "formats/spill.h"
#include "tests/fuzz/require.h"

namespace {

void read(std::string_view bytes) {
  using namespace dflow::formats;
  const auto header = decode_spill_header(bytes);
  if (header) REQUIRE(encode_spill_header(header.value()) == bytes.substr(0, kSpillHeaderBytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  if (size < dflow::formats::kSpillHeaderBytes) return 0;
  const std::size_t checked = dflow::formats::kSpillHeaderBytes - 8;
  for (std::uint64_t i = 0, sum = XXH3_64bits(bytes.data(), checked); i < 8; ++i)
    bytes[checked + i] = static_cast<char>(sum >> 8 * i);
  read(bytes);
  return 0;
}
