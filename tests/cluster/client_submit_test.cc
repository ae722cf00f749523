// Cases of distributed's test_client by name: submitting, results, exceptions, waits.
#include <map>
#include <numeric>
#include <optional>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
/// Can be written, and never read.
struct Unreadable {
  int value = 0;
};
/// A callable of which the same is true.
struct UnreadableCall {
  int value = 0;
  int operator()(int x) const { return x + value; }
};
/// Exceptions: whoever writes the one, or reads the other, fails.
struct Unwritable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct UnreadableError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
}  // namespace dflow::testing

template <>
struct dflow::Serialize<dflow::testing::UnreadableCall> {
  static void write(Writer& out, const dflow::testing::UnreadableCall& call) { out.write(call.value); }
  static dflow::testing::UnreadableCall read(Reader&) { throw std::runtime_error("unreadable call!"); }
};

template <>
struct dflow::Serialize<dflow::testing::Unwritable> {
  static void write(Writer&, const dflow::testing::Unwritable&) { throw std::logic_error("unwritable"); }
  static dflow::testing::Unwritable read(Reader&) { return dflow::testing::Unwritable("never"); }
};

template <>
struct dflow::Serialize<dflow::testing::UnreadableError> {
  static void write(Writer&, const dflow::testing::UnreadableError&) {}
  static dflow::testing::UnreadableError read(Reader&) { throw std::logic_error("unreadable"); }
};

template <>
struct dflow::Serialize<dflow::testing::Unreadable> {
  static void write(Writer& out, const dflow::testing::Unreadable& value) { out.write(value.value); }
  static dflow::testing::Unreadable read(Reader&) { throw std::runtime_error("unreadable!"); }
};

namespace dflow::testing {
namespace {

const bool known = register_exception<Unwritable>() && register_exception<UnreadableError>();

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Client : public SharedCluster {
 protected:
  std::vector<int> results(const std::vector<Future<int>>& futures) { return ex.gather(futures); }
  static std::vector<int> range(int n) {
    std::vector<int> xs(static_cast<std::size_t>(n));
    std::iota(xs.begin(), xs.end(), 0);
    return xs;
  }
};

TEST_F(Client, Submit) {
  const auto x = ex.submit(inc, 10);
  const auto y = ex.submit(inc, 20);
  const auto z = ex.submit(add, x, y);
  EXPECT_EQ(z.get(), 11 + 21);
  EXPECT_TRUE(x.done());
}

TEST_F(Client, Map) {
  const auto first = ex.map(inc, range(5));
  const auto second = ex.map(inc, first);
  EXPECT_THAT(results(second), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_THAT(results(ex.map(add, first, second)), ElementsAre(3, 5, 7, 9, 11));
}

TEST_F(Client, MapEmpty) { EXPECT_THAT(ex.map(inc, std::vector<int>()), IsEmpty()); }

TEST_F(Client, MapRetries) {
  const Signal a, b;
  const auto some = ex.with({.retries = 2}).map(flaky, std::vector{2, 2}, std::vector{a.path(), b.path()});
  EXPECT_THAT(results(some), ElementsAre(3, 3));
  const Signal c;
  EXPECT_THAT(thrown_by([&] { ex.with({.retries = 1}).submit(flaky, 2, c.path()).get(); }), HasSubstr("call 2"));
}

TEST_F(Client, MapBatchSize) {
  EXPECT_EQ(results(ex.map(MapOptions{.chunk = 7}, inc, range(100))), results(ex.map(inc, range(100))));
}

TEST_F(Client, MapDifferentLengths) { EXPECT_THAT(results(ex.map(add, range(3), range(5))), ElementsAre(0, 2, 4)); }

TEST_F(Client, MapQuotes) { EXPECT_THAT(results(ex.map(add, range(2), std::vector{ex.submit(inc, 1), ex.submit(inc, 2)})), ElementsAre(2, 4)); }

TEST_F(Client, SubmitQuotes) {
  const auto x = ex.submit(inc, 1);
  EXPECT_EQ(ex.submit([](const std::vector<int>& xs) { return xs[0] + xs[1]; }, std::vector{x, x}).get(), 4);
}

/// Tasks that only read a list may have one of it in common; who takes it for his own changes nothing for others.
TEST_F(Client, ManyTasksTakeTheSameListOfFutures) {
  const auto list = ex.map(inc, range(20));
  const auto read = [](const std::vector<int>& xs, int i) { return xs[static_cast<std::size_t>(i)] + static_cast<int>(xs.size()); };
  const auto taken = [](std::vector<int> xs, int i) {
    for (int& x : xs) x = -1;
    return xs[static_cast<std::size_t>(i)];
  };
  std::vector<Future<int>> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(ex.submit(read, list, i));
    all.push_back(ex.submit(taken, list, i));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(2 * i)].get(), i + 1 + 20);
    EXPECT_EQ(all[static_cast<std::size_t>(2 * i + 1)].get(), -1);
  }
}

TEST_F(Client, SubmitThenGetWithFuture) {
  const auto x = ex.submit(inc, 1);
  EXPECT_EQ(ex.submit(inc, ex.submit(inc, x)).get(), 4);
}

TEST_F(Client, MapAcceptsNestedFutures) {
  const auto x = ex.submit(inc, 1), y = ex.submit(inc, 2);
  const std::vector<std::vector<Future<int>>> pairs{{x, y}, {y, y}};
  EXPECT_THAT(results(ex.map([](const std::vector<int>& xs) { return xs[0] * xs[1]; }, pairs)), ElementsAre(6, 9));
}

TEST_F(Client, ResolvesFutureInNamedtuple) {
  const auto x = ex.submit(inc, 1);
  EXPECT_EQ(ex.submit([](const std::tuple<int, int>& t) { return std::get<0>(t) + std::get<1>(t); }, std::tuple(x, x)).get(), 4);
}

TEST_F(Client, UnpacksRemotedataNamedtuple) {
  const auto x = ex.scatter(5);
  EXPECT_EQ(ex.submit([](const std::pair<int, int>& p) { return p.first * p.second; }, std::pair(x, ex.submit(inc, 1))).get(), 10);
}

TEST_F(Client, ResolvesFutureInDict) {
  const std::map<std::string, Future<int>> named{{"x", ex.submit(inc, 1)}, {"y", ex.submit(inc, 2)}};
  EXPECT_EQ(ex.submit([](const std::map<std::string, int>& m) { return m.at("x") * m.at("y"); }, named).get(), 6);
}

TEST_F(Client, FutureRepr) {
  const auto named = ex.with({.name = "prepare"}).submit(inc, 1);
  EXPECT_THAT(named.describe(), HasSubstr("prepare"));
  named.wait();
  EXPECT_THAT(named.describe(), HasSubstr("(done)"));
}

TEST_F(Client, FutureException) {
  const auto x = ex.submit(divided, 1, 0);
  EXPECT_THROW(std::rethrow_exception(x.exception()), std::domain_error);
  EXPECT_THROW(x.get(), std::domain_error);
  EXPECT_EQ(ex.submit(divided, 1, 2).exception(), nullptr);
}

TEST_F(Client, Exceptions) {
  const auto x = ex.submit(divided, 1, 2), y = ex.submit(divided, 1, 0);
  EXPECT_EQ(x.get(), 0.5);
  EXPECT_THROW(y.get(), std::domain_error);
  EXPECT_EQ(ex.submit(divided, 10, 2).get(), 5);  // the connection to the worker is as it was
}

TEST_F(Client, ExceptionOnException) {
  const auto x = ex.submit(throws, 1);
  const auto y = ex.submit(inc, x);
  EXPECT_EQ(thrown_by([&] { y.get(); }), "hello!");
  EXPECT_EQ(thrown_by([&] { x.get(); }), "hello!");
}

TEST_F(Client, ErrorsDontBlock) {
  const auto bad = ex.map(throws, range(4));
  const auto good = ex.map(inc, range(4));
  wait(bad);
  EXPECT_THAT(results(good), ElementsAre(1, 2, 3, 4));
  for (const auto& each : bad) EXPECT_NE(each.exception(), nullptr);
}

TEST_F(Client, LongError) {
  const auto bad = ex.submit([](int) -> int { throw std::runtime_error(std::string(100'000, 'x')); }, 1);
  EXPECT_EQ(thrown_by([&] { bad.get(); }).size(), 100'000u);
}

TEST_F(Client, BadTasksFail) {
  const auto bad = ex.submit([](int) { return std::raise(SIGKILL); }, 1);
  EXPECT_THROW(bad.get(), WorkerLost);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Client, Gather) {
  const auto x = ex.submit(inc, 10), y = ex.submit(inc, 20);
  EXPECT_THAT(ex.gather(std::vector{x, y, x}), ElementsAre(11, 21, 11));
  EXPECT_THAT(ex.gather(std::vector<Future<int>>()), IsEmpty());
}

TEST_F(Client, GatherStrict) {
  const std::vector<Future<int>> some{ex.submit(inc, 1), ex.submit(throws, 1)};
  EXPECT_THROW(ex.gather(some), std::runtime_error);
}

TEST_F(Client, GatherErrors) {
  const auto a = ex.submit(throws, 1), b = ex.submit(inc, 1);
  EXPECT_THROW(ex.gather(std::vector{a}), std::runtime_error);
  EXPECT_THAT(ex.gather(std::vector{b}), ElementsAre(2));
}

TEST_F(Client, GatherTraceback) {
  struct Unheard {
    void* where = nullptr;
  };
  const auto x = ex.submit([](int) { throw Unheard(); }, 1);
  try {
    x.get();
    FAIL();
  } catch (const RemoteError& error) {
    EXPECT_THAT(error.type(), HasSubstr("Unheard"));
    EXPECT_THAT(error.worker(), HasSubstr("worker-"));
  }
}

[[gnu::noinline]] int throws_far_down(int x) {
  if (x > 0) throw std::out_of_range("far down");
  return x;
}

TEST_F(Client, Traceback) {
  const auto x = ex.submit([](int n) { return throws_far_down(n) + 1; }, 1);
  const auto y = ex.submit(inc, x);
  EXPECT_THROW(y.get(), std::out_of_range);
  const auto origin = origin_of(y);
  ASSERT_TRUE(origin);
  EXPECT_THAT(origin->worker, HasSubstr("worker-"));
  ASSERT_THAT(origin->stack, Not(IsEmpty()));
  EXPECT_THAT(origin->stack[0], HasSubstr("client_conformance_test+0x"));
  EXPECT_THAT(origin->text(), HasSubstr("thrown on worker-"));
  EXPECT_FALSE(origin_of(ex.submit(inc, 1)));
}

TEST_F(Client, Wait) {
  const auto x = ex.submit(inc, 1), y = ex.submit(inc, 1), z = ex.submit(inc, 2);
  const auto waited = wait(std::vector{x, y, z});
  EXPECT_THAT(waited.done, ElementsAre(x, y, z));
  EXPECT_THAT(waited.not_done, IsEmpty());
}

TEST_F(Client, WaitFirstCompleted) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path()), y = ex.submit(inc, 1);
  const auto waited = wait(std::vector{x, y}, When::first);
  EXPECT_THAT(waited.done, ElementsAre(y));
  EXPECT_THAT(waited.not_done, ElementsAre(x));
  open.give();
}

TEST_F(Client, WaitTimeout) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path());
  EXPECT_FALSE(x.wait(10ms));
  EXPECT_THAT(wait(std::vector{x}, When::all, 10ms).not_done, SizeIs(1));
  open.give();
  x.wait();
}

TEST_F(Client, WaitInformativeErrorForTimeouts) {
  const Signal open;
  const auto x = ex.with({.name = "slow_one"}).submit(after_signal, 1, open.path());
  EXPECT_THAT(thrown_by([&] { x.get(10ms); }), AllOf(HasSubstr("slow_one"), HasSubstr("in time")));
  open.give();
}

TEST_F(Client, LongTasksDontTriggerTimeout) {
  const auto slow = ex.submit(slow_inc, 1, 200);
  EXPECT_EQ(slow.get(60s), 2);
}

TEST_F(Client, AddDoneCallback) {
  std::mutex mutex;
  std::vector<std::string> seen;
  Promise<void> all;
  const auto note = [&](const char* what) {
    return [&, what](const Future<int>& done) {
      {
        const std::lock_guard lock(mutex);
        seen.push_back(what + std::string(done.exception() ? "!" : ""));
        if (seen.size() < 3) return;
      }
      all.set_value();  // without the lock, which ends with the test
    };
  };
  const auto x = ex.submit(inc, 1), y = ex.submit(throws, 1);
  x.on_done(note("x"));
  y.on_done(note("y"));
  x.wait();
  x.on_done(note("late"));
  all.future().wait();
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("x", "y!", "late"));
}

TEST_F(Client, Threadsafe) {
  std::vector<std::thread> threads;
  std::atomic<int> sum{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) sum += ex.submit(add, i, k).get();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 20 * 28 + 8 * 190);
}

/// A name is the same in this process and when it comes back from the scheduler.
TEST_F(Client, UnicodeKeys) {
  const auto named = ex.with({.name = "größe α"}).submit(inc, 1);
  EXPECT_EQ(named.get(), 2);
  EXPECT_THAT(named.describe(), HasSubstr("größe α"));
  const auto bomb = ex.with({.name = "größe β", .allowed_failures = 1}).submit([] { std::raise(SIGKILL); });
  EXPECT_THAT(thrown_by([&] { bomb.get(); }), HasSubstr("größe β"));
}

TEST_F(Client, WarnWhenSubmittingLargeValues) {
  EXPECT_THAT(thrown_by([&] { ex.submit(first_of, std::vector<int>(10'000'000)).get(); }), HasSubstr("scatter()"));
}

TEST_F(Client, RobustUnserializable) {
  int local = 1;
  EXPECT_THAT(thrown_by([&] { ex.submit([&local](int x) { return x + local; }, 1).get(); }), HasSubstr("captures"));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Client, RobustUndeserializable) {
  EXPECT_THAT(thrown_by([&] { ex.submit([](const Unreadable& u) { return u.value; }, Unreadable{1}).get(); }),
              HasSubstr("unreadable!"));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Client, RobustUndeserializableFunction) {
  EXPECT_THAT(thrown_by([&] { ex.submit(UnreadableCall{1}, 1).get(); }), HasSubstr("unreadable call!"));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Client, BadlySerializedExceptions) {
  const auto unwritable = ex.submit([](int) -> int { throw Unwritable("hello world"); }, 1);
  const auto unreadable = ex.submit([](int) -> int { throw UnreadableError("hello world"); }, 1);
  for (const auto& bad : {unwritable, unreadable}) {
    EXPECT_THROW(bad.get(), RemoteError);
    EXPECT_THAT(thrown_by([&] { bad.get(); }), HasSubstr("hello world"));
  }
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

[[gnu::noinline]] int deep(int n) {
  if (n == 0) throw std::domain_error("deep down");
  const volatile int below = deep(n - 1);  // else the compiler makes a loop of it
  return below + 1;
}

TEST_F(Client, LongTraceback) {
  const auto bad = ex.submit(deep, 200);
  EXPECT_THROW(bad.get(), std::domain_error);
  const auto origin = origin_of(bad);
  ASSERT_TRUE(origin);
  EXPECT_THAT(origin->stack, Not(IsEmpty()));
  EXPECT_LT(origin->stack.size(), 100u);
}

TEST_F(Client, RecomputeReleasedKey) {
  const Signal calls;
  auto x = ex.submit(flaky, 0, calls.path());
  EXPECT_EQ(x.get(), 1);
  x = Future<int>();
  EXPECT_EQ(ex.submit(flaky, 0, calls.path()).get(), 2);  // nothing is kept of a call that nobody has a future of
}

TEST_F(Client, GatherSkip) {
  const std::vector<Future<int>> some{ex.submit(inc, 1), ex.submit(throws, 1), ex.submit(inc, 2)};
  std::vector<int> good;
  for (const auto& each : some) {
    if (!each.exception()) good.push_back(each.get());
  }
  EXPECT_THAT(good, ElementsAre(2, 3));
}

TEST_F(Client, NestedCompute) {
  const auto x = ex.submit(inc, 1);
  EXPECT_EQ(ex.submit(add, ex.submit(add, x, x), ex.submit(inc, x)).get(), 7);
}

Future<int> awaited(Executor& ex) { co_return co_await ex.submit(inc, 1) + co_await ex.submit(inc, 2); }

TEST_F(Client, AwaitFuture) { EXPECT_EQ(awaited(ex).get(), 5); }

TEST_F(Client, Status) {
  const Signal begun, open;
  const auto x = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(eventually([&] { return x.running(); }));
  const auto next = ex.submit(inc, x);
  EXPECT_FALSE(next.running());
  EXPECT_FALSE(x.done());
  open.give();
  x.wait();
  EXPECT_FALSE(x.running());
  EXPECT_TRUE(x.done());
}

}  // namespace
}  // namespace dflow::testing
