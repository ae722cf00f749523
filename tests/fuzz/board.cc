// A board that another process has written to: whatever stands there, no more is read than it may hold, and it can be written on.
// The first byte says how much of the memory the input fills.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>

#include "runtime/cluster/board.h"
#include "tests/fuzz/require.h"

namespace {

using namespace dflow::cluster;

/// What the other process can do with what it was given.
void write_to(int descriptor, const std::uint8_t* data, std::size_t size, std::size_t times) {
  const off_t all = ::lseek(descriptor, 0, SEEK_END);
  REQUIRE(all > 0);
  const auto most = static_cast<std::size_t>(all);
  void* memory = ::mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  REQUIRE(memory != MAP_FAILED);
  for (std::size_t at = 0, i = 0; i < times && at < most && size > 0; ++i, at += size)
    std::memcpy(static_cast<std::uint8_t*>(memory) + at, data, std::min(size, most - at));
  ::munmap(memory, most);
  for (const off_t other : {off_t{0}, all - 1, all + 1}) REQUIRE(::ftruncate(descriptor, other) != 0);  // it would kill who reads
}

bool is_board(int descriptor) {
  const int copy = ::dup(descriptor);
  const bool is = Board::join(copy).has_value();
  if (!is) ::close(copy);  // what is none stays open
  return is;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::optional<Board> board = Board::make();
  REQUIRE(board && is_board(board->descriptor()));
  write_to(board->descriptor(), data + 1, size - 1, 1 + data[0] % 4 * std::size_t{64});
  const std::vector<RunningBody> said = board->bodies();
  REQUIRE(said.size() <= Board::kMost);
  for (const RunningBody& body : said) board->remove(body);
  REQUIRE(board->bodies().empty());
  const RunningBody own{dflow::core::TaskId{7}, dflow::core::Attempt{data[0]}};
  REQUIRE(board->add(own) && board->bodies() == std::vector{own});
  (void)is_board(board->descriptor());
  return 0;
}
