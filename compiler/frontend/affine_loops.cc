// Loops: what counts them, and how often they run.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "compiler/flow/delinearise.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using flow::Op;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;

namespace {

const clang::VarDecl* variable_of(const clang::Expr& expression) {
  return named_variable(*expression.IgnoreParenImpCasts());
}

/// a, b, c
void split(const clang::Expr* increment, std::vector<const clang::Expr*>& parts) {
  if (increment == nullptr) return;
  const auto* comma = dyn_cast<clang::BinaryOperator>(&written(*increment));
  if (comma == nullptr || comma->getOpcode() != clang::BO_Comma) return parts.push_back(increment);
  split(comma->getLHS(), parts);
  split(comma->getRHS(), parts);
}

/// The one increment inside a condition: `n-- > 0`.
const clang::UnaryOperator* step_in(const clang::Expr* condition) {
  const clang::UnaryOperator* found = nullptr;
  int count = 0;
  visit(condition, [&](const clang::Stmt& part) {
    const auto* unary = dyn_cast<clang::UnaryOperator>(&part);
    if (unary == nullptr || !unary->isIncrementDecrementOp()) return true;
    found = unary;
    ++count;
    return true;
  });
  return count == 1 ? found : nullptr;
}

/// `factor` times a loop's variable, and `rest`.
struct Linear {
  std::int64_t factor;
  Expr rest;
};
std::optional<Linear> linear_in(const Expr& expr, std::size_t loop) {
  if (!flow::mentions_loop(expr, loop)) return Linear{0, expr};
  if (expr.op == Op::variable) return Linear{1, 0};
  if (expr.op == Op::multiply && expr.operands[0].op == Op::constant) {
    const auto inner = linear_in(expr.operands[1], loop);
    const std::int64_t by = expr.operands[0].number;
    const bool small = inner && by > -1000 && by < 1000 && inner->factor > -1000 && inner->factor < 1000;
    return small ? std::optional(Linear{by * inner->factor, Expr(by) * inner->rest}) : std::nullopt;
  }
  if (expr.op != Op::add && expr.op != Op::subtract) return std::nullopt;
  const auto left = linear_in(expr.operands[0], loop), right = linear_in(expr.operands[1], loop);
  if (!left || !right) return std::nullopt;
  return expr.op == Op::add ? Linear{left->factor + right->factor, left->rest + right->rest}
                            : Linear{left->factor - right->factor, left->rest - right->rest};
}

/// Where two numbers of which one or both move, as the loop's variable does, have met: `code` compares them as long as they have not.
std::optional<Expr> end_of_meeting(const Expr& left, clang::BinaryOperatorKind code, const Expr& right, std::size_t loop, bool up) {
  const bool turned = code == clang::BO_GT || code == clang::BO_GE;
  const bool strict = code == clang::BO_LT || code == clang::BO_GT;
  if (!turned && code != clang::BO_LT && code != clang::BO_LE) return std::nullopt;
  const auto near = linear_in(turned ? right : left, loop), far = linear_in(turned ? left : right, loop);
  if (!near || !far) return std::nullopt;
  // Holds while factor * variable < gap, or <= gap.
  const std::int64_t factor = near->factor - far->factor;
  if (factor == 0 || (factor > 0) != up || factor > 64 || factor < -64) return std::nullopt;
  const Expr gap = far->rest - near->rest;
  const auto floor = [](const Expr& number, std::int64_t by) { return by == 1 ? number : Expr(Op::floor_divide, {number, by}); };
  if (up) return floor(gap + (strict ? factor - 1 : factor), factor);
  const Expr back = Expr(0) - gap;  // -factor * variable > back, or >= back
  return strict ? floor(back, -factor) : floor(back - factor - 1, -factor) - 1;
}

bool mentions(const clang::Expr* condition, const clang::VarDecl* variable) {
  bool found = false;
  visit(condition, [&](const clang::Stmt& part) {
    found = found || named_variable(part) == variable;
    return !found;
  });
  return found;
}

bool assigns(const clang::Stmt& body, const clang::VarDecl* variable) {
  bool found = false;
  visit(&body, [&](const clang::Stmt& part) {
    found = found || changes(part, *variable);
    return !found;
  });
  return found;
}

}  // namespace

/// What an expression behind the second semicolon adds to a variable.
std::optional<std::int64_t> AffineWalk::step_of(const clang::Expr& increment) {
  const clang::Expr& bare = written(increment);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare); unary != nullptr && unary->isIncrementDecrementOp())
    return unary->isIncrementOp() ? 1 : -1;
  const auto* assign = dyn_cast<clang::CompoundAssignOperator>(&bare);
  const bool adds = assign != nullptr && (assign->getOpcode() == clang::BO_AddAssign || assign->getOpcode() == clang::BO_SubAssign);
  const auto by = adds ? integer(*assign->getRHS()) : std::nullopt;
  const bool constant = by && by->value.op == Op::constant && by->value.number > 0 && by->value.number < (1 << 20);
  if (!constant) return std::nullopt;
  return assign->getOpcode() == clang::BO_AddAssign ? by->value.number : -by->value.number;
}

/// Where the condition, which holds up to there, ends to hold.
std::optional<Expr> AffineWalk::end_of(const clang::Expr& condition, std::int64_t step) {
  const Expr own = Expr::variable(loops_.back());
  const bool up = step > 0;
  const auto* operation = dyn_cast<clang::BinaryOperator>(condition.IgnoreParenImpCasts());
  if (operation != nullptr && operation->getOpcode() == clang::BO_LAnd) {
    const auto left = end_of(*operation->getLHS(), step), right = end_of(*operation->getRHS(), step);
    if (!left || !right) return std::nullopt;
    return up ? flow::minimum(*left, *right) : flow::maximum(*left, *right);
  }
  if (operation == nullptr || !operation->isComparisonOp()) return end_of_truth(condition, step);
  const auto left = integer(*operation->getLHS()), right = integer(*operation->getRHS());
  if (!left || !right) return std::nullopt;
  // i + 1 < n is i < n - 1, where neither wraps.
  const Expr ahead = left->value - own, behind = right->value - own;
  const bool first = ahead.op == Op::constant && flow::mentions_loop(left->value, loops_.back());
  const bool second = behind.op == Op::constant && flow::mentions_loop(right->value, loops_.back());
  use(*left, condition.getExprLoc());
  use(*right, condition.getExprLoc());
  const bool left_moves = flow::mentions_loop(left->value, loops_.back()), right_moves = flow::mentions_loop(right->value, loops_.back());
  // i + length <= n, 2 * i < n
  if ((left_moves && right_moves) || ((left_moves || right_moves) && first == second))
    return end_of_meeting(left->value, operation->getOpcode(), right->value, loops_.back(), up);
  if (first == second) return end_of_truth(condition, step);
  const Expr limit = first ? right->value - ahead : left->value - behind;
  const auto code = first ? operation->getOpcode() : clang::BinaryOperator::reverseComparisonOp(operation->getOpcode());
  if (code == (up ? clang::BO_LT : clang::BO_GT)) return limit;
  if (code == (up ? clang::BO_LE : clang::BO_GE)) return up ? limit + 1 : limit - 1;
  if (code != clang::BO_NE || (step != 1 && step != -1)) return std::nullopt;
  return end_at(limit, condition);
}

/// `limit` is the first number that is not reached, and it must not be passed by.
std::optional<Expr> AffineWalk::end_at(const Expr& limit, const clang::Expr& condition) {
  const flow::Loop& loop = result_.records.loops[loops_.back()];
  oblige(loop.step > 0 ? flow::less_equal(loop.first, limit) : flow::less_equal(limit, loop.first),
         "a loop may miss its end", condition.getExprLoc());
  return limit;
}

/// A condition that is no comparison with the loop's variable: a number that counts, or what no round changes.
std::optional<Expr> AffineWalk::end_of_truth(const clang::Expr& condition, std::int64_t step) {
  const auto truth = integer(condition);
  if (!truth) return std::nullopt;
  use(*truth, condition.getExprLoc());
  const Expr own = Expr::variable(loops_.back());
  const Expr value = truth->value.op == Op::negation && truth->value.operands[0].op == Op::equal
                         ? truth->value.operands[0].operands[0] - truth->value.operands[0].operands[1]
                         : truth->value;
  const Expr distance = value - own;
  if (distance.op == Op::constant && (step == 1 || step == -1)) return end_at(Expr(0) - distance, condition);
  if (flow::mentions_loop(truth->value, loops_.back())) return std::nullopt;
  const Expr start = result_.records.loops[loops_.back()].first;
  constexpr std::int64_t kFar = std::int64_t{1} << 40;
  // Holds in every round: another part of the condition ends the loop.
  return step > 0 ? flow::select(truth->value, start + Expr(kFar), start) : flow::select(truth->value, start - Expr(kFar), start);
}

/// `for` with a variable that nothing but its own increment changes.
bool AffineWalk::execute_counted(const LoopParts& parts) {
  const clang::Expr* counter = nullptr;
  for (const auto* increment : parts.increments) {
    const auto* variable = assigned(written(*increment));
    const bool plain = variable != nullptr && parts.condition != nullptr && mentions(parts.condition, variable) &&
                       !assigns(*parts.body, variable) && variable->getType()->isIntegerType() &&
                       step_in(parts.condition) == nullptr;
    const auto step = plain ? step_of(*increment) : std::nullopt;
    // What else moves is simplest in terms of what goes one by one.
    const bool by_one = step && (*step == 1 || *step == -1) && counter != nullptr && std::abs(*step_of(*counter)) != 1;
    if (step && (counter == nullptr || by_one)) counter = increment;
  }
  if (counter == nullptr) return false;
  const auto* own = assigned(written(*counter));
  const auto first = variable(*own);
  if (!first || flow::multiplies(first->value)) refuse("the start of a loop is not affine", parts.where);
  Rounds rounds;
  rounds.first = use(*first, parts.where);
  rounds.step = *step_of(*counter);
  rounds.own = own;
  count(parts, rounds, 0, counter);
  return true;
}

/// A loop whose body counts, or its condition. The variable's value in the body, before anything else, is what counts
/// the rounds.
void AffineWalk::execute_counting(const LoopParts& parts) {
  const auto* stepping = step_in(parts.condition);
  std::vector<const clang::VarDecl*> candidates;
  for (const auto& [variable, number] : state_.integers) {
    const bool changes = assigns(*parts.body, variable) || (parts.condition != nullptr && assigns(*parts.condition, variable)) ||
                         std::ranges::any_of(parts.increments, [&](const auto* each) { return assigned(written(*each)) == variable; });
    if (changes && !elusive_.contains(variable) && variable->getType()->isIntegerType()) candidates.push_back(variable);
  }
  const bool endless = is_endless(parts);
  std::ranges::stable_sort(candidates, {}, [&](const auto* each) {
    return std::pair(endless || mentions(parts.condition, each) ? 0 : 1, each->getLocation().getRawEncoding());
  });
  for (const auto* candidate : candidates) {
    const bool in_condition = stepping != nullptr && variable_of(*stepping->getSubExpr()) == candidate;
    const std::int64_t by = !in_condition ? 0 : stepping->isIncrementOp() ? 1 : -1;
    const auto change = change_of(*candidate, parts);
    if (!change || *change + by == 0 || (by != 0 && parts.unasked) || flow::multiplies(variable(*candidate)->value)) continue;
    Rounds rounds;
    rounds.first = use(*variable(*candidate), parts.where) + Expr(by);
    rounds.step = *change + by;
    rounds.own = candidate;
    rounds.ahead = *change;
    rounds.endless = endless;
    return count(parts, rounds, by, nullptr);
  }
  refuse("nothing that counts the rounds of this loop is affine", parts.where);
}

/// `i += step` with a step that is a parameter: rounds are counted, and how many there are is computed.
bool AffineWalk::execute_striding(const LoopParts& parts) {
  if (parts.increments.size() != 1 || parts.condition == nullptr) return false;
  const auto* advance = dyn_cast<clang::CompoundAssignOperator>(&written(*parts.increments[0]));
  const auto* own = advance == nullptr ? nullptr : assigned(*advance);
  const auto* until = dyn_cast<clang::BinaryOperator>(parts.condition->IgnoreParenImpCasts());
  const bool plain = own != nullptr && until != nullptr && advance->getOpcode() == clang::BO_AddAssign && !assigns(*parts.body, own) &&
                     (until->getOpcode() == clang::BO_LT || until->getOpcode() == clang::BO_LE) && variable_of(*until->getLHS()) == own &&
                     !mentions(until->getRHS(), own);
  if (!plain || step_in(parts.condition) != nullptr) return false;
  const auto first = variable(*own), step = integer(*advance->getRHS()), last = integer(*until->getRHS());
  if (!first || !step || !last || flow::multiplies(first->value)) return false;
  const Expr start = use(*first, parts.where), stride = use(*step, parts.where);
  const Expr end = use(*last, parts.where) + Expr(until->getOpcode() == clang::BO_LE ? 1 : 0);
  const auto count = computed(Expr(Op::divide, {end - start + stride - 1, stride}));
  if (!count) return false;
  oblige(flow::less(0, stride), "a loop may not end", parts.where);
  Rounds rounds;
  rounds.name = own->getNameAsString();
  rounds.first = 0;
  Round round = round_of(parts, nullptr);
  round.enter = [](std::size_t) {};
  round.bound = [&] { return std::optional(flow::select(flow::less(start, end), *count, 0)); };
  repeat(rounds, round);
  return true;
}

bool AffineWalk::is_endless(const LoopParts& parts) {
  if (parts.condition == nullptr) return true;
  const auto truth = integer(*parts.condition);
  return truth && truth->value.op == Op::constant && truth->value.number != 0;
}

/// What one round adds to a variable, if that is always the same.
std::optional<std::int64_t> AffineWalk::change_of(const clang::VarDecl& variable, const LoopParts& parts) {
  std::optional<std::int64_t> change;
  rehearse([&] {
    const std::size_t unknown = new_loop("unknown", 0, 0);
    inside(unknown, [&] {
      state_.integers[&variable] = {Expr::variable(unknown), {}};
      one_round(round_of(parts, nullptr));
      const auto after = state_.integers.find(&variable);
      if (after == state_.integers.end()) return;
      const Expr distance = after->second.value - Expr::variable(unknown);
      if (distance.op == Op::constant) change = distance.number;
    });
  });
  return change;
}

AffineWalk::Round AffineWalk::round_of(const LoopParts& parts, const clang::Expr* counter) {
  Round round;
  round.where = parts.where;
  round.body = [this, parts] { execute(*parts.body); };
  round.then = [this, parts, counter] {
    for (const auto* increment : parts.increments)
      if (increment != counter) execute(*increment);
  };
  return round;
}

/// `by`: what asking the condition adds to the variable.
void AffineWalk::count(const LoopParts& parts, Rounds rounds, std::int64_t by, const clang::Expr* counter) {
  rounds.name = rounds.own->getNameAsString();
  rounds.unasked = parts.unasked;
  rounds.outlives = true;
  const auto* own = rounds.own;
  const auto step = rounds.step;
  Round round = round_of(parts, counter);
  round.enter = [this, own](std::size_t id) { state_.integers[own] = {Expr::variable(id), {}}; };
  round.bound = [this, own, by, step, &parts]() -> std::optional<Expr> {
    const Integer asked{Expr::variable(loops_.back()) - Expr(by), {}};
    state_.integers[own] = asked;
    if (own->getType()->isUnsignedIntegerType()) use(within(asked, own->getType(), ast()), parts.where);
    const auto* outer = std::exchange(stepping_, step_in(parts.condition));
    const auto end = end_of(*parts.condition, step);
    stepping_ = outer;
    return end;
  };
  state_.integers.erase(own);
  repeat(rounds, round);
}

void AffineWalk::execute_for(const clang::ForStmt& loop) {
  if (loop.getConditionVariable() != nullptr) refuse("a loop of this form is not affine", loop.getForLoc());
  if (loop.getInit() != nullptr) execute(*loop.getInit());
  LoopParts parts{loop.getCond(), {}, loop.getBody(), false, loop.getForLoc()};
  split(loop.getInc(), parts.increments);
  if (!execute_counted(parts) && !execute_striding(parts)) execute_counting(parts);
}

void AffineWalk::execute_while(const clang::WhileStmt& loop) {
  if (loop.getConditionVariable() != nullptr) refuse("a loop of this form is not affine", loop.getWhileLoc());
  execute_counting({loop.getCond(), {}, loop.getBody(), false, loop.getWhileLoc()});
}

void AffineWalk::execute_do(const clang::DoStmt& loop) {
  execute_counting({loop.getCond(), {}, loop.getBody(), true, loop.getDoLoc()});
}

}  // namespace dflow::compiler
