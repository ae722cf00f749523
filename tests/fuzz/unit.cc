// The section that says how an object was made, and an object with it. What is taken is written and read
// again without loss.
#include <cstdint>
#include <string_view>

#include "formats/unit.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)units_in_elf(bytes);
  const auto units = decode_units(bytes);
  if (!units) return 0;
  for (const Unit& unit : units.value()) {
    const auto again = decode_units(encode_unit(unit));
    REQUIRE(again && again.value().size() == 1 && again.value().front() == unit);
  }
  return 0;
}
