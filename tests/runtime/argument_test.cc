// How arguments arrive.
#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <tuple>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;

int total(const std::vector<int>& xs) { return std::accumulate(xs.begin(), xs.end(), 0); }

struct Base {
  virtual ~Base() = default;
  virtual int id() const { return 1; }
};
struct Derived : Base {
  int id() const override { return 2; }
};

TEST(Argument, LvaluesAreCopiedAndRvaluesMoved) {
  Counted::reset();
  Executor ex;
  const Counted mine(1);
  ex.submit([](const Counted&) {}, mine).get();
  EXPECT_EQ(Counted::copies, 1);
  ex.submit([](const Counted&) {}, Counted(2)).get();
  ex.submit([](Counted) {}, Counted(2)).get();
  EXPECT_EQ(Counted::copies, 1);
}

TEST(Argument, CallersLaterChangeIsNotSeen) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  std::vector<int> xs{1, 2, 3};
  const Future<int> sum = ex.submit(total, xs);
  xs.assign(100, 100);
  blocker.release();
  EXPECT_EQ(sum.get(), 6);
}

TEST(Argument, StoredAsTheParametersType) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  char buffer[] = "before";
  char* pointer = buffer;
  const auto text = ex.submit([](const std::string& s) { return s; }, pointer);
  const auto wide = ex.submit([](double x) { return x / 2; }, 3);
  buffer[0] = 'X';
  blocker.release();
  EXPECT_EQ(text.get(), "before");
  EXPECT_EQ(wide.get(), 1.5);
}

TEST(Argument, LiteralForAGenericParameterBecomesAString) {
  Executor ex;
  EXPECT_EQ(ex.submit([](const auto& s) { return s.size(); }, "four").get(), 4u);
}

TEST(Argument, TemporaryOutlivesItsView) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto length = ex.submit([](std::string_view s) { return std::string(s); }, std::string(100, 'a') + "b");
  const auto sum = ex.submit([](std::span<const int> s) { return s[0] + s[1]; }, std::vector<int>{20, 22});
  const std::string noise(200, 'z');
  blocker.release();
  EXPECT_EQ(length.get(), std::string(100, 'a') + "b");
  EXPECT_EQ(sum.get(), 42);
}

TEST(Argument, FutureArrivesAsItsValue) {
  Executor ex;
  const Future<int> a = ex.submit(square, 3);
  EXPECT_EQ(ex.submit(add, a, ex.submit(square, 4)).get(), 25);
  EXPECT_EQ(ex.submit(add, a, a).get(), 18);
  EXPECT_EQ(ex.submit([](double x) { return x / 2; }, a).get(), 4.5);
  EXPECT_EQ(ex.submit([](std::string_view s) { return s.size(); }, ex.scatter(std::string("abc"))).get(), 3u);
}

TEST(Argument, ContainersOfFutures) {
  Executor ex;
  const std::vector<Future<int>> v = ex.map(square, std::vector{1, 2, 3});
  EXPECT_EQ(ex.submit(total, v).get(), 14);
  EXPECT_EQ(ex.submit([](std::array<int, 2> a) { return a[0] * a[1]; }, std::array{v[1], v[2]}).get(), 36);
  EXPECT_EQ(ex.submit([](std::optional<int> o) { return o.value_or(-1); }, std::optional(v[2])).get(), 9);
  EXPECT_EQ(ex.submit([](std::optional<int> o) { return o.value_or(-1); }, std::optional<Future<int>>()).get(), -1);
  EXPECT_EQ(ex.submit([](std::pair<int, std::string> p) { return p.second + std::to_string(p.first); },
                      std::pair(v[1], std::string("n"))).get(), "n4");
  EXPECT_EQ(ex.submit([](const std::tuple<int, int, double>& t) { return std::get<0>(t) + std::get<2>(t); },
                      std::tuple(v[2], 5, 0.5)).get(), 9.5);
  EXPECT_EQ(ex.submit([](const std::map<std::string, int>& m) { return m.at("b"); },
                      std::map<std::string, Future<int>>{{"a", v[0]}, {"b", v[1]}}).get(), 4);
  EXPECT_EQ(ex.submit(total, std::vector<Future<int>>()).get(), 0);
}

TEST(Argument, NestedContainersOfFutures) {
  Executor ex;
  auto one = [&](int x) { return ex.submit(square, x); };
  const std::vector<std::vector<Future<int>>> ragged{{one(1), one(2)}, {}, {one(3)}};
  EXPECT_EQ(ex.submit([](const std::vector<std::vector<int>>& r) { return r[0][1] + r[2][0] + int(r[1].size()); }, ragged).get(), 13);
  const std::map<int, std::vector<std::pair<std::string, std::optional<Future<int>>>>> deep{{7, {{"x", one(5)}, {"y", {}}}}};
  using Arrived = std::map<int, std::vector<std::pair<std::string, std::optional<int>>>>;
  EXPECT_EQ(ex.submit([](const Arrived& d) { return *d.at(7)[0].second; }, deep).get(), 25);
  EXPECT_EQ(ex.submit([](std::tuple<int, std::array<int, 1>> t) { return std::get<1>(t)[0]; },
                      std::tuple(1, std::array{one(6)})).get(), 36);
}

TEST(Argument, ContainerOfBoolFutures) {
  Executor ex;
  const auto flags = ex.map([](int i) { return i > 1; }, std::vector{1, 2, 3});
  EXPECT_EQ(ex.submit([](std::vector<bool> b) { return std::count(b.begin(), b.end(), true); }, flags).get(), 2);
}

TEST(Argument, MoveOnlyElementsInContainers) {
  Executor ex;
  auto futures = ex.map([](int i) { return std::make_unique<int>(i); }, std::vector{1, 2, 3});
  const auto sum = ex.submit([](std::vector<std::unique_ptr<int>> v) { return *v[0] + *v[1] + *v[2]; }, std::move(futures));
  EXPECT_EQ(sum.get(), 6);
}

TEST(Argument, RefsCopyNothing) {
  Executor ex;
  const auto futures = ex.map([](int i) { return Counted(i); }, std::vector{1, 2, 3});
  wait(futures);
  Counted::reset();
  const auto sum = ex.submit(
      [](Refs<Counted> parts) {
        int s = 0;
        for (const Counted& part : parts) s += part.value;
        return s + parts[2].value + parts.front().value + parts.back().value + int(parts.size());
      },
      futures);
  EXPECT_EQ(sum.get(), 6 + 3 + 1 + 3 + 3);
  EXPECT_EQ(Counted::copies + Counted::moves, 0);
  EXPECT_TRUE(ex.submit([](const Refs<Counted>& none) { return none.empty(); }, std::vector<Future<Counted>>()).get());
}

TEST(Argument, RefsOfMoveOnlyResults) {
  Executor ex;
  const auto futures = ex.map([](int i) { return std::make_unique<int>(i); }, std::vector{1, 2, 3});
  auto sum = [](Refs<std::unique_ptr<int>> parts) { return *parts[0] + *parts[1] + *parts[2]; };
  EXPECT_EQ(ex.submit(sum, futures).get(), 6);
  EXPECT_EQ(ex.submit(sum, futures).get(), 6);
}

TEST(Argument, BorrowRefersToTheCallersObject) {
  Executor ex;
  const Counted big(5);
  Counted::reset();
  const Counted* seen = ex.submit([](const Counted& c) { return &c; }, borrow(big)).get();
  EXPECT_EQ(seen, &big);
  EXPECT_EQ(ex.submit([](const auto& c) { return c.value; }, borrow(big)).get(), 5);
  EXPECT_EQ(Counted::copies + Counted::moves, 0);
}

TEST(Argument, DerivedBindsToConstBaseWithoutSlicing) {
  Executor ex;
  auto id = [](const Base& b) { return b.id(); };
  EXPECT_EQ(ex.submit(id, ex.scatter(Derived())).get(), 2);
  EXPECT_EQ(ex.submit(id, ex.submit([] { return Derived(); })).get(), 2);
  EXPECT_EQ(ex.submit([](const std::shared_ptr<Base>& b) { return b->id(); },
                      ex.submit([] { return std::make_shared<Derived>(); })).get(), 2);
}

TEST(Argument, DerivedValueForAConstBaseParameter) {
  Executor ex;
  EXPECT_EQ(ex.submit([](const Base& b) { return b.id(); }, Derived()).get(), 2);
}

TEST(Argument, AbstractBaseParameter) {
  struct Shape {
    virtual ~Shape() = default;
    virtual int sides() const = 0;
  };
  struct Square : Shape {
    int sides() const override { return 4; }
  };
  Executor ex;
  auto sides = [](const Shape& s) { return s.sides(); };
  EXPECT_EQ(ex.submit(sides, Square()).get(), 4);
  EXPECT_EQ(ex.submit(sides, ex.scatter(Square())).get(), 4);
}

TEST(Argument, RvalueReferenceAndConstValueParameters) {
  Executor ex;
  EXPECT_EQ(*ex.submit([](std::unique_ptr<int>&& p) { return std::move(p); }, std::make_unique<int>(3)).get(), 3);
  EXPECT_EQ(ex.submit([](std::string&& s) { return s + "!"; }, ex.scatter(std::string("hi"))).get(), "hi!");
  EXPECT_EQ(ex.submit([](const int x, const volatile int& y) { return x + y; }, 1, 2).get(), 3);
}

TEST(Argument, ConstReferenceToOneMoveOnlyResultIsSharedByMany) {
  Executor ex;
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  auto read = [](const std::unique_ptr<int>& x) { return *x; };
  EXPECT_EQ(ex.submit(read, p).get() + ex.submit(read, p).get(), 8);
  EXPECT_EQ(*p.get(), 4);
}

TEST(Argument, MoveOnlyResultIsConsumedOnce) {
  Executor ex;
  auto p = ex.submit([] { return std::make_unique<int>(4); });
  auto eat = [](std::unique_ptr<int> x) { return *x; };
  const Future<int> first = ex.submit(eat, p);
  EXPECT_THROW(ex.submit(eat, p), InvalidStateError);
  EXPECT_THROW(ex.submit([](const std::unique_ptr<int>&) {}, p), InvalidStateError);
  EXPECT_THROW(p.get(), InvalidStateError);
  EXPECT_THROW(p.get(std::chrono::hours(1)), InvalidStateError);
  EXPECT_THROW(std::move(p).get(), InvalidStateError);
  EXPECT_EQ(first.get(), 4);
}

/// A task that reads a move-only result until it is let go.
struct SlowReader {
  Promise<void> started, go;
  Future<int> read;

  SlowReader(Executor& ex, const Future<std::unique_ptr<int>>& p) {
    read = ex.submit(
        [this, wait = go.future()](const std::unique_ptr<int>& x) {
          started.set_value();
          wait.get();
          return *x;
        },
        p);
    started.future().get();
  }
};

TEST(Argument, WhoTakesAMoveOnlyResultWaitsForItsReaders) {
  Executor ex(ExecutorOptions{.threads = 2});
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  SlowReader reader(ex, p);
  const Future<int> taken = ex.submit([](std::unique_ptr<int> x) { return *x + 1; }, p);
  EXPECT_FALSE(taken.wait(std::chrono::milliseconds(20)));
  reader.go.set_value();
  EXPECT_EQ(reader.read.get(), 4);
  EXPECT_EQ(taken.get(), 5);
}

TEST(Argument, ContainerThatTakesMoveOnlyResultsWaitsForTheirReaders) {
  Executor ex(ExecutorOptions{.threads = 2});
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  SlowReader reader(ex, p);
  const Future<int> taken = ex.submit([](std::vector<std::unique_ptr<int>> x) { return *x[0] + 1; }, std::vector{p});
  EXPECT_FALSE(taken.wait(std::chrono::milliseconds(20)));
  reader.go.set_value();
  EXPECT_EQ(reader.read.get() + taken.get(), 9);
}

TEST(Argument, GetOfAMoveOnlyResultWaitsForItsReaders) {
  Executor ex(ExecutorOptions{.threads = 2});
  auto p = ex.submit([] { return std::make_unique<int>(4); });
  SlowReader reader(ex, p);
  EXPECT_THROW(std::move(p).get(std::chrono::milliseconds(10)), TimeoutError);
  ASSERT_TRUE(p.valid());
  reader.go.set_value();
  EXPECT_EQ(*std::move(p).get(), 4);
  EXPECT_EQ(reader.read.get(), 4);
}

TEST(Argument, ReturnedMoveOnlyResultWaitsForItsReaders) {
  Executor ex(ExecutorOptions{.threads = 2});
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  SlowReader reader(ex, p);
  const Future<std::unique_ptr<int>> outer = ex.submit([p] { return p; });
  EXPECT_FALSE(outer.wait(std::chrono::milliseconds(20)));
  reader.go.set_value();
  EXPECT_EQ(*outer.get() + reader.read.get(), 8);
}

TEST(Argument, OneOfManyReadersIsWaitedForLast) {
  Executor ex(ExecutorOptions{.threads = 3});
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  SlowReader first(ex, p), second(ex, p);
  const Future<int> taken = ex.submit([](std::unique_ptr<int> x) { return *x; }, p);
  first.go.set_value();
  first.read.get();
  EXPECT_FALSE(taken.wait(std::chrono::milliseconds(20)));
  second.go.set_value();
  EXPECT_EQ(taken.get(), 4);
}

TEST(Argument, SubmissionRefusedForItsSecondArgumentConsumesNothing) {
  Executor ex;
  const auto p = ex.submit([] { return std::make_unique<int>(4); });
  auto eat = [](std::unique_ptr<int> x, std::unique_ptr<int> y) { return x && y; };
  EXPECT_THROW(ex.submit(eat, p, p), InvalidStateError);
  EXPECT_EQ(ex.submit([](std::unique_ptr<int> x) { return *x; }, p).get(), 4);
}

TEST(Argument, RefusedSubmissionConsumesNothing) {
  Executor ex;
  auto p = ex.submit([] { return std::make_unique<int>(4); });
  auto eat = [](std::unique_ptr<int> x, int) { return *x; };
  EXPECT_THROW(ex.submit(eat, p, Future<int>()), InvalidStateError);
  EXPECT_EQ(ex.submit(eat, p, 1).get(), 4);
}

TEST(Argument, EmptyFutureIsRefused) {
  Executor ex;
  EXPECT_THROW(ex.submit(square, Future<int>()), InvalidStateError);
  EXPECT_THROW(ex.submit(total, std::vector<Future<int>>(2)), InvalidStateError);
  EXPECT_THROW(ex.with({.after = {Future<void>()}}).submit(square, 1), InvalidStateError);
}

TEST(Argument, ExceptionWhileCopyingFailsTheCallOrTheTask) {
  struct Hostile {
    Hostile() = default;
    Hostile(const Hostile&) { throw std::runtime_error("no copies"); }
  };
  Executor ex;
  const Hostile mine;
  EXPECT_EQ(thrown_by([&] { ex.submit([](const Hostile&, int) {}, mine, 1); }), "no copies");
  const Future<Hostile> produced = ex.submit([] { return Hostile(); });
  EXPECT_EQ(thrown_by([&] { ex.submit([](Hostile) {}, produced).get(); }), "no copies");
  EXPECT_EQ(thrown_by([&] { produced.get(); }), "");
  EXPECT_EQ(ex.submit(square, 2).get(), 4);
}

TEST(Argument, ScatterIsSharedAndGatherKeepsOrder) {
  Counted::reset();
  Executor ex;
  const Future<Counted> data = ex.scatter(Counted(3));
  EXPECT_TRUE(data.done());
  auto futures = ex.map([](int i, const Counted& c) { return i * c.value; }, std::vector{1, 2, 3}, std::vector{data, data, data});
  EXPECT_THAT(ex.gather(futures), ElementsAre(3, 6, 9));
  EXPECT_THAT(ex.gather(std::move(futures)), ElementsAre(3, 6, 9));
  EXPECT_EQ(Counted::copies, 0);
  EXPECT_THROW(ex.gather(std::vector{ex.submit(divide, 1, 0)}), std::domain_error);
  EXPECT_EQ(ex.scatter("text").get(), std::string("text"));
}

}  // namespace
}  // namespace dflow::testing
