#include "compiler/flow/counts.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dflow::compiler::flow {
namespace {

Expr floor_of(const Expr& number, std::int64_t by) {
  if (by == 1) return number;
  if (number.op != Op::constant) return Expr(Op::floor_divide, {number, by});
  return number.number / by - (number.number % by != 0 && number.number < 0 ? 1 : 0);
}

/// Numbers that are `rest` more than a multiple of `by`.
struct Class {
  Expr shift;  ///< Added to the variable before.
  std::int64_t by = 1, rest = 0;
};

/// Counts the values of one variable for which all of some conditions hold.
class Counter {
 public:
  Counter(std::size_t loop, Expr first, Expr end) : loop_(loop), least_(std::move(first)), end_(std::move(end)) {}

  std::optional<Expr> count(std::vector<Expr> conditions) {
    while (!conditions.empty()) {
      if (--budget_ < 0) return std::nullopt;
      const Expr condition = std::move(conditions.back());
      conditions.pop_back();
      if (condition.op == Op::both) {
        conditions.insert(conditions.end(), condition.operands.begin(), condition.operands.end());
        continue;
      }
      if (condition == always() || restrict(condition)) continue;
      if (const auto opposite = opposite_of(condition)) {
        conditions.push_back(*opposite);
        continue;
      }
      // not a: all but those with a. a or b: each, without those that were counted twice.
      if (condition.op == Op::negation) return difference(conditions, condition.operands[0]);
      if (condition.op != Op::either) return std::nullopt;
      std::vector<Expr> first = conditions, second = conditions;
      first.push_back(condition.operands[0]);
      second.insert(second.end(), {negation(condition.operands[0]), condition.operands[1]});
      return sum(first, second);
    }
    return select(outside_, inside(), 0);
  }

 private:
  std::optional<Expr> difference(const std::vector<Expr>& conditions, const Expr& without) const {
    std::vector<Expr> both = conditions;
    both.push_back(without);
    const auto all = Counter(*this).count(conditions), those = Counter(*this).count(both);
    return all && those ? std::optional(*all - *those) : std::nullopt;
  }
  std::optional<Expr> sum(const std::vector<Expr>& first, const std::vector<Expr>& second) const {
    const auto left = Counter(*this).count(first), right = Counter(*this).count(second);
    return left && right ? std::optional(*left + *right) : std::nullopt;
  }

  /// Of a comparison of order.
  static std::optional<Expr> opposite_of(const Expr& condition) {
    if (condition.op != Op::negation) return std::nullopt;
    const Expr& inner = condition.operands[0];
    if (inner.op == Op::less) return less_equal(inner.operands[1], inner.operands[0]);
    if (inner.op == Op::less_equal) return less(inner.operands[1], inner.operands[0]);
    if (inner.op == Op::either) return both(negation(inner.operands[0]), negation(inner.operands[1]));
    return std::nullopt;
  }

  /// Takes the condition in, if it is of a simple form.
  bool restrict(const Expr& condition) {
    if (!mentions_loop(condition, loop_)) return outside_ = both(outside_, condition), true;
    if (condition.op == Op::less) return restrict_order(condition.operands[0] + 1, condition.operands[1]);
    if (condition.op == Op::less_equal) return restrict_order(condition.operands[0], condition.operands[1]);
    if (condition.op != Op::equal) return false;
    const Expr& left = condition.operands[0];
    const Expr& right = condition.operands[1];
    return restrict_rest(left, right) || restrict_rest(right, left) || restrict_equal(left, right) || restrict_equal(right, left);
  }
  bool restrict_order(const Expr& lesser, const Expr& greater) {
    if (const auto ahead = ahead_of(lesser); ahead && !mentions_loop(greater, loop_)) {
      end_ = minimum(end_, greater - *ahead + 1);
      return restricted_ = true;
    }
    const auto ahead = ahead_of(greater);
    if (!ahead || mentions_loop(lesser, loop_)) return false;
    least_ = maximum(least_, lesser - *ahead);
    return restricted_ = true;
  }
  bool restrict_equal(const Expr& number, const Expr& value) {
    return ahead_of(number) && !mentions_loop(value, loop_) && restrict_order(number, value) && restrict_order(value, number);
  }
  /// C++ rounds towards zero: what is left of a number has its sign.
  bool restrict_rest(const Expr& rest, const Expr& value) {
    if (rest.op != Op::remainder || rest.operands[1].op != Op::constant || value.op != Op::constant || class_) return false;
    const auto ahead = ahead_of(rest.operands[0]);
    const std::int64_t by = rest.operands[1].number, of = value.number;
    if (!ahead || by <= 0 || by > (1 << 20)) return false;
    if (of <= -by || of >= by) return outside_ = never(), true;
    class_ = Class{*ahead, by, of};
    if (of > 0) least_ = maximum(least_, Expr(0) - *ahead);
    if (of < 0) end_ = minimum(end_, Expr(1) - *ahead);
    restricted_ = restricted_ || of != 0;
    return true;
  }
  /// What is added to the variable, if that is all.
  std::optional<Expr> ahead_of(const Expr& number) const {
    Expr ahead = number - Expr::variable(loop_);
    return mentions_loop(ahead, loop_) ? std::nullopt : std::optional(std::move(ahead));
  }

  Expr inside() const {
    const Expr end = restricted_ ? maximum(least_, end_) : end_;
    if (!class_) return end - least_;
    const auto up_to = [&](const Expr& limit) { return floor_of(limit + class_->shift - 1 - Expr(class_->rest), class_->by); };
    return up_to(end) - up_to(least_);
  }
  std::size_t loop_;
  Expr least_, end_;
  bool restricted_ = false;  ///< The end may come before the least.
  Expr outside_ = always();
  std::optional<Class> class_;
  int budget_ = 8;
};

std::optional<Expr> sum_where(const Expr& added, const std::vector<Expr>& conditions, std::size_t loop, const Expr& first, const Expr& end) {
  if (added.op == Op::constant) {
    if (added.number == 0) return Expr(0);
    const auto count = Counter(loop, first, end).count(conditions);
    return count ? std::optional(added * *count) : std::nullopt;
  }
  const auto part = [&](const Expr& each, const std::vector<Expr>& where) { return sum_where(each, where, loop, first, end); };
  if (added.op == Op::add || added.op == Op::subtract) {
    const auto left = part(added.operands[0], conditions), right = part(added.operands[1], conditions);
    if (!left || !right) return std::nullopt;
    return added.op == Op::add ? *left + *right : *left - *right;
  }
  if (added.op != Op::select || conditions.size() > 4) return std::nullopt;
  // One more where something holds: counted for itself.
  const Expr apart = added.operands[1] - added.operands[2];
  if (apart.op == Op::constant) {
    std::vector<Expr> where = conditions;
    where.push_back(added.operands[0]);
    const auto all = part(added.operands[2], conditions), more = part(apart, where);
    return all && more ? std::optional(*all + *more) : std::nullopt;
  }
  std::vector<Expr> yes = conditions, no = conditions;
  yes.push_back(added.operands[0]);
  no.push_back(negation(added.operands[0]));
  const auto left = part(added.operands[1], yes), right = part(added.operands[2], no);
  return left && right ? std::optional(*left + *right) : std::nullopt;
}

}  // namespace

std::optional<Expr> sum_over(const Expr& added, std::size_t loop, const Expr& first, const Expr& end) {
  return sum_where(added, {}, loop, first, end);
}

}  // namespace dflow::compiler::flow
