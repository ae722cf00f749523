// What a journal's records say, whole records of any content: each two bytes of length before it. What the books restate makes the
// same books.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cluster/books.h"
#include "tests/fuzz/require.h"

namespace {

std::vector<std::string> restated(const dflow::cluster::Books& books) {
  std::vector<std::string> records;
  REQUIRE(books.restate([&](std::string_view record) { records.emplace_back(record); }));
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  dflow::cluster::Books books;
  while (left.size() >= 2) {
    const std::size_t length = static_cast<unsigned char>(left[0]) | static_cast<unsigned char>(left[1]) << 8;
    const std::string_view record = left.substr(2, length);
    left.remove_prefix(2 + record.size());
    (void)books.add(record);
  }
  const std::vector<std::string> records = restated(books);
  dflow::cluster::Books again;
  for (const std::string& record : records) REQUIRE(again.add(record));
  REQUIRE(restated(again) == records);
  return 0;
}
