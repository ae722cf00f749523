// Containers whose rows have several lengths (compiler/flow/ragged.h), read by place and whole.
#include "compiler/flow/ragged.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/flow/analyse.h"
#include "tests/flow/builder.h"
#include "tests/flow/interpreter.h"

namespace dflow::compiler::flow::test {
namespace {

/// Who reads whom, whichever element of an argument that is.
std::multiset<std::tuple<std::size_t, std::size_t, Point, Point>> pairs(const Run& run, const Dependences& dependences) {
  std::multiset<std::tuple<std::size_t, std::size_t, Point, Point>> all;
  for (const auto& [consumer, argument, producer, to, from] : run.edges) {
    const auto family = std::ranges::find(dependences.families, consumer, &Family::node);
    all.insert({consumer, producer, Point(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(family->variables.size())), from});
  }
  return all;
}

/// At all parameters up to 6.
void expect_exact(const Records& records) {
  const auto found = analyse(records);
  ASSERT_TRUE(found) << found.message();
  Point parameters(records.parameters.size(), 0);
  for (bool more = true; more;) {
    const Run real = interpret(records, parameters, 60), claimed = enumerate(found.value(), records.parameters, parameters);
    EXPECT_EQ(real.fine, claimed.fine) << testing::PrintToString(parameters);
    if (real.fine && claimed.fine) {
      EXPECT_EQ(real.tasks.size(), claimed.tasks.size()) << testing::PrintToString(parameters);
      EXPECT_EQ(pairs(real, found.value()), pairs(claimed, found.value())) << testing::PrintToString(parameters);
    }
    std::size_t i = 0;
    while (i < parameters.size() && ++parameters[i] > 6) parameters[i++] = 0;
    more = i < parameters.size();
  }
}

/// `for (i < n) for (j < i) v.push_back(...)` behind `before` elements.
struct Triangle {
  Builder b;
  Expr n = b.parameter("n");
  std::size_t v = b.array("v", 1), row = b.loop("row", 0, std::nullopt), out = b.array("out", 1);
  Expr before;

  explicit Triangle(Expr start = 0) : before(std::move(start)) {}
  Expr begin(const Expr& i) const { return total(row, i, maximum(0, Expr::variable(row)), before); }
  void fill() {
    b.each("i", 0, n, [&](Expr i) { b.each("j", 0, i, [&](Expr j) { b.task({at(v, {begin(i) + j})}, {}); }); });
  }
  void read_all(const Expr& size) {
    const auto e = b.loop("e", 0, size);
    b.reduce(at(out, {0}), at(v, {Expr::variable(e)}), e);
  }
};

TEST(Ragged, IsReadWhole) {
  Triangle t;
  t.fill();
  t.read_all(t.begin(t.n));
  expect_exact(t.b.records);
}

TEST(Ragged, IsReadByAnotherNestThatCountsTheSame) {
  Triangle t;
  t.fill();
  const std::size_t other = t.b.loop("other", 0, std::nullopt);
  t.b.each("p", 0, t.n, [&](Expr p) {
    t.b.each("q", 0, p, [&](Expr q) { t.b.task({at(t.out, {1})}, {at(t.v, {total(other, p, maximum(0, Expr::variable(other)), 0) + q})}); });
  });
  expect_exact(t.b.records);
}

TEST(Ragged, HasSomethingBeforeAndBehind) {
  Triangle t(2);
  t.b.task({at(t.v, {0})}, {});
  t.b.task({at(t.v, {1})}, {at(t.v, {0})});
  t.fill();
  t.b.task({at(t.v, {t.begin(t.n)})}, {at(t.v, {1})});
  t.read_all(t.begin(t.n) + 1);
  expect_exact(t.b.records);
}

TEST(Ragged, IsCopiedWhole) {
  Triangle t;
  t.fill();
  const auto w = t.b.array("w", 1);
  t.b.each("e", 0, std::nullopt, [&](Expr e) { t.b.copy(at(w, {e}), {at(t.v, {e})}); });
  const auto e = t.b.loop("e", 0, t.begin(t.n));
  t.b.reduce(at(t.out, {0}), at(w, {Expr::variable(e)}), e);
  expect_exact(t.b.records);
}

TEST(Ragged, HoldsRowsOfRows) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto v = b.array("v", 1), out = b.array("out", 1);
  const auto inner = b.loop("inner", 0, std::nullopt), outer = b.loop("outer", 0, std::nullopt);
  const auto rows = [&](const Expr& j) { return total(inner, j, maximum(0, Expr::variable(inner)), 0); };
  const auto tables = [&](const Expr& i) { return total(outer, i, rows(maximum(0, Expr::variable(outer))), 0); };
  b.each("i", 0, n, [&](Expr i) {
    b.each("j", 0, i, [&](Expr j) { b.each("k", 0, j, [&](Expr k) { b.task({at(v, {tables(i) + rows(j) + k})}, {}); }); });
  });
  const auto w = b.array("w", 1);
  b.each("c", 0, std::nullopt, [&](Expr c) { b.copy(at(w, {c}), {at(v, {c})}); });
  const auto e = b.loop("e", 0, tables(n));
  b.reduce(at(out, {0}), at(w, {Expr::variable(e)}), e);
  expect_exact(b.records);
}

TEST(Ragged, TellsTheLastElementOfARow) {
  Triangle t;
  t.b.each("i", 1, t.n, [&](Expr i) {
    t.b.each("j", 0, i, [&](Expr j) { t.b.task({at(t.v, {t.begin(i) + j})}, {}); });
    t.b.task({at(t.out, {0})}, {at(t.v, {t.begin(i + 1) - 1})});
  });
  expect_exact(t.b.records);
}

TEST(Ragged, ObligationsAboutLengthsAreTold) {
  Triangle t;
  t.fill();
  t.b.oblige(less(0, t.begin(t.n)), "a reduce of nothing throws");
  t.b.oblige(less_equal(t.begin(t.n), (std::int64_t{1} << 31) - 1), "it fits");
  t.read_all(t.begin(t.n));
  expect_exact(t.b.records);
}

TEST(Ragged, RefusesPlacesThatMayLieInAnotherRow) {
  Triangle t;
  t.fill();
  // The next row's first is another one then.
  t.b.each("i", 0, t.n - 1, [&](Expr i) { t.b.task({at(t.v, {t.begin(i) + i})}, {}); });
  t.read_all(t.begin(t.n));
  EXPECT_FALSE(analyse(t.b.records));
}

TEST(Ragged, RefusesPlacesByNumber) {
  Triangle t;
  t.fill();
  t.b.each("k", 0, t.n, [&](Expr k) { t.b.task({at(t.out, {0})}, {at(t.v, {k})}); });
  EXPECT_FALSE(analyse(t.b.records));
}

TEST(Ragged, RefusesRowsThatAreCountedInAnotherWay) {
  Triangle t;
  t.fill();
  const std::size_t other = t.b.loop("other", 0, std::nullopt);
  t.b.each("p", 0, t.n, [&](Expr p) {
    t.b.task({at(t.out, {1})}, {at(t.v, {total(other, p, Expr::variable(other) + 1, 0)})});
  });
  EXPECT_FALSE(analyse(t.b.records));
}

}  // namespace
}  // namespace dflow::compiler::flow::test
