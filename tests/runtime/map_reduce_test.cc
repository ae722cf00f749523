// map, reduce, parallel.
#include <array>
#include <functional>
#include <list>
#include <map>
#include <ranges>
#include <set>

#include <dflow/detail/launch.h>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string join(const std::string& a, const std::string& b) { return "(" + a + b + ")"; }

/// What `reduce` is specified to compute, written down on its own.
std::string joined(std::vector<std::string> xs) {
  while (xs.size() > 1) {
    std::vector<std::string> level;
    for (std::size_t j = 0; j + 1 < xs.size(); j += 2) level.push_back(join(xs[j], xs[j + 1]));
    if (xs.size() % 2 == 1) level.push_back(xs.back());
    xs = level;
  }
  return xs.at(0);
}

std::vector<std::string> letters(std::size_t n) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < n; ++i) result.emplace_back(1, static_cast<char>('a' + i % 26));
  return result;
}

std::vector<Future<std::string>> letter_futures(const Executor& ex, std::size_t n) {
  return ex.map([](std::string s) { return s; }, letters(n));
}

TEST(Map, ZipsToTheShortest) {
  Executor ex;
  EXPECT_THAT(ex.gather(ex.map(add, std::vector{1, 2, 3}, std::list{10, 20})), ElementsAre(11, 22));
  EXPECT_THAT(ex.gather(ex.map(add, std::set{1, 2}, std::array{10, 20, 30})), ElementsAre(11, 22));
}

TEST(Map, NothingGivesNothing) {
  Executor ex;
  EXPECT_THAT(ex.map(square, std::vector<int>()), IsEmpty());
  EXPECT_THAT(ex.map(add, std::vector<int>{1}, std::vector<int>()), IsEmpty());
  EXPECT_THAT(ex.map(MapOptions{.chunk = 4}, square, std::vector<int>()), IsEmpty());
}

TEST(Map, RangesOfManyKinds) {
  Executor ex;
  int array[] = {1, 2, 3};
  EXPECT_THAT(ex.gather(ex.map(square, array)), ElementsAre(1, 4, 9));
  EXPECT_THAT(ex.gather(ex.map(square, std::views::iota(1, 4))), ElementsAre(1, 4, 9));
  EXPECT_THAT(ex.gather(ex.map(square, array | std::views::reverse)), ElementsAre(9, 4, 1));
  EXPECT_THAT(ex.gather(ex.map([](bool b) { return !b; }, std::vector<bool>{true, false})), ElementsAre(false, true));
  const std::map<std::string, int> m{{"a", 1}, {"b", 2}};
  EXPECT_THAT(ex.gather(ex.map([](const std::pair<const std::string, int>& p) { return p.second; }, m)), ElementsAre(1, 2));
}

TEST(Map, OverFuturesAndOtherMaps) {
  Executor ex;
  const auto squares = ex.map(square, std::vector{1, 2, 3});
  EXPECT_THAT(ex.gather(ex.map(add, ex.map(square, squares), std::vector{100, 200, 300})), ElementsAre(101, 216, 381));
}

TEST(Map, MovesFromRvalueRangesOnly) {
  Counted::reset();
  Executor ex;
  std::vector<Counted> mine(4);
  auto value = [](const Counted& c) { return c.value; };
  wait(ex.map(value, mine));
  EXPECT_EQ(Counted::copies, 4);
  wait(ex.map(value, std::move(mine)));
  EXPECT_EQ(Counted::copies, 4);
}

TEST(Map, MoveOnlyElements) {
  Executor ex;
  std::vector<std::unique_ptr<int>> xs;
  for (int i = 1; i <= 3; ++i) xs.push_back(std::make_unique<int>(i));
  EXPECT_THAT(ex.gather(ex.map([](std::unique_ptr<int> p) { return *p; }, std::move(xs))), ElementsAre(1, 2, 3));
  auto produced = ex.map([](int i) { return std::make_unique<int>(i); }, std::vector{1, 2});
  EXPECT_THAT(ex.gather(ex.map([](std::unique_ptr<int> p) { return *p; }, produced)), ElementsAre(1, 2));
}

TEST(Map, ElementWhoseCopyThrowsLeavesEarlierTasksSubmitted) {
  struct Third {
    int value;
    explicit Third(int v) : value(v) {}
    Third(const Third& other) : value(other.value) {
      if (value == 3) throw std::runtime_error("third");
    }
  };
  std::atomic<int> ran{0};
  std::vector<Third> xs;
  xs.reserve(4);
  for (int i = 1; i <= 4; ++i) xs.emplace_back(i);
  for (const std::size_t chunk : {0, 8}) {
    Executor ex;
    EXPECT_EQ(thrown_by([&] { ex.map(MapOptions{.chunk = chunk}, [&](const Third&) { ++ran; }, xs); }), "third");
  }
  EXPECT_EQ(ran, 4);
}

TEST(Map, ChunksDependOnOneAnotherWithoutDeadlock) {  // what one element waits for, a later one of its chunk does
  Executor ex(threads(1));
  const auto promise = std::make_shared<Promise<int>>();
  const auto futures = ex.map(
      MapOptions{.chunk = 2},
      [promise, f = promise->future()](int i) {
        if (i == 0) return f.get();
        promise->set_value(7);
        return i;
      },
      std::vector{0, 1});
  EXPECT_THAT(ex.gather(futures), ElementsAre(7, 1));
}

TEST(Map, ConsumerOfAChunksFirstElementRunsWhileTheNextWaitsForIt) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto promise = std::make_shared<Promise<int>>();
  const auto futures = ex.map(MapOptions{.chunk = 2}, [f = promise->future()](int i) { return i == 0 ? 1 : f.get(); },
                              std::vector{0, 1});
  const auto consumer = futures[0].then([promise](int x) { promise->set_value(x + 1); });
  blocker.release();
  EXPECT_THAT(ex.gather(futures), ElementsAre(1, 2));
  consumer.get();
}

TEST(Map, RestOfAChunkWhoseTaskBlocksItsThreadRunsElsewhere) {
  Gate gate;
  Executor ex(threads(2));
  const auto futures = ex.map(
      MapOptions{.chunk = 4},
      [&](int i) {
        if (i == 0) gate.pass();
        if (i == 3) gate.open();
        return i;
      },
      std::vector{0, 1, 2, 3});
  EXPECT_THAT(ex.gather(futures), ElementsAre(0, 1, 2, 3));
}

TEST(Map, ConsumerOfAChunksFirstElementRunsWhileTheNextBlocksItsThread) {
  Gate submitted, gate;
  Executor ex(threads(2));
  const auto futures = ex.map(
      MapOptions{.chunk = 2}, [&](int i) { (i == 0 ? submitted : gate).pass(); }, std::vector{0, 1});
  const auto consumer = ex.with({.after = {futures[0]}}).submit([&] { gate.open(); });
  submitted.open();
  for (const auto& each : futures) each.get();
  consumer.get();
}

/// The size of the last of so many chunks, each of which is run before the next one begins.
template <class F>
std::size_t chunk_after(const Executor& ex, F f, int chunks) {
  detail::Pacing pacing;
  std::size_t size = 0;
  for (int i = 0; i < chunks; ++i) {
    auto task = detail::make_task(detail::scope_of(ex), nullptr, f);
    size = pacing.begin_chunk(detail::scope_of(ex), *task.node);
    detail::submit_node(detail::scope_of(ex), *task.node, nullptr);
    task.release().get();
  }
  return size;
}

TEST(Map, ChunksGrowWhereTasksAreShort) {
  Executor ex(threads(1));
  EXPECT_EQ(chunk_after(ex, [] { return 1; }, 1), 1);
  EXPECT_GT(chunk_after(ex, [] { return 2; }, 1000), 4);
}

TEST(Map, ChunksStayAtOneTaskWhereTasksAreLong) {
  Executor ex(threads(1));
  const auto spin = [] {
    for (const auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() < start + 200us;) {}
  };
  EXPECT_EQ(chunk_after(ex, spin, 100), 1);
}

TEST(Map, ChunksStayAtOneTaskWhereTheyAreSwitchedOff) {
  const Environment off("DFLOW_CHUNKS", "0");
  Executor ex(threads(1));
  EXPECT_EQ(chunk_after(ex, [] { return 3; }, 1000), 1);
}

TEST(Reduce, ShapeForEachSize) {
  Executor ex;
  for (std::size_t n = 1; n <= 33; ++n) EXPECT_EQ(ex.reduce(join, letter_futures(ex, n)).get(), joined(letters(n))) << n;
  EXPECT_EQ(joined(letters(5)), "(((ab)(cd))e)");
}

TEST(Reduce, InitIsTheLeftOperandOfOneFinalTask) {
  Executor ex;
  for (std::size_t n = 1; n <= 9; ++n) {
    EXPECT_EQ(ex.reduce(join, letter_futures(ex, n), std::string("0")).get(), join("0", joined(letters(n)))) << n;
  }
  EXPECT_EQ(ex.reduce(join, letter_futures(ex, 2), "0").get(), "(0(ab))");
  EXPECT_EQ(ex.reduce(join, letter_futures(ex, 2), ex.scatter(std::string("0"))).get(), "(0(ab))");
}

TEST(Reduce, NothingNeedsAnInit) {
  Executor ex;
  EXPECT_THROW(ex.reduce(join, std::vector<Future<std::string>>()), std::invalid_argument);
  EXPECT_EQ(ex.reduce(join, std::vector<Future<std::string>>(), std::string("0")).get(), "0");
  EXPECT_EQ(ex.reduce(join, std::vector<Future<std::string>>(), ex.scatter(std::string("0"))).get(), "0");
}

TEST(Reduce, OneFutureIsReturnedAsItIs) {
  Executor ex;
  const auto one = letter_futures(ex, 1);
  EXPECT_EQ(ex.reduce(join, one), one[0]);
}

TEST(Reduce, FailsWithTheFailureOfAnElement) {
  Executor ex;
  auto futures = ex.map(divide, std::vector{4, 4, 4}, std::vector{1, 0, 2});
  EXPECT_THROW(ex.reduce(add, futures).get(), std::domain_error);
  futures[1] = ex.submit(square, 1);
  EXPECT_EQ(ex.reduce(add, futures).get(), 7);
}

TEST(Reduce, NeverCopiesWhatNobodyElseHolds) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  auto futures = ex.map([](int i) { return Counted(i); }, std::vector<int>(16, 1));
  const auto total = ex.reduce(
      [](Counted a, const Counted& b) {
        a.value += b.value;
        return a;
      },
      std::move(futures));
  Counted::reset();
  blocker.release();
  EXPECT_EQ(total.get().value, 16);
  EXPECT_EQ(Counted::copies, 0);
}

TEST(Reduce, FloatingPointSumsRepeat) {
  std::vector<double> xs;
  for (int i = 1; i <= 1000; ++i) xs.push_back(1.0 / i);
  std::set<double> sums;
  for (std::size_t n : {1, 2, 4}) {
    Executor ex(threads(n));
    for (int round = 0; round < 5; ++round) {
      sums.insert(ex.reduce(std::plus<>(), ex.map([](double x) { return x * x; }, xs)).get());
    }
  }
  EXPECT_EQ(sums.size(), 1u);
}

TEST(Parallel, MapsAFunctionOverRanges) {
  Executor ex;
  const auto squares = parallel(square);
  EXPECT_THAT(squares(ex, std::vector{1, 2, 3}), ElementsAre(1, 4, 9));
  EXPECT_THAT(parallel(add)(ex, squares.map(ex, std::vector{1, 2}), std::vector{1, 1}), ElementsAre(2, 5));
}

}  // namespace
}  // namespace dflow::testing
