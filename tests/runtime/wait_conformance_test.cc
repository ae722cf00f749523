// The cases of Python's test_wait.py and test_as_completed.py, by name.
#include <barrier>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct ThreePromises {
  Executor ex;
  std::vector<Promise<int>> promises{3};
  std::vector<Future<int>> futures{promises[0].future(), promises[1].future(), promises[2].future()};

  void fail(std::size_t i) { promises[i].set_exception(std::make_exception_ptr(std::runtime_error("failed"))); }
};

TEST(Wait, 20369) {  // each future once, also if it is given twice
  Executor ex;
  const Future<int> future = ex.submit(square, 3);
  const auto [done, not_done] = wait(std::vector{future, future});
  EXPECT_THAT(done, ElementsAre(future));
  EXPECT_THAT(not_done, IsEmpty());
}

TEST(Wait, FirstCompleted) {
  ThreePromises t;
  std::thread setter([&] { t.promises[1].set_value(1); });
  const auto [done, not_done] = wait(t.futures, When::first);
  EXPECT_THAT(done, ElementsAre(t.futures[1]));
  EXPECT_THAT(not_done, ElementsAre(t.futures[0], t.futures[2]));
  setter.join();
}

TEST(Wait, FirstCompletedSomeAlreadyCompleted) {
  ThreePromises t;
  t.futures[2].cancel();
  const auto [done, not_done] = wait(t.futures, When::first);
  EXPECT_THAT(done, ElementsAre(t.futures[2]));
  EXPECT_THAT(not_done, ElementsAre(t.futures[0], t.futures[1]));
}

TEST(Wait, FirstException) {
  ThreePromises t;
  std::thread setter([&] {
    t.promises[0].set_value(1);
    t.fail(1);
  });
  const auto [done, not_done] = wait(t.futures, When::first_exception);
  EXPECT_THAT(done, ElementsAre(t.futures[0], t.futures[1]));
  EXPECT_THAT(not_done, ElementsAre(t.futures[2]));
  setter.join();
}

TEST(Wait, FirstExceptionSomeAlreadyComplete) {
  ThreePromises t;
  t.promises[0].set_value(1);
  std::thread setter([&] { t.fail(2); });
  const auto [done, not_done] = wait(t.futures, When::first_exception);
  EXPECT_THAT(done, ElementsAre(t.futures[0], t.futures[2]));
  EXPECT_THAT(not_done, ElementsAre(t.futures[1]));
  setter.join();
}

TEST(Wait, FirstExceptionOneAlreadyFailed) {
  ThreePromises t;
  t.fail(0);
  const auto [done, not_done] = wait(t.futures, When::first_exception);
  EXPECT_THAT(done, ElementsAre(t.futures[0]));
  EXPECT_EQ(not_done.size(), 2u);
}

TEST(Wait, AllCompleted) {
  ThreePromises t;
  t.futures[0].cancel();
  std::thread setter([&] {
    t.promises[1].set_value(1);
    t.fail(2);
  });
  const auto [done, not_done] = wait(t.futures, When::all);
  EXPECT_THAT(done, ElementsAre(t.futures[0], t.futures[1], t.futures[2]));
  EXPECT_THAT(not_done, IsEmpty());
  setter.join();
}

TEST(Wait, Timeout) {
  ThreePromises t;
  t.promises[0].set_value(1);
  const auto [done, not_done] = wait(t.futures, When::all, 1ms);
  EXPECT_THAT(done, ElementsAre(t.futures[0]));
  EXPECT_THAT(not_done, ElementsAre(t.futures[1], t.futures[2]));
}

TEST(Wait, PendingCallsRace) {
  Executor ex(threads(2));
  for (int round = 0; round < 20; ++round) {
    const auto together = std::make_shared<std::barrier<>>(3);
    std::vector<Future<void>> futures;
    for (int i = 0; i < 2; ++i) futures.push_back(ex.submit([together] { together->arrive_and_wait(); }));
    together->arrive_and_wait();
    EXPECT_THAT(wait(futures, When::all).not_done, IsEmpty());
  }
}

TEST(AsCompleted, NoTimeout) {
  ThreePromises t;
  t.futures[0].cancel();
  std::thread setter([&] {
    t.promises[1].set_value(1);
    t.fail(2);
  });
  std::vector<Future<int>> seen;
  for (const auto& future : as_completed(t.futures)) seen.push_back(future);
  EXPECT_THAT(seen, UnorderedElementsAre(t.futures[0], t.futures[1], t.futures[2]));
  setter.join();
}

TEST(AsCompleted, FutureTimesOut) {
  ThreePromises t;
  t.promises[2].set_value(1);
  for (const auto timeout : {0ms, 2ms}) {
    std::vector<Future<int>> seen;
    auto iterate = [&] {
      for (const auto& future : as_completed(t.futures, timeout)) seen.push_back(future);
    };
    EXPECT_THROW(iterate(), TimeoutError);
    EXPECT_THAT(seen, ElementsAre(t.futures[2]));
  }
}

TEST(AsCompleted, DuplicateFutures) {
  Executor ex;
  const Future<int> future = ex.submit(square, 3);
  int count = 0;
  for ([[maybe_unused]] const auto& f : as_completed(std::vector{future, future})) ++count;
  EXPECT_EQ(count, 1);
}

TEST(AsCompleted, FreeReferenceYieldedFuture) {
  Counted::reset();
  Executor ex;
  std::vector<Future<Counted>> futures;
  for (int i = 0; i < 8; ++i) futures.push_back(ex.submit([] { return Counted(1); }));
  auto completed = as_completed(futures);
  wait(futures);
  futures.clear();
  for (int left = 8; left > 0; --left) {
    eventually([&] { return Counted::alive == left; });  // the runtime's own hold on a task may end a little later
    completed.next();
  }
  eventually([] { return Counted::alive == 0; });
  EXPECT_TRUE(completed.empty());
}

TEST(AsCompleted, CorrectTimeoutExceptionMsg) {
  ThreePromises t;
  t.promises[0].set_value(1);
  auto completed = as_completed(t.futures, 0s);
  const std::string text = thrown_by([&] {
    for ([[maybe_unused]] const auto& future : completed) {
    }
  });
  EXPECT_EQ(text, "dflow: 2 (of 3) futures unfinished");
}

}  // namespace
}  // namespace dflow::testing
