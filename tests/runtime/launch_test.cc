// Launches: what they are made of, and one written by hand at work.
#include <dflow/dflow.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <numeric>

#include "runtime/local/launches.h"
#include "tests/runtime/grid_launch.h"
#include "tests/runtime/support.h"
#include "tests/serialize/allocation_counter.h"

namespace dflow {
namespace {

using detail::Box;
using detail::ReduceTree;
using local::LaunchItem;
using testing::GridLaunch;

TEST(LaunchItem, KeepsWhatItIsMadeOf) {
  const auto task = LaunchItem::task(1023, (detail::TaskId{1} << 40) - 1);
  ASSERT_TRUE(LaunchItem::is(task.queued()));
  const LaunchItem back(task.queued());
  EXPECT_FALSE(back.is_range());
  EXPECT_EQ(back.slot(), 1023U);
  EXPECT_EQ(back.id(), (detail::TaskId{1} << 40) - 1);
  const LaunchItem range(LaunchItem::range(5, 255, LaunchItem::kMostUnits - 1, LaunchItem::kMostUnits).queued());
  EXPECT_TRUE(range.is_range());
  EXPECT_EQ(range.slot(), 5U);
  EXPECT_EQ(range.list(), 255U);
  EXPECT_EQ(range.begin(), LaunchItem::kMostUnits - 1);
  EXPECT_EQ(range.end(), LaunchItem::kMostUnits);
}

TEST(LaunchBox, RankAndIndicesAreInverse) {
  const Box<3> box{{-2, 5, 0}, {3, 4, 2}};
  EXPECT_EQ(box.size(), 24U);
  for (detail::TaskId rank = 0; rank < box.size(); ++rank) {
    const auto at = box.indices(rank);
    EXPECT_EQ(box.rank(at[0], at[1], at[2]), rank);
  }
}

TEST(LaunchBox, RefusesMoreThanCanBeNumbered) {
  const Box<2> box{{0, 0}, {detail::Index{1} << 31, detail::Index{1} << 31}};
  EXPECT_THROW(static_cast<void>(box.size()), std::bad_alloc);
  EXPECT_EQ((Box<2>{{0, 0}, {-1, 5}}.size()), 0U);
}

/// What Executor::reduce builds, level by level, with the number of each task in the tree.
std::string level_by_level(long length) {
  std::vector<std::string> level;
  for (long i = 0; i < length; ++i) level.push_back(std::to_string(i));
  while (level.size() > 1) {
    std::vector<std::string> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back("(" + level[i] + " " + level[i + 1] + ")");
    if (level.size() % 2 != 0) next.push_back(level.back());
    level = std::move(next);
  }
  return level[0];
}
std::string shown(const ReduceTree& tree, ReduceTree::Operand operand) {
  if (operand.task == 0) return std::to_string(operand.element);
  return "(" + shown(tree, tree.left(operand.task)) + " " + shown(tree, tree.right(operand.task)) + ")";
}

TEST(LaunchReduce, TheTreeIsTheOneThatIsBuiltLevelByLevel) {
  for (long length = 2; length < 300; ++length) {
    const ReduceTree tree{length};
    ASSERT_EQ(shown(tree, {tree.top(), 0}), level_by_level(length)) << length;
  }
}

TEST(LaunchReduce, EachTaskHasTwoInputsAndOneConsumer) {
  for (long length = 2; length < 300; ++length) {
    const ReduceTree tree{length};
    std::vector<int> inputs(static_cast<std::size_t>(length));
    for (long e = 0; e < length; ++e) ++inputs[static_cast<std::size_t>(tree.consumer_of_element(e))];
    for (long m = 1; m < length; ++m) ++inputs[static_cast<std::size_t>(tree.consumer_of(m))];
    ASSERT_EQ(tree.consumer_of(tree.top()), 0) << length;
    ASSERT_EQ(inputs[0], 1) << length;  // the top's result
    for (long m = 1; m < length; ++m) ASSERT_EQ(inputs[static_cast<std::size_t>(m)], 2) << length << ' ' << m;
  }
}

std::string path(long i, long j, const std::string& up, const std::string& left) {
  const long sum = (up.empty() ? 0 : std::stol(up)) + (left.empty() ? 0 : std::stol(left));
  return std::to_string(i == 0 && j == 0 ? 1 : sum % 1'000'007);
}
std::string serial_grid(long side) {
  std::vector<std::string> row(static_cast<std::size_t>(side));
  for (long i = 0; i < side; ++i)
    for (long j = 0; j < side; ++j)
      row[static_cast<std::size_t>(j)] = path(i, j, i > 0 ? row[static_cast<std::size_t>(j)] : "", j > 0 ? row[static_cast<std::size_t>(j - 1)] : "");
  return row.back();
}

TEST(Launch, ComputesWhatALoopDoes) {
  Executor ex({.threads = 3});
  for (const long side : {1L, 2L, 3L, 40L}) {
    const auto started = GridLaunch::start_on(ex, side, path);
    ASSERT_TRUE(started);
    EXPECT_EQ(started->outputs[0].get(), serial_grid(side));
  }
}

TEST(Launch, ComputesWhatALoopDoesWhileMemoryIsGivenBack) {
  const testing::Environment windowed("DFLOW_WINDOW", "1");
  Executor ex({.threads = 3});
  for (const long side : {1L, 2L, 40L, 300L}) EXPECT_EQ(GridLaunch::start_on(ex, side, path)->outputs[0].get(), serial_grid(side));
}

struct Page {
  std::array<long, 512> numbers;
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

/// By how much memory has grown at the last of 20,000 steps, each of which makes a page from the one before.
std::size_t growth_over_a_line(const std::string& window) {
  const testing::Environment setting("DFLOW_WINDOW", window);
  const std::size_t before = resident_bytes();
  std::size_t after = 0;
  {
    Executor ex({.threads = 2});
    testing::LineLaunch<Page>::start_on(ex, 20'000, [&](long i, const Page* last) {
      EXPECT_EQ(last ? last->numbers[511] : -1, i - 1);
      if (i == 19'999) after = resident_bytes();
      Page page{};
      page.numbers[511] = i;
      return page;
    });
  }
  return after - std::min(before, after);
}

TEST(Launch, ALongLineKeepsOnlyWhatIsStillRead) {
  if (testing::kSanitized) GTEST_SKIP() << "sanitizers keep memory of their own";
  EXPECT_GT(growth_over_a_line("0"), std::size_t{60} << 20);
  EXPECT_LT(growth_over_a_line("1"), std::size_t{20} << 20);
}

/// How often memory is asked for until the last of `length` steps, by whatever thread.
std::size_t allocations_of_a_line(long length) {
  Executor ex({.threads = 2});
  const std::size_t before = testing::allocations();
  std::atomic<std::size_t> last{0};
  testing::LineLaunch<long>::start_on(ex, length, [&](long i, const long* value) {
    if (i == length - 1) last = testing::allocations();
    return value == nullptr ? 0 : *value + 1;
  });
  ex.shutdown(true);
  return last - before;
}

/// The same of all cells of a square.
std::size_t allocations_of_consumers(long side) {
  Executor ex({.threads = 2});
  const std::size_t before = testing::allocations();
  testing::SquareLaunch::start_on(ex, side);
  ex.shutdown(true);
  return testing::allocations() - before;
}

TEST(Launch, AsksForMemoryByTheLaunchAndNotByTheTask) {
  std::ignore = allocations_of_a_line(10);  // what is made once in a process
  const std::size_t of_few = allocations_of_a_line(100), of_many = allocations_of_a_line(100'000);
  EXPECT_LE(of_many, of_few + 100);
}

TEST(Launch, AsksForMemoryByTheLaunchWhereTasksHaveManyConsumers) {
  std::ignore = allocations_of_consumers(3);
  const std::size_t of_few = allocations_of_consumers(10), of_many = allocations_of_consumers(400);
  EXPECT_LE(of_many, of_few + 400);  // 160,000 tasks
}

TEST(Launch, GoesOnWhenNobodyHoldsItsFutures) {
  std::atomic<int> ran{0};
  {
    Executor ex({.threads = 2});
    for (int i = 0; i < 20; ++i) {
      GridLaunch::start_on(ex, 10, [&](auto... of) {
        ++ran;
        return path(of...);
      });
    }
  }
  EXPECT_EQ(ran.load(), 2000);
}

TEST(Launch, AFailureReachesWhatDependsOnIt) {
  Executor ex({.threads = 2});
  const auto started = GridLaunch::start_on(ex, 6, [](long i, long j, const std::string& up, const std::string& left) {
    if (i == 3 && j == 0) throw std::domain_error("three");
    return path(i, j, up, left);
  });
  EXPECT_EQ(started->outputs[3].get(), "1");
  EXPECT_THROW(started->outputs[4].get(), std::domain_error);
  EXPECT_THROW(started->outputs[5].get(), std::domain_error);
  EXPECT_THROW(started->outputs[0].get(), std::domain_error);
}

TEST(Launch, ACancelledCellNeverRunsAndItsConsumersFail) {
  Executor ex({.threads = 2});
  std::atomic<bool> go{false}, ran{false};
  const auto started = GridLaunch::start_on(ex, 4, [&](long i, long j, const std::string& up, const std::string& left) {
    if (i == 0 && j == 0) go.wait(false);
    if (i == 2 && j == 0) ran = true;
    return path(i, j, up, left);
  });
  EXPECT_TRUE(started->outputs[3].cancel());
  go = true;
  go.notify_all();
  EXPECT_EQ(started->outputs[2].get(), "1");
  EXPECT_THROW(started->outputs[3].get(), CancelledError);
  EXPECT_THROW(started->outputs[0].get(), CancelledError);
  EXPECT_FALSE(ran);
  EXPECT_EQ(started->outputs[0].exception() != nullptr, true);
}

TEST(Launch, ShutdownCancelsWhatHasNotStarted) {
  Executor ex({.threads = 2});
  std::atomic<bool> started_one{false}, go{false};
  std::atomic<int> ran{0};
  const auto started = GridLaunch::start_on(ex, 5, [&](long i, long j, const std::string& up, const std::string& left) {
    ++ran;
    if (i == 0 && j == 0) {
      started_one = true;
      started_one.notify_all();
      go.wait(false);
    }
    return path(i, j, up, left);
  });
  started_one.wait(false);
  ex.shutdown(false, true);
  go = true;
  go.notify_all();
  ex.shutdown(true);
  EXPECT_EQ(ran.load(), 1);
  EXPECT_TRUE(started->outputs[0].cancelled());
}

TEST(Launch, ABodyMayWaitForAnotherLaunch) {
  Executor ex({.threads = 2});
  const auto started = GridLaunch::start_on(ex, 4, [](long i, long j, const std::string& up, const std::string& left) {
    Executor here;
    const auto inner = GridLaunch::start_on(here, 3, path);
    return inner->outputs[0].get() == serial_grid(3) ? path(i, j, up, left) : "wrong";
  });
  EXPECT_EQ(started->outputs[0].get(), serial_grid(4));
}

}  // namespace
}  // namespace dflow
