// The order of a launch's tasks: what is worked out, and what comes of it.
#include "runtime/local/launches.h"

#include <dflow/dflow.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>

#include "tests/runtime/support.h"
#include "tests/runtime/tails_launch.h"

namespace dflow {
namespace {

using namespace std::chrono_literals;
using local::LaunchOrder;
using local::levels_of;
using local::Priorities;
using local::SiteCosts;
using ::testing::ElementsAre;
using testing::TailsLaunch;

struct Destroy {
  void operator()(detail::Node* launch) const noexcept { launch->destroy(); }
};

/// One that does not start.
std::unique_ptr<TailsLaunch, Destroy> launch_of(Executor& ex, long width) {
  const auto body = [](long, long) { FAIL() << "a task ran"; };
  return std::unique_ptr<TailsLaunch, Destroy>(new TailsLaunch(detail::scope_of(ex), width, body));
}

TEST(LaunchLevels, AreTheTimeFromATaskToTheEnd) {
  Executor ex({.threads = 2});
  const auto launch = launch_of(ex, 5);
  const auto levels = levels_of(*launch, launch->roots(), launch->ends(), {10, 3});
  EXPECT_EQ(levels.ns[launch->id_of(0, 0)], 10);
  EXPECT_EQ(levels.ns[launch->id_of(4, 0)], 10 + 4 * 3);
  EXPECT_EQ(levels.ns[launch->id_of(4, 1)], 4 * 3);
  EXPECT_EQ(levels.ns[launch->id_of(4, 4)], 3);
  EXPECT_EQ(levels.ns[launch->id_of(1, 3)], 0) << "a number without a task has a level";
  EXPECT_EQ(levels.longest, 22);
  EXPECT_EQ(levels.work, 5 * 10 + (1 + 2 + 3 + 4) * 3);
}

TEST(LaunchLevels, AreFoundOfLongChainsWithoutALongStack) {
  Executor ex({.threads = 2});
  const auto launch = launch_of(ex, 1500);
  const auto levels = levels_of(*launch, launch->roots(), launch->ends(), {1, 1});
  EXPECT_EQ(levels.longest, 1500);
}

TEST(LaunchCosts, AreMeansByFamilyAndTheMeanOfAllForOthers) {
  SiteCosts costs(3);
  costs.note(0, 100ns, 1);
  costs.note(0, 300ns, 1);
  costs.note(2, 2us, 2);
  EXPECT_THAT(costs.by_family(), ElementsAre(200, 600, 1000));
}

TEST(LaunchOrder, GivesOutTheLongestWayFirst) {
  Executor ex({.threads = 2});
  const auto launch = launch_of(ex, 4);
  const auto costs = std::make_shared<SiteCosts>(2);
  const auto ends = launch->ends();
  LaunchOrder order({ends[0], ends[1]}, costs, 2, Priorities::everywhere);
  detail::LaunchAccess::roots(*launch) = launch->roots();
  order.begin(*launch);
  ASSERT_TRUE(order.ranked());
  order.put_roots(launch->id_of(0, 0), launch->id_of(2, 0) + 1);  // 1, 2, 3 tasks
  EXPECT_EQ(order.best_with(launch->id_of(3, 0), false), launch->id_of(3, 0));
  EXPECT_EQ(order.best_with(launch->id_of(3, 3), false), launch->id_of(2, 0));
  EXPECT_EQ(order.take(false), launch->id_of(1, 0));
  EXPECT_EQ(order.take(false), launch->id_of(0, 0)) << "of equal ones, the first";
  EXPECT_EQ(order.take(false), launch->id_of(3, 3));
}

TEST(LaunchOrder, GivesOutRootsLastWhereMemoryIsShort) {
  Executor ex({.threads = 2});
  const auto launch = launch_of(ex, 4);
  const auto ends = launch->ends();
  LaunchOrder order({ends[0], ends[1]}, std::make_shared<SiteCosts>(2), 2, Priorities::everywhere);
  detail::LaunchAccess::roots(*launch) = launch->roots();
  order.begin(*launch);
  order.put_roots(launch->id_of(3, 0), launch->id_of(3, 0) + 1);
  EXPECT_TRUE(order.has_roots_only());
  order.put(launch->id_of(2, 2));
  EXPECT_FALSE(order.has_roots_only());
  EXPECT_EQ(order.best_with(launch->id_of(2, 1), true), launch->id_of(2, 1));
  EXPECT_EQ(order.take(true), launch->id_of(2, 2));
  EXPECT_EQ(order.take(true), launch->id_of(3, 0));
}

TEST(LaunchOrder, RanksOnlyLongTasksOnLongWays) {
  Executor ex({.threads = 2});
  const auto launch = launch_of(ex, 20);
  detail::LaunchAccess::roots(*launch) = launch->roots();
  const auto ends = launch->ends();
  const auto ranked = [&](std::chrono::nanoseconds took, std::size_t threads) {
    LaunchOrder order({ends[0], ends[1]}, std::make_shared<SiteCosts>(2), threads, Priorities::where_worth);
    for (detail::TaskId i = 0; i < 8; ++i) order.timed(*launch, i, took, 1);
    return order.ranked();
  };
  EXPECT_TRUE(ranked(50us, 2));  // 210 tasks on two threads, 20 on the longest way
  EXPECT_FALSE(ranked(5us, 2));
  EXPECT_FALSE(ranked(50us, 1)) << "one thread is busy whatever the order";
}

/// The order in which the heads of a launch of `width` chains begin on one thread of two, the other being
/// kept busy.
std::vector<long> order_of_heads(Executor& ex, long width) {
  std::promise<void> busy, enough;
  auto other = ex.submit([&busy, gone = enough.get_future().share()] { busy.set_value(), gone.wait(); });
  busy.get_future().wait();
  std::mutex mutex;
  std::vector<long> heads;
  const auto outputs = TailsLaunch::start_on(ex, width, [&](long i, long j) {
    const auto end = std::chrono::steady_clock::now() + 60us;
    while (std::chrono::steady_clock::now() < end) {
    }
    const std::lock_guard lock(mutex);
    if (j == 0) heads.push_back(i);
  });
  for (long i = 0; i < width; ++i) EXPECT_EQ(outputs[static_cast<std::size_t>(i)].get(), i);
  enough.set_value();
  other.get();
  return heads;
}

TEST(Launch, RunsTheLongestWayFirstOnceItsTasksAreKnownToBeLong) {
  Executor ex({.threads = 2});
  const auto first = order_of_heads(ex, 20);
  EXPECT_TRUE(std::is_sorted(first.begin() + 10, first.end(), std::greater()))
      << "not even after it had learned";
  const auto second = order_of_heads(ex, 20);
  EXPECT_TRUE(std::is_sorted(second.begin(), second.end(), std::greater()));
}

TEST(Launch, RunsItsTasksAsTheyComeIfAskedTo) {
  const testing::Environment off("DFLOW_PRIORITIES", "0");
  Executor ex({.threads = 2});
  order_of_heads(ex, 20);
  const auto heads = order_of_heads(ex, 20);
  EXPECT_FALSE(std::is_sorted(heads.begin(), heads.end(), std::greater()));
}

TEST(Launch, CanBeOrderedWithTasksOfAnyLength) {
  const testing::Environment always("DFLOW_PRIORITIES", "2");
  Executor ex({.threads = 4});
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran{0};
    const auto outputs = TailsLaunch::start_on(ex, 40, [&](long, long) { ++ran; });
    for (long i = 0; i < 40; ++i) ASSERT_EQ(outputs[static_cast<std::size_t>(i)].get(), i);
    ASSERT_EQ(ran, 40 * 41 / 2);
  }
}

/// How many of a launch's chains begin while another task of it runs.
int begun_beside_others(Executor& ex, long width) {
  std::atomic<int> running{0}, beside{0};
  const auto outputs = TailsLaunch::start_on(ex, width, [&](long, long j) {
    const int others = running++;
    if (j == 0 && others > 0) ++beside;
    const auto end = std::chrono::steady_clock::now() + 30us;
    while (std::chrono::steady_clock::now() < end) {
    }
    --running;
  });
  for (long i = 0; i < width; ++i) EXPECT_EQ(outputs[static_cast<std::size_t>(i)].get(), i);
  return beside;
}

TEST(Launch, HoldsItsRootsBackWhileMemoryIsShort) {
  for (const char* priorities : {"0", "2"}) {
    const testing::Environment order("DFLOW_PRIORITIES", priorities);
    {
      const testing::Environment always("DFLOW_MEMORY", "1");
      Executor ex({.threads = 3});
      EXPECT_EQ(begun_beside_others(ex, 60), 0) << "priorities " << priorities;
    }
    const testing::Environment never("DFLOW_MEMORY", "0");
    Executor ex({.threads = 3});
    EXPECT_GT(begun_beside_others(ex, 60), 5) << "priorities " << priorities;
  }
}

TEST(Launch, PassesExceptionsOnWhateverTheOrder) {
  const testing::Environment always("DFLOW_PRIORITIES", "2");
  Executor ex({.threads = 3});
  const auto outputs = TailsLaunch::start_on(ex, 20, [](long i, long j) {
    if (i == 7 && j == 3) throw std::runtime_error("seven");
  });
  EXPECT_THROW(outputs[7].get(), std::runtime_error);
  EXPECT_EQ(outputs[19].get(), 19);
}

}  // namespace
}  // namespace dflow
