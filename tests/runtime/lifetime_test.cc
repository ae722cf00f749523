// How long values live, and how often they are copied.
#include <list>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

Counted produce() { return Counted(1); }
Counted bump(Counted c) {
  ++c.value;
  return c;
}

TEST(Lifetime, ChainByValueCopiesNothing) {
  Counted::reset();
  Executor ex(threads(2));
  for (int round = 0; round < 200; ++round) {
    Future<Counted> f = ex.submit(produce);
    for (int i = 0; i < 10; ++i) f = ex.submit(bump, std::move(f));
    EXPECT_EQ(std::move(f).get().value, 11);
  }
  EXPECT_EQ(Counted::copies, 0);
}

TEST(Lifetime, ChainInsideATaskCopiesNothing) {
  Counted::reset();
  Executor ex(threads(1));
  ex.submit([](Executor& inner) {
      Future<Counted> f = inner.submit(produce);
      for (int i = 0; i < 10; ++i) f = inner.submit(bump, std::move(f));
      return std::move(f).get().value;
    }).get();
  EXPECT_EQ(Counted::copies, 0);
}

TEST(Lifetime, ConstReferencesCopyNothing) {
  Counted::reset();
  Executor ex(threads(2));
  const Future<Counted> shared = ex.submit(produce);
  for (const auto& f : ex.map([](const Counted& a, const Counted& b) { return a.value + b.value; },
                              std::vector(20, shared), std::vector(20, shared))) {
    EXPECT_EQ(f.get(), 2);
  }
  EXPECT_EQ(Counted::copies, 0);
}

TEST(Lifetime, OnlyTheLastReaderMoves) {
  Executor ex(threads(1));
  const Future<Counted> f = ex.submit(produce);
  f.wait();
  Counted::reset();
  EXPECT_EQ(ex.submit(bump, f).get().value, 2);
  EXPECT_EQ(f.get().value, 1);
  EXPECT_EQ(Counted::copies, 1);
}

TEST(Lifetime, ValueGivenTwiceToOneTaskIsNotMovedAway) {
  Executor ex(threads(2));
  for (int round = 0; round < 100; ++round) {
    auto text = ex.submit([] { return std::string(100, 'x'); });
    auto both = [](std::string a, std::string b) { return a.size() + b.size(); };
    Future<std::string> copy = text;
    EXPECT_EQ(ex.submit(both, std::move(text), std::move(copy)).get(), 200u);
  }
}

TEST(Lifetime, GetOfTheLastHandleMoves) {
  Executor ex;
  Future<Counted> f = ex.submit(produce);
  ex.shutdown();
  Counted::reset();
  eventually([&] { return Future<Counted>(f).done(); });
  const Counted c = std::move(f).get();
  EXPECT_EQ(c.value, 1);
  EXPECT_FALSE(f.valid());
}

TEST(Lifetime, GetByReferenceStaysValidWhileAHandleLives) {
  Executor ex;
  Future<std::string> keep;
  const std::string* seen = nullptr;
  {
    const auto f = ex.submit([] { return std::string(100, 'y'); });
    keep = f;
    seen = &f.get();
  }
  EXPECT_EQ(*seen, std::string(100, 'y'));
  EXPECT_EQ(seen, &keep.get());
}

TEST(Lifetime, ResultsAreFreedAsSoonAsNobodyNeedsThem) {
  Executor ex(threads(1));
  Promise<int> hold;
  Future<Counted> a = ex.submit(produce);
  a.wait();
  const auto user = ex.submit([](const Counted& c, int) { return c.value; }, a, hold.future());
  a = {};
  EXPECT_EQ(Counted::alive, 1);  // a pending task needs it
  hold.set_value(1);
  EXPECT_EQ(user.get(), 1);
  eventually([] { return Counted::alive == 0; });
}

TEST(Lifetime, DroppedHandleStillRunsAndIsFreed) {
  std::atomic<bool> ran{false};
  {
    Executor ex;
    ex.submit([&] { return ran = true, Counted(3); });
  }
  EXPECT_TRUE(ran);
  EXPECT_EQ(Counted::alive, 0);
}

TEST(Lifetime, CancelledTaskFreesItsArgumentsAtOnce) {
  Executor ex;
  const Promise<int> never;
  const auto f = ex.submit([](const Counted&, int) {}, Counted(1), never.future());
  EXPECT_EQ(Counted::alive, 1);
  EXPECT_TRUE(f.cancel());
  EXPECT_EQ(Counted::alive, 0);
  never.future().cancel();
}

TEST(Lifetime, ArgumentsAreFreedBeforeTheResultIsSeen) {
  Executor ex;
  for (int round = 0; round < 200; ++round) {
    ex.submit([](const Counted& c) { return c.value; }, Counted(1)).get();
    EXPECT_EQ(Counted::alive, 0);
  }
}

TEST(Lifetime, FailedTaskFreesItsArguments) {
  Executor ex;
  const auto f = ex.submit([](const Counted&) -> int { throw 42; }, Counted(1));
  f.wait();
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_THROW(f.get(), int);
}

TEST(Lifetime, LongLoopOverAfterAndThenKeepsNothing) {
  Executor ex(threads(1));
  const auto witness = std::make_shared<int>(0);
  Future<void> f = ex.submit([witness] {});
  for (int i = 0; i < 1000; ++i) f = f.then([] {});
  for (int i = 0; i < 1000; ++i) f = ex.with({.after = {f}}).submit([] {});
  f.get();
  const auto counted = ex.submit(produce);
  Future<void> last = ex.with({.after = {counted}}).submit([] {});
  last.get();
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(Lifetime, AfterHoldsAResultOnlyUntilItsTaskHasEnded) {
  Executor ex(threads(1));
  Future<Counted> value = ex.submit(produce);
  const Future<void> later = ex.with({.after = {value}}).submit([] {});
  later.get();
  value = {};
  eventually([] { return Counted::alive == 0; });
  EXPECT_TRUE(later.done());
}

TEST(Lifetime, ResultThatHoldsFuturesOfALongChainDoesNotRecurse) {
  struct Link {
    std::shared_ptr<Future<Link>> next;
    std::shared_ptr<int> witness;
  };
  const auto witness = std::make_shared<int>();
  Executor ex(threads(1));
  Future<Link> head = ex.scatter(Link{nullptr, witness});
  for (int i = 0; i < (kSanitized ? 10'000 : 200'000); ++i) {
    auto next = std::make_shared<Future<Link>>(std::move(head));
    head = ex.scatter(Link{std::move(next), witness});
  }
  head = {};
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace dflow::testing
