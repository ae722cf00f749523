// Tasks that submit and wait: no deadlock, no overflow.
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

long fib(Executor& ex, int n) {
  if (n < 2) return n;
  const Future<long> a = ex.submit(fib, n - 1);
  const Future<long> b = ex.submit(fib, n - 2);
  return a.get() + b.get();
}

int descend(Executor& ex, int n) { return n == 0 ? 0 : 1 + ex.submit(descend, n - 1).get(); }
int descend_timed(Executor& ex, int n) { return n == 0 ? 0 : 1 + ex.submit(descend_timed, n - 1).get(kForever); }
Future<int> tail(Executor& ex, int n) {
  if (n == 0) return ex.scatter(0);
  return ex.submit(tail, n - 1);
}

int stack_hungry(Executor& ex, int depth) {
  volatile char frame[2000];
  frame[depth % 2000] = 1;
  if (depth > 0) return stack_hungry(ex, depth - 1) + frame[depth % 2000] - 1;
  return ex.submit([](Executor& inner) { return inner.submit(square, 5).get(); }).get();
}

class Nesting : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, Nesting, ::testing::Values(1, 2, 4));

TEST_P(Nesting, Fibonacci) {
  Executor ex(threads(GetParam()));
  EXPECT_EQ(ex.submit(fib, kSanitized ? 14 : 22).get(), kSanitized ? 377 : 17711);
}

TEST_P(Nesting, HundredThousandDeep) {
  const int depth = kSanitized ? 3'000 : 100'000;
  Executor ex(threads(GetParam()));
  EXPECT_EQ(ex.submit(descend, depth).get(), depth);
}

TEST_P(Nesting, TimedWaitsDeep) {
  const int depth = kSanitized ? 200 : 5'000;
  Executor ex(threads(GetParam()));
  EXPECT_EQ(ex.submit(descend_timed, depth).get(), depth);
}

TEST_P(Nesting, FlatteningDeep) {
  const int depth = kSanitized ? 10'000 : 500'000;
  Executor ex(threads(GetParam()));
  EXPECT_EQ(ex.submit(tail, depth).get(), 0);
}

TEST_P(Nesting, GetBelowDeepRecursion) {
  Executor ex(threads(GetParam()));
  EXPECT_EQ(ex.submit(stack_hungry, 400).get(), 25);
}

TEST_P(Nesting, CancellationOfTheOuterTaskLeavesTheInnerOnesAlone) {
  Executor ex(threads(GetParam()));
  Promise<int> open;
  Gate begun;
  int inner_result = 0;
  const auto outer = ex.submit([&](Executor& inner) {
    const auto square_of_it = inner.submit(square, open.future());
    begun.open();
    inner_result = square_of_it.get();
  });
  begun.pass();
  EXPECT_FALSE(outer.cancel());
  open.set_value(3);
  outer.get();
  EXPECT_EQ(inner_result, 9);
}

TEST_P(Nesting, ManyTasksWaitForOneAnother) {
  Executor ex(threads(GetParam()));
  std::vector<Promise<int>> promises(kSanitized ? 20 : 300);
  std::vector<Future<int>> futures;
  for (auto& p : promises) futures.push_back(p.future());
  const auto relay = ex.map(
      [&promises, futures](std::size_t i) {
        const int next = i + 1 < futures.size() ? futures[i + 1].get() : 0;
        promises[i].set_value(next + 1);
      },
      [&] {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < promises.size(); ++i) indices.push_back(i);
        return indices;
      }());
  EXPECT_EQ(futures[0].get(), static_cast<int>(promises.size()));
  wait(relay);
}

TEST_P(Nesting, WaitAndAsCompletedInsideTasks) {
  Executor ex(threads(GetParam()));
  const auto sum = ex.submit([](Executor& inner) {
    const auto futures = inner.map(square, std::vector{1, 2, 3});
    int total = 0;
    for (const auto& f : as_completed(futures)) total += f.get();
    return total + static_cast<int>(wait(futures).done.size());
  });
  EXPECT_EQ(sum.get(), 17);
}

TEST_P(Nesting, TimeoutInsideATask) {
  Executor ex(threads(GetParam()));
  const Promise<int> never;
  auto impatient = [f = never.future()] {
    try {
      return f.get(1ms);
    } catch (const TimeoutError&) {
      return f.wait(0s) ? 1 : -1;
    }
  };
  EXPECT_EQ(ex.submit(impatient).get(), -1);
}

TEST_P(Nesting, MutualWaitingAcrossManyTasks) {  // each task waits for a task submitted before it and one after
  Executor ex(threads(GetParam()));
  for (int round = 0; round < 50; ++round) {
    const auto there = std::make_shared<Promise<int>>();
    const auto back = std::make_shared<Promise<int>>();
    const auto a = ex.submit([=, f = back->future()] {
      there->set_value(1);
      return f.get();
    });
    const auto b = ex.submit([=, f = there->future()] { back->set_value(f.get() + 1); });
    EXPECT_EQ(a.get(), 2);
    b.get();
  }
}

TEST(NestingOneThread, CallbackMayWaitForAConsumerOfTheSameTask) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const Future<int> first = ex.submit(square, 2);
  std::atomic<int> seen{0};
  const Future<int> earlier = ex.submit(square, first);
  Future<int> later;
  Gate all, called;
  first.on_done([&] {
    all.pass();
    seen = earlier.get() + later.get();
    called.open();
  });
  later = first.then(square);
  all.open();
  blocker.release();
  called.pass();
  EXPECT_EQ(seen, 32);
}

TEST(NestingOneThread, TaskMayShutDownAnotherExecutor) {
  Executor ex(threads(1));
  auto other = std::make_unique<Executor>(threads(1));
  std::vector<Future<int>> futures;
  ex.submit([&] {
      futures = other->map(square, std::vector<int>(20, 2));
      other->shutdown();
    }).get();
  for (const auto& f : futures) EXPECT_EQ(f.get(), 4);
}

TEST(Nesting, TaskThatWaitsForItselfTimesOut) {
  Executor ex(threads(1));
  const auto self = std::make_shared<Future<bool>>();
  Gate known;
  *self = ex.submit([self, &known] {
    known.pass();
    return self->wait(1ms);
  });
  known.open();
  EXPECT_FALSE(self->get());
}

}  // namespace
}  // namespace dflow::testing
