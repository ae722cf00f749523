#include "compiler/frontend/affine_changes.h"

#include <algorithm>

namespace dflow::compiler {

using flow::Expr;
using flow::Op;

bool Provisos::keep(const Expr& condition, bool varies, const Expr& change, const Expr& begin) {
  if (!varies) return always.push_back(condition), true;
  if (condition.op == Op::either) return keep(condition.operands[1], varies, change, begin);  // which is more
  if (condition.op != Op::less_equal) return false;
  const bool is_least = condition.operands[0].op == Op::constant;
  if (!is_least && condition.operands[1].op != Op::constant) return false;
  const Expr ahead = condition.operands[is_least ? 1 : 0] - begin;
  const bool beyond = ahead.op == Op::constant && (is_least ? ahead.number >= 0 : ahead.number <= 0);  // if the begin is
  const bool between = ahead.op == Op::constant && change.op == Op::constant &&
                       (change.number < 0 ? change.number <= ahead.number && ahead.number <= 0
                                          : 0 <= ahead.number && ahead.number <= change.number);
  if (!beyond && !between && !(ahead == change)) return false;
  return bounds.push_back(condition), true;
}

Integer Provisos::of(const Expr& number) const {
  Integer result{number, always};
  for (const Expr& bound : bounds) {
    const bool is_least = bound.operands[0].op == Op::constant;
    result.provided.push_back(is_least ? flow::less_equal(bound.operands[0], number) : flow::less_equal(number, bound.operands[1]));
  }
  return result;
}

Expr with_lengths(const Expr& number, const std::map<std::size_t, std::size_t>& lengths) {
  const bool floored = number.op == Op::maximum && number.operands[0] == Expr(0) && number.operands[1].op == Op::variable;
  if (floored && std::ranges::any_of(lengths, [&](const auto& each) { return number.operands[1] == Expr::variable(each.second); }))
    return number.operands[1];
  Expr result = number;
  for (Expr& part : result.operands) part = with_lengths(part, lengths);
  return result;
}

Expr Cycle::behind(const Expr& start, const Expr& rounds) const {
  return Expr(Op::remainder, {start + Expr(step) * rounds, Expr(length)});
}

namespace {

/// Of `number & (2^k - 1)`, as flow::low_bits has it: the division of the number.
const Expr* masked(const Expr& end) {
  const Expr* part = &end;
  while (part->op == Op::add || part->op == Op::subtract) part = &part->operands[part->op == Op::subtract && part->operands[1].op == Op::multiply ? 1 : 0];
  if (part->op != Op::multiply || part->operands[0].op != Op::constant || part->operands[1].op != Op::floor_divide) return nullptr;
  const Expr& division = part->operands[1];
  for (int count = 1; count <= 20; ++count)
    if (division.operands[1] == Expr(std::int64_t{1} << count) && end == flow::low_bits(division.operands[0], count)) return &division;
  return nullptr;
}

}  // namespace

std::optional<Cycle> cycle_of(const Expr& end, std::size_t unknown) {
  const Expr x = Expr::variable(unknown);
  if (end == Expr(1) - x || end == flow::negation(x) || end == flow::toggled(x)) return Cycle{1, 2};
  const auto* rest = end.op == Op::remainder ? &end : masked(end);
  if (rest == nullptr || rest->operands[1].op != Op::constant) return std::nullopt;
  const Expr step = rest->operands[0] - x;
  const std::int64_t length = rest->operands[1].number;
  const bool forward = step.op == Op::constant && step.number >= 0 && length > 0 && length < (1 << 20) && step.number < (1 << 20);
  return forward ? std::optional(Cycle{step.number, length}) : std::nullopt;
}

Integer taken_in_turn(const std::vector<Integer>& start, const Expr& rounds) {
  const Expr turn(Op::remainder, {rounds, static_cast<std::int64_t>(start.size())});
  Integer result = start.back();
  for (std::size_t i = start.size() - 1; i-- > 0;) {
    result.value = flow::select(flow::equal(turn, static_cast<std::int64_t>(i)), start[i].value, result.value);
    result.provided.insert(result.provided.end(), start[i].provided.begin(), start[i].provided.end());
  }
  return result;
}

bool is_harmless(const Expr& condition, std::size_t unknown) {
  if (condition.op != Op::less_equal || condition.operands[0].op != Op::constant || condition.operands[0].number > 0) return false;
  const Expr ahead = condition.operands[1] - Expr::variable(unknown);
  return ahead.op == Op::constant && ahead.number >= 0;
}

Expr amount_added(const Expr& end, std::size_t unknown) {
  const auto part = [&](std::size_t i) { return amount_added(end.operands[i], unknown); };
  if (!flow::mentions_loop(end, unknown) || end.op == Op::variable) return end - Expr::variable(unknown);
  const auto only = [&](std::size_t i) {
    for (std::size_t other = 0; other < end.operands.size(); ++other)
      if (other != i && flow::mentions_loop(end.operands[other], unknown)) return false;
    return true;
  };
  if (end.op == Op::select && !flow::mentions_loop(end.operands[0], unknown)) return flow::select(end.operands[0], part(1), part(2));
  if (end.op == Op::add && only(0)) return part(0) + end.operands[1];
  if (end.op == Op::add && only(1)) return part(1) + end.operands[0];
  if (end.op == Op::subtract && only(0)) return part(0) - end.operands[1];
  return end - Expr::variable(unknown);
}

Count count_of(const flow::Loop& loop, std::size_t id, bool not_negative) {
  const Expr i = Expr::variable(id);
  const std::int64_t stride = loop.step > 0 ? loop.step : -loop.step;
  const Expr gone = loop.step > 0 ? i - loop.first : loop.first - i;
  const Expr whole = loop.step > 0 ? *loop.end - loop.first : loop.first - *loop.end;
  const Expr number = stride == 1 ? gone : Expr(Op::floor_divide, {gone, stride});
  const Expr all = stride == 1 ? whole : Expr(Op::floor_divide, {whole + Expr(stride - 1), stride});
  const Expr count = not_negative || all.op == Op::total ? all : flow::maximum(0, all);
  return {number, count, loop.first + (count - 1) * Expr(loop.step)};
}

}  // namespace dflow::compiler
