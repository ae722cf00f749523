// Values that cross processes. What is taken is written and read again without loss; nothing takes memory that the bytes
// do not pay for (libFuzzer's -malloc_limit_mb).
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <dflow/serialize.h>

#include "tests/fuzz/require.h"

namespace {

struct Leaf {
  int number;
  std::string name;
  std::optional<double> weight;
};
struct Tree {
  int number;
  std::vector<Tree> children;
};
using Nested = std::map<std::string, std::vector<std::pair<std::int16_t, std::vector<std::string>>>>;
using Choice = std::variant<int, std::string, std::vector<std::uint8_t>, std::unique_ptr<std::string>>;
using Sets = std::tuple<std::set<int>, std::deque<bool>, std::vector<bool>, std::vector<float>>;

template <class T>
void read_as(std::span<const std::byte> bytes) {
  try {
    const T value = dflow::from_bytes<T>(bytes);
    const auto written = dflow::to_bytes(value);
    REQUIRE(dflow::to_bytes(dflow::from_bytes<T>(written)) == written);
  } catch (const dflow::SerializeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 5) {
    case 0: read_as<std::vector<Leaf>>(bytes); break;
    case 1: read_as<Nested>(bytes); break;
    case 2: read_as<std::vector<Choice>>(bytes); break;
    case 3: read_as<Sets>(bytes); break;
    default: read_as<Tree>(bytes);
  }
  return 0;
}
