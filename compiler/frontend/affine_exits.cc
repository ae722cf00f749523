// Loops that may be left from inside: in which round that is, and what is known behind them.
#include <algorithm>

#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

using flow::Expr;
using flow::Op;

namespace {

void flatten(const Expr& condition, std::vector<Expr>& parts) {
  if (condition.op != Op::both) return parts.push_back(condition);
  for (const Expr& part : condition.operands) flatten(part, parts);
}

/// The parts of `condition` that are not among those of `around`.
std::vector<Expr> beyond(const Expr& condition, const Expr& around) {
  std::vector<Expr> known, parts;
  flatten(around, known);
  flatten(condition, parts);
  std::erase_if(parts, [&](const Expr& part) { return std::ranges::find(known, part) != known.end(); });
  return parts;
}

}  // namespace

/// The first round in which `exit` holds, where that is plain to see.
std::optional<AffineWalk::Last> AffineWalk::last_round(const Exit& exit, std::size_t loop) const {
  const flow::Loop& range = result_.records.loops[loop];
  const auto parts = beyond(exit.condition, guard_);
  if (parts.size() != 1 || (range.step != 1 && range.step != -1)) return std::nullopt;
  const Expr& condition = parts[0];
  if (condition.op != Op::equal && condition.op != Op::less && condition.op != Op::less_equal) return std::nullopt;
  const Expr &left = condition.operands[0], &right = condition.operands[1];
  const Expr ahead = left - Expr::variable(loop), behind = right - Expr::variable(loop);
  const bool first = ahead.op == Op::constant && !flow::mentions_loop(right, loop);
  const bool second = behind.op == Op::constant && !flow::mentions_loop(left, loop);
  if (first == second) return std::nullopt;
  const Expr limit = first ? right - ahead : left - behind;
  const bool up = range.step > 0;
  if (condition.op == Op::equal)
    return Last{limit, up ? flow::less_equal(range.first, limit) : flow::less_equal(limit, range.first)};
  if (first == up) return std::nullopt;  // holds from the start, and no more later
  const Expr one = condition.op == Op::less ? 1 : 0;
  return up ? Last{flow::maximum(range.first, limit + one), flow::always()}
            : Last{flow::minimum(range.first, limit - one), flow::always()};
}

std::optional<Expr> AffineWalk::end_by_exit(const std::vector<Exit>& exits, std::size_t loop) {
  const auto last = exits.size() == 1 ? last_round(exits[0], loop) : std::nullopt;
  if (!last) return std::nullopt;
  oblige(last->reached, "a loop may not end", here());
  return result_.records.loops[loop].step > 0 ? last->round + 1 : last->round - 1;
}

/// Behind a loop that may be left from inside: what is known there, and whether anything comes there at all.
void AffineWalk::leave(std::size_t loop, const std::vector<Exit>& exits) {
  Expr returned = flow::never();
  for (const Exit& exit : exits) {
    result_.records.loops[loop].exits.push_back(exit.condition);
    if (exit.returns) {
      returned = flow::either(returned, exit.condition);
    } else {
      join(exits.size() == 1 ? last_round(exit, loop) : std::nullopt, exit.state, loop);
    }
  }
  if (returned == flow::never()) return;
  const Expr somewhere = flow::some(loop, returned);
  if (loops_.size() > depth_of_function_) {
    exits_of_loop().push_back({flow::both(guard_, somewhere), true, {}});
    left_ |= kExit;
  } else {
    left_ |= kEarly;
  }
  guard_ = flow::both(guard_, flow::negation(somewhere));
}

/// The state may also be `other`, that of a round that was the last.
void AffineWalk::join(const std::optional<Last>& last, const State& other, std::size_t loop) {
  const flow::Loop& range = result_.records.loops[loop];
  const auto joined = [&](const Expr& here, const Expr& there) -> std::optional<Expr> {
    if (here == there && !flow::mentions_loop(here, loop)) return here;
    if (!last) return std::nullopt;
    const Expr in_time = range.step > 0 ? flow::less(last->round, *range.end) : flow::less(*range.end, last->round);
    return flow::select(flow::both(last->reached, in_time), flow::substitute(there, loop, last->round), here);
  };
  for (auto it = state_.integers.begin(); it != state_.integers.end();) {
    const auto there = other.integers.find(it->first);
    const bool clean = there != other.integers.end() && it->second.provided == there->second.provided;
    const auto value = clean ? joined(it->second.value, there->second.value) : std::nullopt;
    if (value) it->second.value = *value;
    it = value ? std::next(it) : state_.integers.erase(it);
  }
  for (auto& [array, sizes] : state_.sizes) {
    const auto there = other.sizes.find(array);
    if (there == other.sizes.end() || sizes.base.empty() || there->second == sizes) continue;
    const bool same_rows = sizes.rows == there->second.rows &&
                           std::equal(sizes.base.begin() + 1, sizes.base.end(), there->second.base.begin() + 1);
    auto& base = sizes.base[0];
    const auto& length = there->second.base[0];
    base = base && length ? joined(*base, *length) : std::nullopt;
    if (same_rows) continue;
    sizes.rows.clear();
    std::fill(sizes.base.begin() + 1, sizes.base.end(), std::nullopt);
  }
}

std::vector<AffineWalk::Exit>& AffineWalk::exits_of_loop() {
  for (auto each = exits_.rbegin();; ++each)
    if (*each) return **each;
}

/// Some rounds end here, others ended with `other`.
void AffineWalk::distrust(const State& other) {
  std::erase_if(state_.integers, [&](const auto& entry) {
    const auto there = other.integers.find(entry.first);
    return there == other.integers.end() || !(there->second.value == entry.second.value);
  });
  for (auto& [array, sizes] : state_.sizes) {
    const auto there = other.sizes.find(array);
    if (there == other.sizes.end() || there->second == sizes) continue;
    sizes.rows.clear();
    std::ranges::fill(sizes.base, std::nullopt);
  }
}

}  // namespace dflow::compiler
