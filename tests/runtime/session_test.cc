// Executors, sessions, promises, callbacks, cancellation.
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Session, ExecutorsShareOne) {
  Executor a(threads(2));
  Executor b;
  EXPECT_EQ(b.threads(), 2u);
  EXPECT_EQ(b.submit(square, a.submit(square, 2)).get(), 16);
  EXPECT_THROW(Executor(threads(3)), std::invalid_argument);
  b.shutdown();
  EXPECT_EQ(a.submit(square, 2).get(), 4);
}

TEST(Session, ExecutorMadeInATaskIsAHandle) {
  Executor ex(threads(1));
  const auto inner = ex.submit([] {
    Executor handle;
    return handle.submit(square, 7).get();
  });
  EXPECT_EQ(inner.get(), 49);
  EXPECT_EQ(ex.submit([] { return Executor(threads(7)).threads(); }).get(), 1u);
}

TEST(Session, FutureOfAnEarlierSessionIsRefused) {
  Future<int> old;
  {
    Executor ex;
    old = ex.submit(square, 3);
  }
  EXPECT_EQ(old.get(), 9);
  EXPECT_THROW(old.then(square), SessionError);
  Executor ex;
  EXPECT_THROW(ex.submit(square, old), SessionError);
  EXPECT_THROW(ex.submit([](Refs<int>) {}, std::vector{old}), SessionError);
  EXPECT_THROW(ex.with({.after = {old}}).submit(square, 1), SessionError);
  EXPECT_EQ(old.get(), 9);
}

TEST(Session, ShutdownInsideAnOwnTaskIsRefused) {
  Executor ex;
  EXPECT_THROW(ex.submit([&] { ex.shutdown(); }).get(), InvalidStateError);
}

TEST(Session, RunningTasksMaySubmitWhileTheExecutorEnds) {
  std::atomic<int> ran{0};
  {
    Executor ex(threads(2));
    ex.submit([&](Executor& inner) {
      for (int i = 0; i < 100; ++i) inner.submit([&] { ++ran; });
    });
  }
  EXPECT_EQ(ran, 100);
}

TEST(Session, ThenGoesToAnExecutorThatIsOpen) {
  Executor first(threads(1));
  Executor second;
  first.shutdown();
  EXPECT_EQ(second.submit(square, 2).then(square).get(), 16);
}

TEST(Session, ShutdownTwiceIsFine) {
  Executor ex;
  ex.submit(square, 2);
  ex.shutdown();
  ex.shutdown(true, true);
}

TEST(Session, ManyThreadsSubmitAndManySessionsFollow) {
  for (int round = 0; round < 20; ++round) {
    Executor ex(threads(2));
    std::vector<std::thread> submitters;
    std::atomic<long> total{0};
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (const auto& f : ex.map(square, std::vector<int>(50, 2))) total += f.get();
      });
    }
    for (auto& s : submitters) s.join();
    EXPECT_EQ(total, 4 * 50 * 4);
  }
}

TEST(Session, AbsurdSettingsAreNamed) {
  const Environment bad("DFLOW_THREADS", "many");
  EXPECT_THAT(thrown_by([] { Executor ex; }), HasSubstr("DFLOW_THREADS=many"));
}

TEST(Session, MisspeltVariablesAndOptionsAreNamedWithWhatWasMeant) {
  const Environment misspelt("DFLOW_WORKRES", "3");
  const Environment anothers("DFLOW_UNHEARD_OF_ELSEWHERE", "1");
  const Environment internal("DFLOW_HOME", "/nonexistent");
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) const Executor ex;
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "dflow: warning: the environment has DFLOW_WORKRES, which sets nothing (did you mean DFLOW_WORKERS?); "
            "--dflow-help lists what there is\n");

  std::string words[] = {"app", "--dflow-shufle=7"};
  char* argv[] = {words[0].data(), words[1].data(), nullptr};
  int argc = 2;
  EXPECT_THAT(thrown_by([&] { const Executor ex(argc, argv); }),
              HasSubstr("unknown option --dflow-shufle (did you mean --dflow-shuffle?)"));
}

TEST(Session, OptionsAreTakenOutOfTheCommandLine) {
  std::string words[] = {"app", "--dflow-threads=2", "input", "--", "--dflow-threads=9"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
  int argc = 5;
  const Executor ex(argc, argv);
  EXPECT_EQ(ex.threads(), 2u);
  EXPECT_EQ(argc, 4);
  EXPECT_STREQ(argv[1], "input");
  EXPECT_EQ(argv[4], nullptr);
}

TEST(Session, EmptyFutureThrowsEverywhere) {
  const Future<int> none;
  EXPECT_FALSE(none.valid());
  EXPECT_FALSE(none.cancel());
  EXPECT_FALSE(none.done());
  EXPECT_THROW(none.get(), InvalidStateError);
  EXPECT_THROW(none.get(1s), InvalidStateError);
  EXPECT_THROW(Future<int>().get(), InvalidStateError);
  EXPECT_THROW(none.wait(), InvalidStateError);
  EXPECT_THROW(none.exception(), InvalidStateError);
  EXPECT_THROW(none.on_done([] {}), InvalidStateError);
  EXPECT_THROW(none.then(square), InvalidStateError);
  Executor ex;
  EXPECT_THROW(wait(std::vector{none}), InvalidStateError);
  EXPECT_THROW(as_completed(std::vector{none}), InvalidStateError);
  EXPECT_THROW(ex.submit([] { return Future<int>(); }).get(), InvalidStateError);
}

TEST(Promise, OutsideOfAnySession) {
  EXPECT_THROW(Promise<int>(), SessionError);
}

TEST(Promise, FeedsTasks) {
  Executor ex;
  Promise<int> promise;
  const auto squared = ex.submit(square, promise.future());
  EXPECT_FALSE(squared.done());
  promise.set_value(12);
  EXPECT_EQ(squared.get(), 144);
}

TEST(Promise, DestroyedWithoutAnOutcomeFails) {
  Executor ex;
  Future<int> future;
  {
    const Promise<int> promise;
    future = promise.future();
  }
  EXPECT_THROW(future.get(), InvalidStateError);
}

TEST(Promise, MovesAndVoid) {
  Executor ex;
  Promise<void> a;
  const auto future = a.future();
  Promise<void> b = std::move(a);
  a = Promise<void>();
  b.set_value();
  EXPECT_NO_THROW(future.get());
  EXPECT_TRUE(future.done());
}

TEST(Promise, CancelledOneRefusesItsValue) {
  Executor ex;
  Promise<int> promise;
  EXPECT_TRUE(promise.future().cancel());
  EXPECT_THROW(promise.set_value(1), InvalidStateError);
}

TEST(Promise, ValueWhoseConstructionThrows) {
  struct Bad {
    explicit Bad(int) { throw std::domain_error("bad"); }
  };
  Executor ex;
  Promise<Bad> promise;
  EXPECT_THROW(promise.set_value(1), std::domain_error);
  EXPECT_THROW(promise.future().get(), std::domain_error);
}

TEST(Promise, OutlivesItsSession) {
  std::optional<Promise<int>> promise;
  Future<int> future;
  int seen = 0;
  {
    Executor ex;
    promise.emplace();
    future = promise->future();
    future.on_done([&](const Future<int>& f) { seen = f.get(); });
  }
  EXPECT_THROW(future.get(), SessionError);
  promise->set_value(3);
  EXPECT_EQ(future.get(), 3);
  EXPECT_EQ(seen, 3);
}

TEST(Promise, OfAFutureIsNotFlattenedTwice) {
  Executor ex;
  Promise<Future<int>> promise;
  promise.set_value(ex.submit(square, 3));
  const auto outer = ex.submit([f = promise.future()] { return f; });
  EXPECT_EQ(outer.get().get(), 9);
}

TEST(OnDone, CallbacksRunInTheOrderTheyWereAdded) {
  Executor ex;
  Promise<int> promise;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) promise.future().on_done([&order, i] { order.push_back(i); });
  promise.set_value(1);
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(OnDone, RunsBeforeTheExecutorEnds) {
  std::atomic<int> called{0};
  {
    Executor ex(threads(2));
    for (auto& f : ex.map(square, std::vector<int>(100, 2))) f.on_done([&] { ++called; });
  }
  EXPECT_EQ(called, 100);
}

TEST(Then, RunsOnSuccessAndPassesFailuresOn) {
  Executor ex;
  EXPECT_EQ(ex.submit(square, 2).then(square).then([](int x) { return std::to_string(x); }).get(), "16");
  EXPECT_EQ(ex.submit([] {}).then([] { return 5; }).get(), 5);
  bool ran = false;
  EXPECT_THROW(ex.submit(divide, 1, 0).then([&](int) { ran = true; }).get(), std::domain_error);
  EXPECT_FALSE(ran);
  EXPECT_EQ(ex.submit(square, 3).then([&](int x) { return ex.submit(square, x); }).get(), 81);
}

TEST(Cancel, OfATaskInAChainEndsItsSuccessors) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto a = ex.submit(square, 2);
  const auto b = ex.submit(square, a);
  const auto c = ex.submit(square, b);
  EXPECT_TRUE(b.cancel());
  blocker.release();
  EXPECT_EQ(a.get(), 4);
  EXPECT_THROW(b.get(), CancelledError);
  EXPECT_THROW(c.get(), CancelledError);
}

TEST(Cancel, RunningTaskSeesItsStopToken) {
  Executor ex(threads(1));
  Gate entered;
  const auto future = ex.submit([&](std::stop_token token) {
    entered.open();
    eventually([&] { return token.stop_requested(); });
    return 5;
  });
  entered.pass();
  EXPECT_FALSE(future.cancel());
  EXPECT_EQ(future.get(), 5);
}

TEST(Cancel, CancelledTaskNeverRuns) {
  Executor ex(threads(2));
  std::atomic<int> ran{0}, cancelled{0};
  for (int round = 0; round < 2000; ++round) {
    const auto f = ex.submit([&] { ++ran; });
    if (f.cancel()) ++cancelled;
  }
  ex.shutdown();
  EXPECT_EQ(ran + cancelled, 2000);
}

TEST(Cancel, PendingTasksConsumersOfAPromise) {
  Executor ex;
  const Promise<int> promise;
  const auto consumer = ex.submit(square, promise.future());
  EXPECT_TRUE(promise.future().cancel());
  EXPECT_THROW(consumer.get(), CancelledError);
}

TEST(Exceptions, KeepTheirTypeAndIdentity) {
  struct Custom {
    int code;
  };
  Executor ex;
  try {
    ex.submit(square, ex.submit([]() -> int { throw Custom{7}; })).get();
    FAIL();
  } catch (const Custom& custom) {
    EXPECT_EQ(custom.code, 7);
  }
  EXPECT_THROW(ex.submit([]() -> int { throw 42; }).get(), int);
}

TEST(Exceptions, ResultWhoseMoveThrows) {
  struct Bomb {
    Bomb() = default;
    Bomb(Bomb&&) { throw std::runtime_error("moved"); }
  };
  Executor ex;
  auto relay = ex.submit([] {
    Bomb bomb;
    return Bomb(std::move(bomb));
  });
  EXPECT_EQ(thrown_by([&] { relay.get(); }), "moved");
  Future<Bomb> good = ex.submit([] { return Bomb(); });
  EXPECT_EQ(thrown_by([&] { ex.submit([](Bomb) {}, good).get(); }), "moved");
}

TEST(Flatten, NestedFailingAndMoveOnly) {
  Executor ex;
  auto nested = [](Executor& a) { return a.submit([](Executor& b) { return b.submit(square, 5); }); };
  EXPECT_EQ(ex.submit(nested).get(), 25);
  EXPECT_THROW(ex.submit([](Executor& a) { return a.submit(divide, 1, 0); }).get(), std::domain_error);
  EXPECT_EQ(*ex.submit([](Executor& a) { return a.submit([] { return std::make_unique<int>(3); }); }).get(), 3);
  EXPECT_NO_THROW(ex.submit([](Executor& a) { return a.submit([] {}); }).get());
  const Promise<int> promise;
  const auto forwarded = ex.submit([f = promise.future()] { return f; });
  promise.future().cancel();
  EXPECT_THROW(forwarded.get(), CancelledError);
}

TEST(Flatten, ConsumerOfTheOuterTaskGetsTheInnerValueUncopied) {
  Counted::reset();
  Executor ex(threads(1));
  const auto outer = ex.submit([](Executor& a) { return a.submit([] { return Counted(8); }); });
  EXPECT_EQ(ex.submit([](const Counted& c) { return c.value; }, outer).get(), 8);
  EXPECT_EQ(Counted::copies, 0);
}

TEST(AsCompletedMore, FuturesAddedOnTheWayAllCome) {
  Executor ex(threads(2));
  auto completed = as_completed(ex.map(square, std::vector<int>(4, 1)));
  int left = 5000, seen = 0;
  for (const auto& future : completed) {
    seen += future.get();
    if (left-- > 0) completed.add(ex.submit(square, 1));
  }
  EXPECT_EQ(seen, 5004);
}

TEST(AsCompletedMore, BatchesCountsAndClear) {
  Executor ex;
  auto futures = ex.map(square, std::vector{1, 2, 3});
  wait(futures);
  auto completed = as_completed(futures);
  EXPECT_EQ(completed.count(), 3u);
  EXPECT_EQ(completed.next_batch().size(), 3u);
  EXPECT_TRUE(completed.empty());
  EXPECT_THROW(completed.next(), InvalidStateError);
  completed.add(futures);
  completed.clear();
  EXPECT_TRUE(completed.empty());
}

}  // namespace
}  // namespace dflow::testing
