// A packed value, as it comes from another host.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/transfer/packing.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow;
  if (size < 4) return 0;
  // What was announced, and how much of it is read at once.
  const std::uint64_t announced = (std::uint64_t{data[0]} << 16 | data[1] << 8 | data[2]) + 1;
  const std::size_t step = std::size_t{data[3]} * 1000 + 1;
  std::span<const std::byte> rest = std::as_bytes(std::span(data, size)).subspan(4);
  transfer::UnpackingSource source(
      [&rest](std::span<std::byte> into) -> formats::Result<void> {
        if (into.size() > rest.size()) return formats::Error{"the bytes end"};
        std::ranges::copy(rest.first(into.size()), into.begin());
        rest = rest.subspan(into.size());
        return {};
      },
      announced);
  std::vector<std::byte> value;
  try {
    while (source.left() > 0) {
      const std::size_t now = std::min<std::uint64_t>(step, source.left());
      value.resize(value.size() + now);
      source.read(std::span(value).last(now));
    }
  } catch (const transfer::Source::Broken&) {
    REQUIRE(!source.broken().empty());
    return 0;
  }
  REQUIRE(value.size() == announced);
  return 0;
}
