// A program's own globals may be called what dflow calls its locals: compiled with -Wshadow -Werror, like all tests.

[[maybe_unused]] static int add, after, argument, arguments, batch, begin, body, call, callable, callback, chunks, container,
    count, deadline, distinct, each, edge, edges, element, end, entry, error, extra, extras, f, file, first, from, future,
    futures, how, inner, last, left, line, made, make, name, need, node, nodes, number, observer, op, options, other,
    others, owner, pairs, position, producer, queue, range, ranges, readers, reason, result, results, returned, right,
    run, scope, seen, self, session, site, size, slots, state, task, tasks, text, timeout, total, type, types, value,
    values, visit, visitor, waiting, when;

#include <dflow/dflow.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

static dflow::Future<int> submitted_here(dflow::Executor& ex) {
  return ex.submit([](const std::vector<std::string>& words) { return static_cast<int>(words.size()); }, std::vector<std::string>{"a", "b"});
}
static auto counter() {
  return [](int n) { return [n] { return n; }; };
}
static long half(long x) { return x / 2; }
static long apply(long (*g)(long), long x) { return g(x); }
template <class F>
struct Twice {
  F g;
  long operator()(long x) const { return g(g(x)); }
};

TEST(Names, OfLambdasTellWhereTheyStand) {
  using ::testing::StartsWith;
  dflow::Executor ex;
  EXPECT_THAT(submitted_here(ex).describe(), StartsWith("lambda in submitted_here submitted in "));
  EXPECT_THAT(ex.submit(counter(), 1).describe(), StartsWith("lambda in counter submitted in "));
  EXPECT_THAT(ex.submit(counter()(1)).describe(), StartsWith("lambda in lambda in counter submitted in "));
}

TEST(Names, OfFunctionsAreNoTypes) {
  dflow::Executor ex;
  const auto halved = ex.submit(half, 3);
  EXPECT_THAT(halved.describe(), ::testing::StartsWith("half submitted in "));
  halved.wait();
  EXPECT_THAT(halved.describe(), ::testing::StartsWith("half submitted in "));
  EXPECT_THAT(ex.submit(&std::string::size, std::string("abc")).describe(), ::testing::Not(::testing::HasSubstr("*)")));
}

TEST(Names, OfWhatTakesAPointerAreItsOwn) {
  dflow::Executor ex;
  EXPECT_THAT(ex.submit(apply, half, 3L).describe(), ::testing::StartsWith("apply submitted in "));
  EXPECT_THAT(ex.submit(Twice<long (*)(long)>{half}, 3L).describe(), ::testing::StartsWith("Twice"));
}

TEST(Names, OfAProgramsGlobalsMayBeThoseOfDflowsLocals) {
  dflow::Executor ex;
  const auto square = [](long x) { return x * x; };
  const auto plus = [](long x, long y) { return x + y; };
  auto squares = ex.map(square, std::vector<long>{1, 2, 3});
  dflow::wait(squares);
  for (auto& done : dflow::as_completed(squares)) EXPECT_GT(done.get(), 0);
  EXPECT_EQ(ex.gather(squares), (std::vector<long>{1, 4, 9}));
  const auto sum = ex.with({.name = "sum"}).reduce(plus, squares, 0L).then(square);
  sum.on_done([] {});
  EXPECT_EQ(ex.submit(plus, sum, ex.scatter(4L)).get(), 200);
}
