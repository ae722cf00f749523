// Random records: the analysis must agree with the interpreter or refuse.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/flow/builder.h"
#include "tests/flow/interpreter.h"

namespace dflow::compiler::flow::test {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {
    n_ = b_.parameter("n");
    m_ = b_.parameter("m");
    for (int i = 0; i < 3; ++i) {
      const auto kind = pick(3) == 0   ? Array::Missing::wrong
                        : pick(2) == 0 ? Array::Missing::empty
                                       : Array::Missing::external;
      const auto dimensions = static_cast<std::size_t>(pick(3));
      arrays_.push_back(b_.array("x" + std::to_string(i), dimensions, kind));
      fill(arrays_.back(), dimensions);
    }
  }

  Records make() && {
    for (int i = 0; i < 3; ++i) block(0);
    return std::move(b_.records);
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  /// So that not every read of what must be filled finds nothing.
  void fill(std::size_t array, std::size_t dimensions) {
    if (b_.records.arrays[array].missing != Array::Missing::wrong) return;
    if (dimensions == 0) return b_.task({at(array, {})}, {});
    b_.each("f", -20, 30, [&](Expr f) {
      if (dimensions == 1) return b_.task({at(array, {f})}, {});
      b_.each("g", -20, 30, [&](Expr g) { b_.task({at(array, {f, g})}, {}); });
    });
  }

  Expr some() {
    const int kind = pick(variables_.empty() ? 3 : 8);
    if (kind == 0) return pick(3);
    if (kind == 1) return n_;
    if (kind == 2) return m_;
    const Expr& v = variables_[static_cast<std::size_t>(pick(static_cast<int>(variables_.size())))];
    if (kind == 3) return v + 1;
    if (kind == 4) return v - 1;
    if (kind == 5) return pick(2) == 0 ? n_ - v : Expr(Op::divide, {v - 2, 2});
    if (kind == 6) return pick(2) == 0 ? Expr(Op::remainder, {v - 1, 2}) : select(condition(), v, v + 1);
    return v;
  }
  Expr condition() {
    const int kind = pick(4);
    if (kind == 0) return equal(some_plain(), some_plain());
    if (kind == 1) return negation(equal(Expr(Op::remainder, {some_plain(), 2}), 1));
    return less(some_plain(), some_plain());
  }
  Expr some_plain() {
    return variables_.empty() || pick(3) == 0
               ? (pick(2) == 0 ? n_ : Expr(pick(4)))
               : variables_[static_cast<std::size_t>(pick(static_cast<int>(variables_.size())))];
  }

  Access access() {
    const auto array = arrays_[static_cast<std::size_t>(pick(3))];
    Access made = at(array, {});
    for (std::size_t i = 0; i < b_.records.arrays[array].dimensions; ++i) made.subscripts.push_back(some());
    return made;
  }

  std::vector<Access> choice() {
    if (pick(4) != 0) return {access()};
    Access yes = access(), no = access();
    yes.guard = condition();
    no.guard = negation(yes.guard);
    return {yes, no};
  }

  void statement() {
    const int kind = pick(8);
    if (kind == 0) return b_.clear(access());
    if (kind <= 2) return b_.copy(access(), choice());
    if (kind == 3) return reduce();
    std::vector<Access> reads;
    for (int i = pick(3); i > 0; --i) reads.push_back(access());
    b_.task({access()}, std::move(reads));
  }

  void reduce() {
    const auto e = b_.loop("e", 0, some());
    variables_.push_back(Expr::variable(e));
    Access read = access();
    variables_.pop_back();
    b_.reduce(access(), std::move(read), e);
  }

  /// Out of the loop around, or out of the one around that as well, which then goes on where it was not left.
  void leave() {
    const Expr condition = this->condition();
    b_.leave(condition);
    if (pick(2) == 0) left_.emplace_back(b_.current_loop(), b_.exits().back());
  }

  void block(int depth) {
    const int kind = pick(6);
    if (depth < 3 && kind < 3) {
      const bool down = pick(4) == 0;
      const std::int64_t step = pick(5) == 0 ? 2 : 1;
      const Expr low = pick(2) == 0 ? Expr(0) : some_plain(), high = pick(2) == 0 ? n_ : some_plain() + 1;
      b_.each(
          "v" + std::to_string(depth), down ? high : low, down ? low : high,
          [&](Expr v) {
            variables_.push_back(v);
            for (int i = pick(3); i >= 0; --i) {
              if (pick(8) == 0) leave();
              block(depth + 1);
            }
            variables_.pop_back();
          },
          down ? -step : step);
      if (left_.empty()) return;
      const auto [loop, condition] = left_.back();
      left_.clear();
      if (depth > 0 && loop + 1 == b_.records.loops.size()) b_.leave(flow::some(loop, condition));
      return;
    }
    if (kind == 3) return b_.when(condition(), [&] { statement(); });
    statement();
  }

  Builder b_;
  std::mt19937 random_;
  Expr n_, m_;
  std::vector<std::size_t> arrays_;
  std::vector<Expr> variables_;
  std::vector<std::pair<std::size_t, Expr>> left_;  ///< Loops that were left, and when.
};

TEST(Random, AgreesWithAnInterpreterOrRefuses) {
  const char* given = std::getenv("DFLOW_TEST_SEED");
  const char* times = std::getenv("DFLOW_TEST_TIMES");
  const unsigned first = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 1;
  const unsigned count = times != nullptr ? static_cast<unsigned>(std::strtoul(times, nullptr, 10)) : 60;
  unsigned exact = 0;
  for (unsigned seed = first; seed < first + count; ++seed) {
    const Records records = Generator(seed).make();
    const auto found = analyse(records);
    if (!found) continue;
    ++exact;
    for (const Point& parameters : {Point{0, 0}, {1, 2}, {3, 1}, {4, 4}, {5, 2}}) {
      const std::string wrong = difference(records, found.value(), parameters, 30);
      EXPECT_EQ(wrong, "") << "DFLOW_TEST_SEED=" << seed << " DFLOW_TEST_TIMES=1, at "
                           << testing::PrintToString(parameters);
      if (!wrong.empty()) return;
    }
  }
  EXPECT_GT(2 * exact, count) << "most are refused";
}

}  // namespace
}  // namespace dflow::compiler::flow::test
