#include "runtime/cluster/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RunningBody body(std::uint64_t id, std::uint32_t attempt = 1) { return {core::TaskId{id}, core::Attempt{attempt}}; }

TEST(Board, TellsWhatRanInAProcessThatWasKilled) {
  std::optional<Board> board = Board::make();
  ASSERT_TRUE(board);
  const int child = ::fork();
  if (child == 0) {
    std::optional<Board> own = Board::join(board->descriptor());
    const bool written = own && own->add(body(7)) && own->add(body(8, 2)) && own->add(body(9));
    if (written) own->remove(body(7));
    ::raise(written ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_THAT(board->bodies(), ElementsAre(body(8, 2), body(9)));
}

TEST(Board, TellsAttemptsApart) {
  std::optional<Board> board = Board::make();
  ASSERT_TRUE(board && board->add(body(7, 1)) && board->add(body(7, 2)));
  board->remove(body(7, 2));
  EXPECT_THAT(board->bodies(), ElementsAre(body(7, 1)));
}

TEST(Board, SaysThatItIsFullAndTakesMoreWhenSomeAreGone) {
  std::optional<Board> board = Board::make();
  ASSERT_TRUE(board);
  for (std::uint64_t i = 1; i <= Board::kMost; ++i) ASSERT_TRUE(board->add(body(i)));
  EXPECT_FALSE(board->add(body(1000)));
  board->remove(body(5));
  EXPECT_TRUE(board->add(body(1000)));
  EXPECT_THAT(board->bodies(), SizeIs(Board::kMost));
}

TEST(Board, TellsTheWorkerHowMuchMemoryItMayHaveNow) {
  std::optional<Board> board = Board::make();
  ASSERT_TRUE(board);
  const int copy = ::dup(board->descriptor());
  const std::optional<Board> joined = Board::join(copy);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->allowed(), 0u);
  board->allow(1000);
  EXPECT_EQ(joined->allowed(), 1000u);
}

TEST(Board, StaysAsLargeAsItsReaderTakesItFor) {
  const std::optional<Board> board = Board::make();
  ASSERT_TRUE(board);
  EXPECT_NE(::ftruncate(board->descriptor(), 0), 0) << "who reads what is not there any more is ended by a signal";
  EXPECT_THAT(board->bodies(), IsEmpty());
}

TEST(Board, JoinsNothingElse) {
  EXPECT_FALSE(Board::join(-1));
  EXPECT_FALSE(Board::join(0));
  const std::optional<Board> board = Board::make();
  ASSERT_TRUE(board);
  EXPECT_THAT(board->bodies(), IsEmpty());
}

}  // namespace
}  // namespace dflow::cluster
