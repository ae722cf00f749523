#include "compiler/flow/counts.h"

#include <gtest/gtest.h>

#include "tests/flow/builder.h"
#include "tests/flow/interpreter.h"

namespace dflow::compiler::flow::test {
namespace {

Expr rest(Expr of, std::int64_t by) { return Expr(Op::remainder, {std::move(of), by}); }

/// Between all first and last values from -3 to 5, and at all numbers p, as adding one by one says.
void expect_counted(const std::function<Expr(Expr i, Expr p)>& added) {
  Builder b;
  const Expr first = b.parameter("first"), end = b.parameter("end"), p = b.parameter("p");
  const std::size_t i = b.loop("i", 0, 0), each = b.loop("each", 0, 0);
  const auto sum = sum_over(added(Expr::variable(i), p), i, first, end);
  ASSERT_TRUE(sum);
  b.oblige(equal(*sum, total(each, end - first, added(first + Expr::variable(each), p), 0)), "adding up");
  for (std::int64_t low = -3; low <= 5; ++low)
    for (std::int64_t high = low; high <= 6; ++high)
      for (std::int64_t at = -2; at <= 7; ++at)
        EXPECT_TRUE(interpret(b.records, {low, high, at}, 0).fine) << low << " to " << high << ", p = " << at;
}
void expect_counted_where(const std::function<Expr(Expr i, Expr p)>& condition) {
  expect_counted([&](Expr i, Expr p) { return select(condition(std::move(i), std::move(p)), 1, 0); });
}

TEST(Counts, OrderLeavesAnInterval) {
  expect_counted_where([](Expr i, Expr p) { return less(i, p); });
  expect_counted_where([](Expr i, Expr p) { return less(p, i + 1); });
  expect_counted_where([](Expr i, Expr p) { return both(less_equal(p, i), less(i - 1, p + 2)); });
  expect_counted_where([](Expr i, Expr p) { return negation(less_equal(i, p)); });
}

TEST(Counts, OneValueOrAllButOne) {
  expect_counted_where([](Expr i, Expr p) { return equal(i, p); });
  expect_counted_where([](Expr i, Expr p) { return negation(equal(p, i + 1)); });
}

TEST(Counts, RestsOfADivisionAsCppRoundsIt) {
  for (const std::int64_t of : {-2, -1, 0, 1, 2, 3})
    expect_counted_where([of](Expr i, Expr p) { return equal(rest(i + p, 3), of); });
  expect_counted_where([](Expr i, Expr) { return negation(equal(rest(i, 2), 0)); });
}

TEST(Counts, ConditionsTogether) {
  expect_counted_where([](Expr i, Expr p) { return both(equal(rest(i, 2), 0), less(i, p)); });
  expect_counted_where([](Expr i, Expr p) { return either(equal(rest(i, 2), 1), equal(i, p)); });
  expect_counted_where([](Expr i, Expr p) { return both(negation(equal(i, p)), negation(equal(rest(i, 2), 0))); });
  expect_counted_where([](Expr i, Expr p) { return negation(either(less(i, p), equal(i, p + 2))); });
  expect_counted_where([](Expr i, Expr p) { return both(less(2, p), less(i, 4)); });
}

TEST(Counts, SeveralAmounts) {
  expect_counted([](Expr i, Expr p) { return select(less(i, p), 3, select(equal(i, p + 1), -1, 2)); });
  expect_counted([](Expr i, Expr p) { return select(less(i, p), 1, 0) + select(equal(rest(i, 2), 0), 2, 1); });
}

TEST(Counts, OneMoreForEachOfManyConditions) {
  expect_counted([](Expr i, Expr p) {
    const Expr once = select(negation(equal(i, 2)), 1, 0), twice = select(both(less(1, i), less(i, p - 1)), once + 1, once);
    return select(either(equal(rest(i, 3), 1), equal(i, 0)), twice + 1, twice);
  });
}

TEST(Counts, RefusesWhatGrows) {
  const std::size_t i = 0;
  EXPECT_FALSE(sum_over(Expr::variable(i), i, 0, 5));
  EXPECT_FALSE(sum_over(select(less(Expr::variable(i) * 2, 5), 1, 0), i, 0, 5));
}

}  // namespace
}  // namespace dflow::compiler::flow::test
