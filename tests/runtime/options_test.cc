// TaskOptions and ExecutorOptions.
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Writes down in which order tasks ran.
struct Order {
  std::mutex mutex;
  std::vector<std::string> names;
  void ran(const std::string& name) {
    const std::lock_guard lock(mutex);
    names.push_back(name);
  }
};

TEST(Options, NameIsShown) {
  Executor ex;
  EXPECT_THAT(ex.with({.name = "my step"}).submit(square, 2).describe(), HasSubstr("my step"));
}

TEST(Options, HigherPrioritiesRunFirst) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  Order order;
  auto task = [&](std::string name) { order.ran(name); };
  std::vector<Future<void>> futures;
  futures.push_back(ex.with({.priority = -5}).submit(task, "low"));
  futures.push_back(ex.submit(task, "plain"));
  futures.push_back(ex.with({.priority = 1}).submit(task, "high"));
  futures.push_back(ex.with({.priority = 10}).submit(task, "highest"));
  futures.push_back(ex.with({.priority = -5}).submit(task, "low too"));
  futures.push_back(ex.with({.priority = 1}).submit(task, "high too"));
  blocker.release();
  wait(futures);
  EXPECT_THAT(order.names, ElementsAre("highest", "high", "high too", "plain", "low", "low too"));
}

TEST(Options, RetriesRunATaskThatThrewAgain) {
  Executor ex;
  std::atomic<int> runs{0};
  auto third_time = [&] {
    if (++runs < 3) throw std::runtime_error("not yet");
    return runs.load();
  };
  EXPECT_EQ(ex.with({.retries = 2}).submit(third_time).get(), 3);
  runs = 0;
  EXPECT_THROW(ex.with({.retries = 1}).submit(third_time).get(), std::runtime_error);
  EXPECT_EQ(runs, 2);
}

TEST(Options, RetriesNeverMoveTheirInputs) {
  Executor ex;
  std::atomic<int> runs{0};
  auto fussy = [&](std::vector<int> a, std::string b, std::vector<std::string> c) {
    if (++runs < 3) throw std::runtime_error("not yet");
    return a.size() + b.size() + c.at(0).size();
  };
  auto a = ex.submit([] { return std::vector<int>(100, 1); });
  std::vector<Future<std::string>> c{ex.submit([] { return std::string(50, 'c'); })};
  EXPECT_EQ(ex.with({.retries = 5}).submit(fussy, std::move(a), std::string(30, 'b'), std::move(c)).get(), 180u);
}

TEST(Options, TimeoutFailsTheFutureAndAsksTheTaskToStop) {
  Executor ex(threads(1));
  Gate stopped;
  const auto future = ex.with({.timeout = 1ms}).submit([&](std::stop_token token) {
    eventually([&] { return token.stop_requested(); });
    stopped.open();
    return 1;
  });
  EXPECT_THROW(future.get(), TimeoutError);
  stopped.pass();
  EXPECT_EQ(ex.submit(square, 2).get(), 4);
}

TEST(Options, TimeoutIsNotIgnored) {
  Executor ex;
  const auto future = ex.with({.timeout = 1ms, .on_failure = OnFailure::ignore}).submit([](std::stop_token token) {
    eventually([&] { return token.stop_requested(); });
    return 1;
  });
  EXPECT_THROW(future.get(), TimeoutError);
}

TEST(Options, TimeoutInTimeChangesNothing) {
  Executor ex;
  EXPECT_EQ(ex.with({.timeout = kForever}).submit(square, 3).get(), 9);
  EXPECT_THROW(ex.with({.timeout = kForever}).submit(divide, 1, 0).get(), std::domain_error);
}

TEST(Options, ExecutorWaitsForABodyThatRanOverItsLimit) {
  std::atomic<bool> ended{false};
  Gate told;
  {
    Executor ex(threads(1));
    Executor other(threads(1));  // keeps the session, so that only the executor's own count can hold it
    const auto late = other.with({.timeout = 1ms}).submit([&](Executor& mine) {
      told.pass();
      mine.submit(square, 2).wait();
      ended = true;
    });
    EXPECT_THROW(late.get(), TimeoutError);
    std::thread opener([&] { told.open(); });
    other.shutdown();
    EXPECT_TRUE(ended);
    opener.join();
  }
}

TEST(Options, TimeoutCountsFromTheStartOfEachTry) {
  Executor ex;
  int tries = 0;
  const auto third = ex.with({.retries = 2, .timeout = 4s}).submit([&] {
    std::this_thread::sleep_for(1500ms);  // all together longer than the limit, which counts real time; each is far below
    if (++tries < 3) throw std::runtime_error("not yet");
    return tries;
  });
  EXPECT_EQ(third.get(), 3);
}

TEST(Options, WhatNoTaskCanHaveIsRefused) {
  Executor ex;
  const auto refusal = [&](TaskOptions options) {
    try {
      ex.with(std::move(options)).submit(square, 2);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(refusal({.retries = 1, .once = true}), HasSubstr("TaskOptions::once: the task is to run once at most, and has `retries`"));
  EXPECT_THAT(refusal({.name = "brief", .pure = true, .once = true}), HasSubstr("once of 'brief': the task is to run once at most, and has `pure`"));
  EXPECT_THAT(refusal({.resources = {{"disk", 1}, {"gpu", -0.5}}}), HasSubstr("TaskOptions::resources: no task can need -0.5 gpu"));
  EXPECT_THAT(refusal({.resources = {{"gpu", std::numeric_limits<double>::quiet_NaN()}}}), HasSubstr("no task can need nan gpu"));
  EXPECT_THAT(refusal({.resources = {{"gpu", std::numeric_limits<double>::infinity()}}}), HasSubstr("no task can need inf gpu"));
  EXPECT_THAT(refusal({.allowed_failures = 256}), HasSubstr("TaskOptions::allowed_failures: 256 workers are more than may die"));
  EXPECT_THAT(refusal({.timeout = 0s}), HasSubstr("TaskOptions::timeout: no task ends within 0 ns"));
  EXPECT_THAT(refusal({.timeout = -1ns}), HasSubstr("no task ends within -1 ns"));
  EXPECT_EQ(ex.with({.allowed_failures = 255, .resources = {{"gpu", 0}}, .timeout = 1h}).submit(square, 2).get(), 4);
}

TEST(Options, LongestTimeout) {
  Executor ex;
  EXPECT_EQ(ex.with({.timeout = Duration::max()}).submit(square, 3).get(), 9);
}

TEST(Options, TimeoutOfATaskThatWaitsForItsInnerFuture) {
  Executor ex(threads(1));
  Promise<int> promise;
  const auto outer = ex.with({.timeout = 1ms}).submit([f = promise.future()] { return f; });
  EXPECT_THROW(outer.get(), TimeoutError);
  promise.set_value(1);
  EXPECT_THROW(outer.get(), TimeoutError);
}

TEST(Options, CallbackOfATimedOutTaskMayWaitForOthers) {
  Executor ex(threads(1));
  Gate called;
  std::atomic<int> seen{0};
  const auto late = ex.with({.timeout = 1ms}).submit([](std::stop_token token) {
    eventually([&] { return token.stop_requested(); });
  });
  late.on_done([&] {
    seen = ex.submit(square, 3).get();
    called.open();
  });
  called.pass();
  EXPECT_EQ(seen, 9);
}

TEST(Options, OnFailureIgnoreGivesADefaultValue) {
  Executor ex;
  const auto lenient = ex.with({.on_failure = OnFailure::ignore});
  EXPECT_EQ(lenient.submit(divide, 1, 0).get(), 0);
  EXPECT_NO_THROW(lenient.submit([] { throw 1; }).get());
  EXPECT_EQ(lenient.submit(square, ex.submit(divide, 1, 0)).get(), 0);
  EXPECT_EQ(lenient.submit(divide, 6, 2).get(), 3);
  EXPECT_EQ(ex.submit(square, lenient.submit(divide, 1, 0)).get(), 0);
}

TEST(Options, OnFailureAlsoHoldsForAnInnerFuture) {
  Executor ex;
  auto failing = [](Executor& inner) { return inner.submit(divide, 1, 0); };
  EXPECT_EQ(ex.with({.on_failure = OnFailure::ignore}).submit(failing).get(), 0);
  const auto head = ex.with({.on_failure = OnFailure::cancel_successors}).submit(failing);
  const auto tail = ex.submit(square, head);
  EXPECT_THROW(head.get(), std::domain_error);
  EXPECT_THROW(tail.get(), CancelledError);
}

TEST(Options, OnFailureIgnoreWithoutADefaultValueFails) {
  struct NoDefault {
    explicit NoDefault(int) {}
  };
  struct ThrowingDefault {
    ThrowingDefault() { throw std::logic_error("no default"); }
    explicit ThrowingDefault(int) {}
  };
  Executor ex;
  const auto lenient = ex.with({.on_failure = OnFailure::ignore});
  EXPECT_THROW(lenient.submit([]() -> NoDefault { throw std::domain_error("x"); }).get(), std::domain_error);
  EXPECT_EQ(thrown_by([&] { lenient.submit([]() -> ThrowingDefault { throw std::domain_error("x"); }).get(); }), "x");
}

TEST(Options, OnFailureCancelsSuccessors) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto head = ex.with({.on_failure = OnFailure::cancel_successors}).submit(divide, 1, 0);
  const auto middle = ex.submit(square, head);
  const auto tail = ex.submit(add, 1, middle);
  const auto beside = ex.submit(square, 3);
  blocker.release();
  EXPECT_THROW(head.get(), std::domain_error);
  EXPECT_THROW(tail.get(), CancelledError);
  EXPECT_TRUE(middle.cancelled());
  EXPECT_TRUE(tail.cancelled());
  EXPECT_EQ(beside.get(), 9);
}

TEST(Options, AfterOrdersTasksAndPassesFailuresOn) {
  Executor ex(threads(2));
  Order order;
  const Future<void> first = ex.submit([&] { order.ran("first"); });
  const Future<int> second = ex.with({.after = {first}}).submit([&] { return order.ran("second"), 2; });
  ex.with({.after = {first, second}}).submit([&](int) { order.ran("third"); }, second).get();
  EXPECT_THAT(order.names, ElementsAre("first", "second", "third"));
  const auto failing = ex.submit(divide, 1, 0);
  EXPECT_THROW(ex.with({.after = {first, failing}}).submit(square, 1).get(), std::domain_error);
}

TEST(Options, FirstFailedInputInArgumentOrderWins) {
  Executor ex(threads(2));
  for (int round = 0; round < 50; ++round) {
    const auto a = ex.submit([]() -> int { throw std::domain_error("a"); });
    const auto b = ex.submit([]() -> int { throw std::runtime_error("b"); });
    EXPECT_EQ(thrown_by([&] { ex.submit(add, a, b).get(); }), "a");
    EXPECT_EQ(thrown_by([&] { ex.submit(add, b, a).get(); }), "b");
    EXPECT_EQ(thrown_by([&] { ex.with({.after = {a}}).submit(square, b).get(); }), "b");
  }
}

TEST(Options, TaskFailsOnlyWhenAllItsInputsHaveEnded) {
  Executor ex;
  Promise<int> late;
  const auto sum = ex.submit(add, ex.submit(divide, 1, 0), late.future());
  EXPECT_FALSE(sum.wait(1ms));
  late.set_value(1);
  EXPECT_THROW(sum.get(), std::domain_error);
}

TEST(Options, KeptForTheClusterChangeNothingHere) {
  Executor ex;
  EXPECT_EQ(ex.with({.resources = {{"gpu", 1}}, .workers = {"w1"}, .pure = true}).submit(square, 2).get(), 4);
}

TEST(Options, WithAppliesToMapAndReduce) {
  Executor ex;
  const auto lenient = ex.with({.on_failure = OnFailure::ignore});
  const auto futures = lenient.map(divide, std::vector{4, 4}, std::vector{2, 0});
  EXPECT_THAT(ex.gather(futures), ElementsAre(2, 0));
  EXPECT_EQ(lenient.reduce(divide, ex.map(square, std::vector{1, 0})).get(), 0);
}

TEST(Options, MaxPendingBoundsWhatIsUnfinished) {
  constexpr std::size_t bound = 100;
  std::atomic<int> submitted{0}, ended{0}, most{0};
  Executor ex({.threads = 2, .max_pending = bound});
  for (int i = 0; i < 5000; ++i) {
    ex.submit([&] { ++ended; });
    most = std::max(most.load(), ++submitted - ended.load());
  }
  EXPECT_LE(most, static_cast<int>(bound) + 64);
}

TEST(Options, MaxPendingDoesNotHoldTasksThatSubmit) {
  Executor ex({.threads = 1, .max_pending = 2});
  EXPECT_EQ(ex.submit([](Executor& inner) {
              const auto futures = inner.map(square, std::vector<int>(500, 1));
              return inner.reduce(add, futures).get();
            }).get(), 500);
}

}  // namespace
}  // namespace dflow::testing
