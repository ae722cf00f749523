// Loops: how often, and what each round begins with.
#include <algorithm>
#include <set>

#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using flow::Op;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;

/// What a body changes, each as a number that nothing is known of.
struct AffineWalk::Unknowns {
  std::map<const clang::VarDecl*, std::size_t> integers;
  std::map<std::size_t, std::size_t> lengths;  ///< By array.
  std::map<std::size_t, std::size_t> rows;
  std::vector<std::size_t> all;

  bool empty() const { return all.empty(); }
  bool in(const Expr& expr) const {
    return std::ranges::any_of(all, [&](std::size_t unknown) { return flow::mentions_loop(expr, unknown); });
  }
};

namespace {

const clang::VarDecl* variable_of(const clang::Expr& expression) {
  const auto* name = dyn_cast<clang::DeclRefExpr>(expression.IgnoreParenImpCasts());
  return name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
}

/// Which round it is, how many there are, and the variable's value in the last.
struct Count {
  Expr number, count, last;
};

Count count_of(const flow::Loop& loop, std::size_t id, bool not_negative) {
  const Expr i = Expr::variable(id);
  const std::int64_t stride = loop.step > 0 ? loop.step : -loop.step;
  const Expr gone = loop.step > 0 ? i - loop.first : loop.first - i;
  const Expr whole = loop.step > 0 ? *loop.end - loop.first : loop.first - *loop.end;
  const Expr number = stride == 1 ? gone : Expr(Op::floor_divide, {gone, stride});
  const Expr all = stride == 1 ? whole : Expr(Op::floor_divide, {whole + Expr(stride - 1), stride});
  const Expr count = not_negative ? all : flow::maximum(0, all);
  return {number, count, loop.first + (count - 1) * Expr(loop.step)};
}

}  // namespace

AffineWalk::Counting AffineWalk::counting_of(const clang::ForStmt& loop) {
  const auto* declarations = dyn_cast_or_null<clang::DeclStmt>(loop.getInit());
  const auto* step = loop.getInc() == nullptr ? nullptr : loop.getInc()->IgnoreParenImpCasts();
  if (declarations == nullptr || loop.getCond() == nullptr || step == nullptr ||
      loop.getConditionVariable() != nullptr) {
    refuse("a loop of this form is not affine", loop.getForLoc());
  }
  Counting result;
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(step); unary != nullptr && unary->isIncrementDecrementOp()) {
    result = {variable_of(*unary->getSubExpr()), unary->isIncrementOp() ? 1 : -1};
  } else if (const auto* assign = dyn_cast<clang::CompoundAssignOperator>(step)) {
    const auto by = integer(*assign->getRHS());
    const bool constant = by && by->value.op == Op::constant && by->value.number > 0 && by->value.number < (1 << 20);
    if (constant && assign->getOpcode() == clang::BO_AddAssign)
      result = {variable_of(*assign->getLHS()), by->value.number};
    if (constant && assign->getOpcode() == clang::BO_SubAssign)
      result = {variable_of(*assign->getLHS()), -by->value.number};
  }
  if (result.variable == nullptr || elusive_.contains(result.variable) ||
      !result.variable->getType()->isIntegerType()) {
    refuse("the step of a loop is not constant", loop.getForLoc());
  }
  return result;
}

/// Where the condition, which holds up to there, ends to hold.
std::optional<Expr> AffineWalk::end_of(const clang::Expr& condition, const Counting& counting) {
  const auto* operation = dyn_cast<clang::BinaryOperator>(condition.IgnoreParenImpCasts());
  if (operation == nullptr) return std::nullopt;
  if (operation->getOpcode() == clang::BO_LAnd) {
    const auto left = end_of(*operation->getLHS(), counting), right = end_of(*operation->getRHS(), counting);
    if (!left || !right) return std::nullopt;
    return counting.step > 0 ? flow::minimum(*left, *right) : flow::maximum(*left, *right);
  }
  if (!operation->isComparisonOp()) return std::nullopt;
  const auto left = integer(*operation->getLHS()), right = integer(*operation->getRHS());
  const auto own = variable(*counting.variable);
  if (!left || !right || !own) return std::nullopt;
  // i + 1 < n is i < n - 1, where neither wraps.
  const Expr ahead = left->value - own->value, behind = right->value - own->value;
  const bool first = ahead.op == Op::constant && flow::mentions_loop(left->value, loops_.back());
  const bool second = behind.op == Op::constant && flow::mentions_loop(right->value, loops_.back());
  if (first == second) return std::nullopt;
  const Expr limit = first ? right->value - ahead : left->value - behind;
  use(*left, condition.getExprLoc());
  use(*right, condition.getExprLoc());
  const auto code = first ? operation->getOpcode() : clang::BinaryOperator::reverseComparisonOp(operation->getOpcode());
  const bool up = counting.step > 0;
  if (code == (up ? clang::BO_LT : clang::BO_GT)) return limit;
  if (code == (up ? clang::BO_LE : clang::BO_GE)) return up ? limit + 1 : limit - 1;
  const bool exact = code == clang::BO_NE && (counting.step == 1 || counting.step == -1);
  if (!exact) return std::nullopt;
  const Expr& start = result_.records.loops[loops_.back()].first;
  oblige(up ? flow::less_equal(start, limit) : flow::less_equal(limit, start), "a loop may miss its end",
         condition.getExprLoc());
  return limit;
}

void AffineWalk::execute_for(const clang::ForStmt& loop) {
  const Counting counting = counting_of(loop);
  for (const auto* decl : llvm::cast<clang::DeclStmt>(loop.getInit())->decls()) {
    if (const auto* declared = dyn_cast<clang::VarDecl>(decl)) declare(*declared);
  }
  const auto first = variable(*counting.variable);
  if (!first) refuse("the start of a loop is not affine", loop.getForLoc());
  const Expr start = use(*first, loop.getForLoc());
  const bool is_unsigned = counting.variable->getType()->isUnsignedIntegerType();
  const auto enter = [&](std::size_t id) { state_.integers[counting.variable] = {Expr::variable(id), {}}; };
  const auto bound = [&]() -> std::optional<Expr> {
    const Expr own = state_.integers.at(counting.variable).value;
    if (is_unsigned) use(within({own, {}}, counting.variable->getType(), project_.context()), loop.getForLoc());
    return end_of(*loop.getCond(), counting);
  };
  state_.integers.erase(counting.variable);
  repeat({counting.variable->getNameAsString(), start, counting.step, counting.variable, false}, bound, enter,
         *loop.getBody());
}

void AffineWalk::repeat(const Rounds& rounds, const std::function<std::optional<Expr>()>& bound,
                        const std::function<void(std::size_t loop)>& enter, const clang::Stmt& body) {
  const auto& [name, first, step, own, whole] = rounds;
  const std::size_t loop = new_loop(name, first, first, step);
  if (whole) whole_.insert(loop);
  const State before = state_;
  State after;
  std::set<const clang::VarDecl*> known;
  for (const auto& [variable, binding] : bindings_) known.insert(variable);
  std::set<const clang::VarDecl*> lost;  // references that a round may have lost
  const auto walk = [&](const State& start) {
    state_ = start;
    inside(loop, [&] {
      for (const auto* variable : lost) std::get<Named>(bindings_.at(variable)).cases.clear();
      enter(loop);
      const Expr around = guard_;
      const bool lossy = std::exchange(lossy_, false);
      execute(body);
      if (lossy_) refuse("a continue behind a change is not followed", body.getBeginLoc());
      lossy_ = lossy;
      if (!(guard_ == around)) distrust(start);
      for (const auto& [variable, binding] : bindings_) {
        const auto* object = std::get_if<Named>(&binding);
        if (object != nullptr && object->cases.empty() && known.contains(variable)) lost.insert(variable);
      }
      const auto now = state_.integers.find(own);
      const bool changed = now == state_.integers.end() || !(now->second.value == Expr::variable(loop));
      if (own != nullptr && changed) refuse("a loop's variable changes in its body", body.getBeginLoc());
      after = state_;
    });
  };
  rehearse([&] { walk(before); });
  const Unknowns unknowns = unknowns_of(before, after);
  State round = before, behind = before;
  if (!unknowns.empty()) {
    State start = before;
    for (const auto& [variable, unknown] : unknowns.integers) start.integers[variable] = {Expr::variable(unknown), {}};
    for (const auto& [array, unknown] : unknowns.lengths) start.sizes.at(array).base[0] = Expr::variable(unknown);
    for (const auto& [array, unknown] : unknowns.rows) {
      Sizes& sizes = start.sizes.at(array);
      sizes.rows.clear();
      for (std::size_t level = 1; level < sizes.base.size(); ++level) sizes.base[level] = Expr::variable(unknown);
    }
    rehearse([&] { walk(start); });
    settle(unknowns, round, round, before, after, loop);
  }
  // The condition is asked once more than the body runs.
  const std::size_t asked = new_loop(name, first, first, step);
  state_ = round;
  std::optional<Expr> end;
  rehearse([&] {
    inside(loop, [&] {
      enter(loop);
      end = bound();
    });
  });
  if (!end || flow::mentions_loop(*end, loop) || unknowns.in(*end))
    refuse("the end of a loop is not affine", body.getBeginLoc());
  result_.records.loops[loop].end = end;
  result_.records.loops[asked].end =
      step > 0 ? flow::maximum(first + 1, *end + Expr(step)) : flow::minimum(first - 1, *end + Expr(step));
  if (!unknowns.empty()) settle(unknowns, round, behind, before, after, loop);
  state_ = round;
  for (auto& [variable, number] : state_.integers)
    number.value = flow::substitute(number.value, loop, Expr::variable(asked));
  for (auto& [array, sizes] : state_.sizes) {
    for (auto& base : sizes.base)
      if (base) base = flow::substitute(*base, loop, Expr::variable(asked));
    for (auto& row : sizes.rows) row.size = flow::substitute(row.size, loop, Expr::variable(asked));
  }
  const auto statements = result_.records.statements.size();
  inside(asked, [&] {
    enter(asked);
    bound();
  });
  result_.records.statements.resize(statements);
  walk(round);
  state_ = behind;
}

/// Some rounds may have been left before all was changed that others changed.
void AffineWalk::distrust(const State& start) {
  std::erase_if(state_.integers, [&](const auto& entry) {
    const auto before = start.integers.find(entry.first);
    return before != start.integers.end() && !(before->second.value == entry.second.value);
  });
  for (auto& [array, sizes] : state_.sizes) {
    const auto before = start.sizes.find(array);
    if (before == start.sizes.end() || before->second == sizes) continue;
    sizes.rows.clear();
    std::ranges::fill(sizes.base, std::nullopt);
  }
}

AffineWalk::Unknowns AffineWalk::unknowns_of(const State& before, const State& after) {
  Unknowns result;
  const auto unknown = [&] {
    result.all.push_back(new_loop("unknown", 0, 0));
    return result.all.back();
  };
  for (const auto& [variable, number] : before.integers) {
    const auto now = after.integers.find(variable);
    if (now == after.integers.end() || !(now->second.value == number.value)) result.integers[variable] = unknown();
  }
  for (const auto& [array, sizes] : before.sizes) {
    const Sizes& now = after.sizes.at(array);
    if (sizes.base.empty()) continue;
    if (!(now.base[0] == sizes.base[0])) result.lengths[array] = unknown();
    Sizes rows = sizes, rows_now = now;
    rows.base[0] = rows_now.base[0] = Expr(0);
    if (!(rows == rows_now)) result.rows[array] = unknown();
  }
  return result;
}

/// `round`: at the beginning of each round; `behind`: after the last. Nothing where no closed form is seen.
void AffineWalk::settle(const Unknowns& unknowns, State& round, State& behind, const State& before, const State& after,
                        std::size_t loop) {
  const flow::Loop& range = result_.records.loops[loop];
  const Count rounds = count_of(range, loop, whole_.contains(loop));
  const Expr i = Expr::variable(loop);
  using Pair = std::optional<std::pair<Expr, Expr>>;
  const auto closed = [&](const Expr& start, const Expr& end, std::size_t unknown) -> Pair {
    const Expr change = end - Expr::variable(unknown);
    if (!unknowns.in(change) && !flow::mentions_loop(change, loop))
      return std::pair{start + change * rounds.number, start + change * rounds.count};
    if (unknowns.in(end)) return std::nullopt;
    return std::pair{
        flow::select(flow::equal(i, range.first), start, flow::substitute(end, loop, i - Expr(range.step))),
        flow::select(flow::less(0, rounds.count), flow::substitute(end, loop, rounds.last), start)};
  };
  std::map<std::size_t, Expr> settled;  // what unknowns are at the beginning of a round
  const auto known = [&](Expr expr) {
    for (const auto& [unknown, value] : settled) expr = flow::substitute(expr, unknown, value);
    return expr;
  };
  for (const auto& [variable, unknown] : unknowns.integers) {
    const auto end = after.integers.find(variable);
    const Integer& start = before.integers.at(variable);
    const bool clean = end != after.integers.end() && start.provided.empty() && end->second.provided.empty();
    const Pair found = clean ? closed(start.value, end->second.value, unknown) : Pair();
    round.integers.erase(variable);
    behind.integers.erase(variable);
    if (!found) continue;
    behind.integers[variable] = {found->second, {}};
    round.integers[variable] = {found->first, {}};
    settled.emplace(unknown, found->first);
  }
  for (const auto& [array, unknown] : unknowns.lengths) {
    const auto& start = before.sizes.at(array).base[0];
    const auto& end = after.sizes.at(array).base[0];
    const Pair found = start && end ? closed(*start, *end, unknown) : Pair();
    behind.sizes.at(array).base[0] = found ? std::optional(found->second) : std::nullopt;
    round.sizes.at(array).base[0] = found ? std::optional(found->first) : std::nullopt;
    if (found) settled.emplace(unknown, found->first);
  }
  for (const auto& [array, unknown] : unknowns.rows) {
    const Sizes& start = before.sizes.at(array);
    const Sizes& end = after.sizes.at(array);
    Sizes& in_round = round.sizes.at(array);
    Sizes& at_end = behind.sizes.at(array);
    for (Sizes* sizes : {&in_round, &at_end}) {
      sizes->rows.clear();
      for (std::size_t level = 1; level < sizes->base.size(); ++level) sizes->base[level] = std::nullopt;
    }
    const bool plain = start.rows.empty() && end.rows.size() == 1 && end.rows[0].key.size() == 1 &&
                       start.base.size() == 2 && start.base[1] && end.base[1] == Expr::variable(unknown);
    if (!plain) continue;
    const Expr key = known(end.rows[0].key[0]), size = known(end.rows[0].size), row = Expr::variable(row_);
    const bool foreign = std::ranges::any_of(asked_rows_, [&](const auto& asked) {
      return flow::mentions_loop(asked.first, unknown) &&
             (asked.second.size() != 1 || !(known(asked.second[0]) == key));
    });
    if (foreign || unknowns.in(key)) continue;
    if (start.base[1]->op == Op::variable) asked_rows_.emplace_back(*start.base[1], Sizes::Key{key});
    const Expr old = flow::substitute(*start.base[1], row_, key);
    if (!flow::mentions_loop(key, loop)) {
      if (const Pair found = closed(old, size, unknown)) {
        in_round.base[1] = at_end.base[1] = start.base[1];
        at_end.rows = {{{key}, found->second}};
        in_round.rows = {{{key}, found->first}};
      }
      continue;
    }
    const Expr shift = key - i;
    const Expr result = flow::substitute(size, unknown, old);
    if (flow::mentions_loop(shift, loop) || unknowns.in(result) || range.step != 1) continue;
    const Expr visited = row - shift;
    const Expr then = flow::substitute(result, loop, visited);
    const auto until = [&](const Expr& limit) {
      return flow::select(flow::both(flow::less_equal(range.first, visited), flow::less(visited, limit)), then,
                          *start.base[1]);
    };
    at_end.base[1] = until(*range.end);
    in_round.base[1] = until(i);
  }
}

}  // namespace dflow::compiler
