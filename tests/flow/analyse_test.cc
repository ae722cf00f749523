#include "compiler/flow/analyse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/flow/builder.h"
#include "tests/flow/interpreter.h"

namespace dflow::compiler::flow::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

/// Edges as "1[k,i].0 <- 0[k]  0 <= k < i < n"
std::vector<std::string> lines(const Dependences& dependences) {
  std::vector<std::string> all;
  for (const Dependence& edge : dependences.edges) {
    for (const Line& line : edge.cases) {
      all.push_back(std::to_string(edge.consumer) + "[" + line.consumer + "]." +
                    std::to_string(edge.argument) + " <- " + std::to_string(edge.producer) + "[" +
                    line.producer + "]" + (line.condition.empty() ? "" : "  " + line.condition));
    }
  }
  return all;
}

Analysed analysed(const Records& records) {
  const auto result = analyse(records);
  EXPECT_TRUE(result) << result.message();
  return result ? result.value() : Analysed{};
}

std::string refusal_of(const Records& records) {
  const auto result = analyse(records);
  EXPECT_FALSE(result);
  return result.message();
}

/// At all parameters up to `most` each, as an interpreter that knows nothing of isl sees it.
void expect_exact(const Records& records, std::int64_t most = 6) {
  const Dependences dependences = analysed(records);
  Point parameters(records.parameters.size(), 0);
  for (bool more = true; more;) {
    EXPECT_EQ(difference(records, dependences, parameters, 2 * most + 2), "")
        << testing::PrintToString(parameters);
    std::size_t i = 0;
    while (i < parameters.size() && ++parameters[i] > most) parameters[i++] = 0;
    more = i < parameters.size();
  }
}

Records cholesky() {
  Builder b;
  const Expr n = b.parameter("n");
  const auto a = b.array("a", 2);
  b.each("i", 0, n, [&](Expr i) { b.each("j", 0, i + 1, [&](Expr j) { b.task({at(a, {i, j})}, {}); }); });
  b.each("k", 0, n, [&](Expr k) {
    b.task({at(a, {k, k})}, {at(a, {k, k})});
    b.each("i", k + 1, n, [&](Expr i) { b.task({at(a, {i, k})}, {at(a, {k, k}), at(a, {i, k})}); });
    b.each("i", k + 1, n, [&](Expr i) {
      b.task({at(a, {i, i})}, {at(a, {i, k}), at(a, {i, i})});
      b.each("j", k + 1, i,
             [&](Expr j) { b.task({at(a, {i, j})}, {at(a, {i, k}), at(a, {j, k}), at(a, {i, j})}); });
    });
  });
  return b.records;
}

TEST(Analyse, FindsWhatPeopleWriteByHandForCholesky) {
  expect_exact(cholesky());
  EXPECT_THAT(
      lines(analysed(cholesky())),
      ElementsAre("1[k].0 <- 0[0,0]  k = 0, 0 < n", "1[k].0 <- 3[k-1,k]  0 < k < n",
                  "2[k,i].0 <- 1[k]  0 <= k < i < n", "2[k,i].1 <- 0[i,0]  k = 0, 0 < i < n",
                  "2[k,i].1 <- 4[k-1,i,k]  0 < k < i < n", "3[k,i].0 <- 2[k,i]  0 <= k < i < n",
                  "3[k,i].1 <- 0[i,i]  k = 0, 0 < i < n", "3[k,i].1 <- 3[k-1,i]  0 < k < i < n",
                  "4[k,i,j].0 <- 2[k,i]  0 <= k < j < i < n", "4[k,i,j].1 <- 2[k,j]  0 <= k < j < i < n",
                  "4[k,i,j].2 <- 0[i,j]  k = 0, 0 < j < i < n",
                  "4[k,i,j].2 <- 4[k-1,i,j]  0 < k < j < i < n"));
}

TEST(Analyse, FollowsAWavefrontWithGuards) {
  Builder b;
  const Expr rows = b.parameter("rows"), columns = b.parameter("columns");
  const auto t = b.array("t", 2);
  b.each("i", 0, rows, [&](Expr i) {
    b.each("j", 0, columns, [&](Expr j) {
      b.task({at(t, {i, j})}, {at(t, {i - 1, j}, less(0, i)), at(t, {i, j - 1}, less(0, j))});
    });
  });
  expect_exact(b.records, 4);
  EXPECT_THAT(lines(analysed(b.records)),
              ElementsAre("0[i,j].0 <- 0[i-1,j]  0 < i < rows, 0 <= j < columns",
                          "0[i,j].1 <- 0[i,j-1]  0 <= i < rows, 0 < j < columns"));
}

TEST(Analyse, TellsNoNegativeCaseOfABool) {
  Builder b;
  const Expr n = b.parameter("n"), wide = b.parameter("wide", 1);
  const auto parts = b.array("parts", 1), next = b.array("next", 1);
  b.each("i", 0, n, [&](Expr i) {
    b.when(either(less(wide, 0), less(0, wide)), [&] { b.task({at(parts, {i})}, {}); });
    b.when(both(less_equal(wide, 0), less_equal(0, wide)), [&] { b.task({at(parts, {i})}, {}); });
    b.task({at(next, {i})}, {at(parts, {i})});
  });
  EXPECT_THAT(lines(analysed(b.records)),
              ElementsAre("2[i].0 <- 0[i]  wide = 1, 0 <= i < n", "2[i].0 <- 1[i]  wide = 0, 0 <= i < n"));
}

/// A chain whose future lives in one variable: each round reads what the one before wrote.
TEST(Analyse, FollowsAFutureFromRoundToRound) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto x = b.array("x", 0);
  b.task({at(x, {})}, {});
  b.each("i", 0, n, [&](Expr) { b.task({at(x, {})}, {at(x, {})}); });
  b.task({}, {at(x, {})});
  expect_exact(b.records);
  EXPECT_THAT(lines(analysed(b.records)),
              ElementsAre("1[i].0 <- 0[]  i = 0, 0 < n", "1[i].0 <- 1[i-1]  0 < i < n",
                          "2[].0 <- 0[]  n <= 0", "2[].0 <- 1[n-1]  0 < n"));
}

/// What the next buffer has at its ends in the beginning.
enum class Ends { none, copied, made };

Records stencil(Ends ends) {
  const bool boundaries = ends != Ends::none;
  Builder b;
  const Expr n = b.parameter("n"), steps = b.parameter("steps");
  const auto current = b.array("current", 1), next = b.array("next", 1), spare = b.array("spare", 1);
  b.each("i", 0, n, [&](Expr i) { b.task({at(current, {i})}, {}); });
  if (ends == Ends::copied) b.each("i", 0, n, [&](Expr i) { b.copy(at(next, {i}), {at(current, {i})}); });
  if (ends == Ends::made) b.each("i", 0, n, [&](Expr i) { b.task({at(next, {i})}, {}); });
  b.each("t", 0, steps, [&](Expr) {
    const auto neighbours = [&](Expr i) {
      const Expr left = boundaries ? i - 1 : Expr(Op::remainder, {i + n - 1, n});
      const Expr right = boundaries ? i + 1 : Expr(Op::remainder, {i + 1, n});
      b.task({at(next, {i})}, {at(current, {left}), at(current, {i}), at(current, {right})});
    };
    b.each("i", boundaries ? 1 : 0, boundaries ? n - 1 : n, neighbours);
    b.each("e", 0, std::nullopt, [&](Expr e) { b.copy(at(spare, {e}), {at(current, {e})}); });
    b.each("e", 0, std::nullopt, [&](Expr e) { b.copy(at(current, {e}), {at(next, {e})}); });
    b.each("e", 0, std::nullopt, [&](Expr e) { b.copy(at(next, {e}), {at(spare, {e})}); });
  });
  return b.records;
}

TEST(Analyse, FollowsTwoBuffersThatAreSwapped) {
  expect_exact(stencil(Ends::none), 5);
}

/// The ends are copied on and on: nothing but a closed form reaches where they came from.
TEST(Analyse, FollowsCopiesThroughAnyNumberOfRounds) {
  expect_exact(stencil(Ends::copied), 5);
}

TEST(Analyse, TellsRoundsApartWhereTheBuffersDiffer) {
  expect_exact(stencil(Ends::made), 5);
  EXPECT_THAT(analysed(stencil(Ends::made)).edges, Contains(Field(&Dependence::relation, HasSubstr("mod 2"))));
}


TEST(Analyse, KnowsWhatAReduceReads) {
  Builder b;
  const Expr n = b.parameter("xs.size");
  const auto parts = b.array("parts", 1), sum = b.array("sum", 0);
  b.each("m", 0, n, [&](Expr m) { b.task({at(parts, {m})}, {}); });
  const auto e = b.loop("e", 0, n);
  b.oblige(less(0, n), "a reduce of nothing throws");
  b.reduce(at(sum, {}), at(parts, {Expr::variable(e)}), e);
  expect_exact(b.records);
  const Dependences found = analysed(b.records);
  EXPECT_THAT(lines(found), ElementsAre("1[e].0 <- 0[e]  0 <= e < xs_size"));
  EXPECT_THAT(found.assumed, ElementsAre("0 < xs_size"));
  ASSERT_EQ(found.ranges.size(), 1u);
}

TEST(Analyse, CountsRoundsThatGoDownOrInSteps) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto x = b.array("x", 1);
  b.each("i", 0, n, [&](Expr i) { b.task({at(x, {i})}, {}); }, 2);
  b.each(
      "i", n - 2, -1,
      [&](Expr i) {
        b.when(equal(Expr(Op::remainder, {i, 2}), 0),
               [&] { b.task({at(x, {i})}, {at(x, {i}), at(x, {i + 2}, less(i + 2, n))}); });
      },
      -1);
  expect_exact(b.records, 12);
}

TEST(Analyse, TellsWhatMayBeMissingFromWhatMustBeThere) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto x = b.array("x", 1), maybe = b.array("maybe", 1, Array::Missing::empty);
  b.each("i", 0, n, [&](Expr i) {
    b.when(less(0, i), [&] { b.copy(at(maybe, {i}), {at(x, {i - 1})}); });
    b.task({at(x, {i})}, {at(maybe, {i})});
  });
  expect_exact(b.records);
  Builder wrong;
  const auto y = wrong.array("y", 0);
  wrong.task({}, {at(y, {})});
  EXPECT_THAT(refusal_of(wrong.records), HasSubstr("may never have been filled"));
}

TEST(Analyse, RefusesWhatWasTakenAway) {
  Builder b;
  const auto x = b.array("x", 0);
  b.task({at(x, {})}, {});
  b.clear(at(x, {}));
  b.task({}, {at(x, {})});
  EXPECT_THAT(refusal_of(b.records), HasSubstr("taken away"));
}

TEST(Analyse, AssumesSmallExceptionsAndRefusesLargeOnes) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto x = b.array("x", 1);
  b.each("i", 0, n, [&](Expr i) { b.task({at(x, {i})}, {}); });
  b.task({}, {at(x, {0})});
  expect_exact(b.records);
  EXPECT_THAT(analysed(b.records).assumed, ElementsAre("0 < n"));
  b.task({}, {at(x, {2 * 3})});
  EXPECT_THAT(refusal_of(b.records), HasSubstr("filled"));
}

TEST(Analyse, AssumesWhateverKeepsTheProgramFromThrowing) {
  Builder b;
  const Expr n = b.parameter("n"), k = b.parameter("k");
  const auto x = b.array("x", 1);
  b.each("i", 0, n, [&](Expr i) { b.task({at(x, {i})}, {}); });
  b.task({}, {at(x, {k})});
  EXPECT_THAT(refusal_of(b.records), HasSubstr("filled"));
  oblige(b.records, {{}, always(), less(k, n), "there may be no such element", 0, true});
  expect_exact(b.records);
  EXPECT_THAT(analysed(b.records).assumed, ElementsAre("k < n"));
}

TEST(Analyse, RefusesWhatIsNotAffine) {
  Builder b;
  const Expr n = b.parameter("n");
  const auto x = b.array("x", 1);
  b.each("i", 0, n, [&](Expr i) { b.task({at(x, {i * i})}, {}); });
  EXPECT_THAT(refusal_of(b.records), HasSubstr("multiplies numbers that vary"));
  Builder bound;
  const Expr m = bound.parameter("m");
  const auto y = bound.array("y", 1);
  bound.each("i", 0, m, [&](Expr i) { bound.each("j", 0, i * m, [&](Expr j) { bound.task({at(y, {j})}, {}); }); });
  EXPECT_THAT(refusal_of(bound.records), HasSubstr("not affine"));
}

TEST(Analyse, TakesRowsApart) {
  Builder b;
  const Expr m = b.parameter("m"), n = b.parameter("n");
  const auto x = b.array("x", 1);
  b.each("i", 0, m, [&](Expr i) {
    b.each("j", 0, n, [&](Expr j) {
      b.task({at(x, {i * n + j})}, {at(x, {(i - 1) * n + j}, less(0, i)), at(x, {i * n + j - 1}, less(0, j))});
    });
  });
  expect_exact(b.records);
}

TEST(Analyse, CopiesContainersOfRowsAsAWhole) {
  Builder b;
  const Expr m = b.parameter("m"), n = b.parameter("n");
  const auto x = b.array("x", 1), y = b.array("y", 1);
  b.each("i", 0, m, [&](Expr i) { b.each("j", 0, n, [&](Expr j) { b.task({at(x, {n * i + j})}, {}); }); });
  b.each("e", 0, std::nullopt, [&](Expr e) { b.copy(at(y, {e}), {at(x, {e})}); });
  b.each("j", 0, n, [&](Expr j) { b.each("i", 0, m, [&](Expr i) { b.task({}, {at(x, {i * n + j}), at(y, {i * n + j})}); }); });
  expect_exact(b.records, 2);
}

TEST(Analyse, RefusesRowsThatRunIntoEachOther) {
  Builder b;
  const Expr m = b.parameter("m"), n = b.parameter("n");
  const auto x = b.array("x", 1);
  b.each("i", 0, m, [&](Expr i) { b.each("j", 0, n + 1, [&](Expr j) { b.task({at(x, {i * n + j})}, {}); }); });
  EXPECT_THAT(refusal_of(b.records), HasSubstr("the next row"));
  Builder mixed;
  const Expr a = mixed.parameter("a"), c = mixed.parameter("c");
  const auto y = mixed.array("y", 1);
  mixed.each("i", 0, a, [&](Expr i) { mixed.each("j", 0, c, [&](Expr j) { mixed.task({at(y, {i * c + j})}, {}); }); });
  mixed.each("i", 0, a, [&](Expr i) { mixed.each("j", 0, c, [&](Expr j) { mixed.task({}, {at(y, {j * a + i})}); }); });
  EXPECT_THAT(refusal_of(mixed.records), HasSubstr("multiplies numbers that vary"));
}

}  // namespace
}  // namespace dflow::compiler::flow::test
