#include "compiler/flow/domain.h"

#include <isl/aff.h>
#include <isl/map.h>
#include <isl/set.h>
#include <isl/space.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

/// A name that isl reads as one and that is not taken.
std::string symbol(const std::string& name, std::set<std::string>& taken) {
  static const std::set<std::string> keywords = {"and",  "or",     "not",   "exists", "mod",    "floor",
                                                 "ceil", "floord", "ceild", "min",    "max",    "rat",
                                                 "true", "false",  "infty", "NaN",    "implies"};
  std::string result;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) result += c;
    if (c == '.' || c == '_') result += '_';
    if (c == '*') result += "_times_";
    if (c == '/') result += "_by_";
    if (c == '%') result += "_mod_";
    if (c == '+') result += "_plus_";
    if (c == '-') result += "_less_";
  }
  if (result.empty() || std::isalpha(static_cast<unsigned char>(result.front())) == 0) result.insert(0, "x");
  while (keywords.contains(result) || taken.contains(result)) result += '_';
  taken.insert(result);
  return result;
}

isl::space make_space(isl::ctx context, const Records& records, const std::vector<std::size_t>& loops,
                      const std::string& name) {
  const auto parameters = parameter_symbols(records.parameters);
  auto* space = isl_space_set_alloc(context.get(), static_cast<unsigned>(parameters.size()),
                                    static_cast<unsigned>(loops.size()));
  std::set<std::string> taken(parameters.begin(), parameters.end());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    space = isl_space_set_dim_name(space, isl_dim_param, static_cast<unsigned>(i), parameters[i].c_str());
  }
  for (std::size_t i = 0; i < loops.size(); ++i) {
    const std::string dimension = symbol(records.loops.at(loops[i]).name, taken);
    space = isl_space_set_dim_name(space, isl_dim_set, static_cast<unsigned>(i), dimension.c_str());
  }
  if (!name.empty()) space = isl_space_set_tuple_name(space, isl_dim_set, name.c_str());
  return isl::manage(space);
}

isl::pw_aff number(const isl::space& space, std::int64_t value) {
  auto* ctx = isl_space_get_ctx(space.get());
  return isl::manage(
      isl_pw_aff_val_on_domain(isl_set_universe(space.copy()), isl_val_int_from_si(ctx, value)));
}

/// A relation with one more index behind.
isl::map extended(const isl::map& map, const isl::pw_aff& next) {
  return isl::manage(isl_map_flat_range_product(map.copy(), isl_map_from_pw_aff(next.copy())));
}

}  // namespace

std::vector<std::string> parameter_symbols(const std::vector<Parameter>& parameters) {
  std::set<std::string> taken;
  std::vector<std::string> symbols;
  for (const Parameter& parameter : parameters) symbols.push_back(symbol(parameter.name, taken));
  return symbols;
}

Domain::Domain(isl::ctx context, const Records& records, const std::vector<std::size_t>& loops,
               const std::string& name, const std::set<std::size_t>& endless)
    : records_(records),
      loops_(loops),
      endless_(endless),
      space_(make_space(context, records, loops, name)),
      points_(isl::set::universe(space_)) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    enter(i, records.loops.at(loops[i]));
    position_[loops[i]] = i;
    entered_ = i + 1;
    if (!endless_.contains(i)) leave(i, records.loops.at(loops[i]));
  }
}

void Domain::enter(std::size_t index, const Loop& loop) {
  if (loop.step == 0) throw Refusal("a loop does not step");
  const isl::pw_aff variable = dimension(isl_dim_set, index);
  const isl::pw_aff first = value(loop.first, points_);
  const isl::pw_aff one_past = loop.end ? value(*loop.end, points_) : isl::pw_aff();
  points_ = points_.intersect(loop.step > 0 ? variable.ge_set(first) : variable.le_set(first));
  if (loop.end)
    points_ = points_.intersect(loop.step > 0 ? variable.lt_set(one_past) : variable.gt_set(one_past));
  const std::int64_t stride = loop.step > 0 ? loop.step : -loop.step;
  if (stride == 1) return;
  auto* modulus = isl_val_int_from_si(space_.ctx().get(), stride);
  const auto rest = isl::manage(isl_pw_aff_mod_val(variable.sub(first).release(), modulus));
  points_ = points_.intersect(rest.eq_set(number(space_, 0)));
}

/// Takes away the rounds behind one that is left.
void Domain::leave(std::size_t index, const Loop& loop) {
  if (loop.exits.empty()) return;
  endless_.insert(index);  // while it is asked where it is left
  isl::set last = isl::manage(isl_set_empty(space_.copy()));
  for (const Expr& exit : loop.exits) last = last.unite(holds(exit, points_));
  endless_.erase(index);
  isl::map later = isl::manage(isl_map_universe(isl_space_map_from_set(space_.copy())));
  for (std::size_t i = 0; i < index; ++i) {
    const int place = static_cast<int>(i);
    later = isl::manage(isl_map_equate(later.release(), isl_dim_in, place, isl_dim_out, place));
  }
  const int place = static_cast<int>(index);
  later = isl::manage(loop.step > 0 ? isl_map_order_lt(later.release(), isl_dim_in, place, isl_dim_out, place)
                                    : isl_map_order_gt(later.release(), isl_dim_in, place, isl_dim_out, place));
  points_ = points_.subtract(last.apply(later));
}

/// By a set with one more index, which is then forgotten.
isl::set Domain::some_round(const Expr& condition, const isl::set& known) const {
  std::vector<std::size_t> loops(loops_.begin(), loops_.begin() + static_cast<std::ptrdiff_t>(entered_));
  loops.push_back(static_cast<std::size_t>(condition.operands.at(0).number));
  const Domain inner(space_.ctx(), records_, loops, "", endless_);
  const auto depth = static_cast<unsigned>(entered_);
  isl_set* found = isl_set_project_out(inner.set_of(condition.operands.at(1)).release(), isl_dim_set, depth, 1);
  found = isl_set_add_dims(found, isl_dim_set, static_cast<unsigned>(loops_.size()) - depth);
  found = isl_set_reset_space(found, space_.copy());
  return isl::manage(found).intersect(known);
}

isl::pw_aff Domain::dimension(isl_dim_type type, std::size_t index) const {
  auto* local = isl_local_space_from_space(space_.copy());
  return isl::manage(isl_pw_aff_from_aff(isl_aff_var_on_domain(local, type, static_cast<unsigned>(index))));
}

isl::pw_aff Domain::value(const Expr& expr, const isl::set& known) const {
  const auto part = [&](std::size_t i) { return value(expr.operands.at(i), known); };
  switch (expr.op) {
    case Op::constant:
      return number(space_, expr.number);
    case Op::parameter:
      return dimension(isl_dim_param, static_cast<std::size_t>(expr.number));
    case Op::variable: {
      const auto found = position_.find(static_cast<std::size_t>(expr.number));
      if (found == position_.end()) throw Refusal("a value of a loop is used outside of it");
      return dimension(isl_dim_set, found->second);
    }
    case Op::add:
      return part(0).add(part(1));
    case Op::subtract:
      return part(0).sub(part(1));
    case Op::multiply:
      return product(expr, known);
    case Op::divide:
    case Op::floor_divide:
      return quotient(expr, known);
    case Op::remainder:
      return remainder(part(0), part(1), known);
    case Op::minimum:
      return part(0).min(part(1));
    case Op::maximum:
      return part(0).max(part(1));
    case Op::total:
      throw Refusal("what varies from round to round is added up");
    case Op::select: {
      const isl::set yes = holds(expr.operands.at(0), known);
      const isl::set no = known.subtract(yes);
      return value(expr.operands.at(1), yes)
          .intersect_domain(yes)
          .union_add(value(expr.operands.at(2), no).intersect_domain(no));
    }
    default:
      break;
  }
  const isl::set yes = holds(expr, known);  // a condition used as a number
  return number(space_, 1).intersect_domain(yes).union_add(
      number(space_, 0).intersect_domain(known.subtract(yes)));
}

isl::pw_aff Domain::product(const Expr& expr, const isl::set& known) const {
  const isl::pw_aff left = value(expr.operands.at(0), known), right = value(expr.operands.at(1), known);
  const bool constant =
      isl_pw_aff_is_cst(left.get()) == isl_bool_true || isl_pw_aff_is_cst(right.get()) == isl_bool_true;
  if (!constant) throw Refusal("a product of two variables is not affine");
  return left.mul(right);
}

isl::pw_aff Domain::quotient(const Expr& expr, const isl::set& known) const {
  const Expr& divisor = expr.operands.at(1);
  if (divisor.op != Op::constant || divisor.number <= 0)
    throw Refusal("a quotient by a variable is not affine");
  const isl::pw_aff left = value(expr.operands.at(0), known), right = value(divisor, known);
  return expr.op == Op::divide ? left.tdiv_q(right) : left.div(right).floor();
}

isl::pw_aff Domain::remainder(const isl::pw_aff& left, const isl::pw_aff& right,
                              const isl::set& known) const {
  if (isl_pw_aff_is_cst(right.get()) == isl_bool_true) {
    if (!known.is_subset(right.gt_set(number(space_, 0))))
      throw Refusal("a remainder by a number that is not positive");
    return left.tdiv_r(right);
  }
  // By a variable: only where it is known to be one of x, x - m, x - 2m, ...
  constexpr int kMostTurns = 4;
  const isl::set possible = known.intersect(right.ne_set(number(space_, 0)));
  isl::set near = right.gt_set(number(space_, 0))
                      .intersect(left.add(right).gt_set(number(space_, 0)))
                      .intersect(left.lt_set(right));
  isl::pw_aff rest = left.intersect_domain(near), turned = left, turns = right;
  for (int turn = 1; !possible.is_subset(near); ++turn) {
    if (turn == kMostTurns) throw Refusal("a remainder by a variable is not affine");
    turned = turned.sub(right);
    const isl::set next = right.gt_set(number(space_, 0)).intersect(left.ge_set(turns)).intersect(left.lt_set(turns.add(right)));
    rest = rest.union_add(turned.intersect_domain(next));
    near = near.unite(next);
    turns = turns.add(right);
  }
  return rest;
}

isl::set Domain::holds(const Expr& condition, const isl::set& known) const {
  const auto part = [&](std::size_t i) { return value(condition.operands.at(i), known); };
  switch (condition.op) {
    case Op::less:
      return part(0).lt_set(part(1)).intersect(known);
    case Op::less_equal:
      return part(0).le_set(part(1)).intersect(known);
    case Op::equal:
      return part(0).eq_set(part(1)).intersect(known);
    case Op::both:
      return holds(condition.operands.at(1), holds(condition.operands.at(0), known));
    case Op::either: {
      const isl::set first = holds(condition.operands.at(0), known);
      return first.unite(holds(condition.operands.at(1), known.subtract(first)));
    }
    case Op::negation:
      return known.subtract(holds(condition.operands.at(0), known));
    case Op::some:
      return some_round(condition, known);
    default:
      return value(condition, known).ne_set(number(space_, 0)).intersect(known);
  }
}

isl::set Domain::set_of(const Expr& condition) const {
  return holds(condition, points_);
}

isl::map Domain::relation(const Access& access) const {
  const isl::set where = holds(access.guard, points_);
  isl::map result = isl::manage(isl_map_from_domain(where.copy()));
  for (const Expr& subscript : access.subscripts) {
    result = extended(result, value(subscript, where));
  }
  const std::string name = "a" + std::to_string(access.array);
  return isl::manage(isl_map_set_tuple_name(result.release(), isl_dim_out, name.c_str()));
}

isl::map Domain::order(const std::vector<std::size_t>& places, std::size_t loops, std::size_t width) const {
  isl::map result = isl::manage(isl_map_from_domain(points_.copy()));
  const auto append = [&](const isl::pw_aff& next) { result = extended(result, next); };
  for (std::size_t i = 0; i < width; ++i) {
    append(i < places.size() ? number(space_, static_cast<std::int64_t>(places[i])) : number(space_, 0));
    if (i >= loops) {
      append(number(space_, 0));
    } else {
      const isl::pw_aff variable = dimension(isl_dim_set, i);
      append(records_.loops.at(loops_[i]).step > 0 ? variable : variable.neg());
    }
  }
  return result;
}

isl::set limits(isl::ctx context, const Records& records, std::optional<std::pair<std::int64_t, std::int64_t>> box) {
  Domain domain(context, records, {}, "");
  for (std::size_t i = 0; i < records.parameters.size(); ++i) {
    const Parameter& parameter = records.parameters[i];
    auto least = parameter.least, most = parameter.most;
    if (box) {
      least = std::max(least.value_or(box->first), std::min(box->first, most.value_or(box->first)));
      most = std::min(most.value_or(box->second), std::max(box->second, *least));
    }
    if (least) domain.restrict(less_equal(*least, Expr::parameter(i)));
    if (most) domain.restrict(less_equal(Expr::parameter(i), *most));
  }
  return domain.points().params();
}

isl::set limits_of_flags(isl::ctx context, const Records& records) {
  Domain domain(context, records, {}, "");
  for (std::size_t i = 0; i < records.parameters.size(); ++i) {
    const Parameter& parameter = records.parameters[i];
    if (parameter.least != 0 || parameter.most != 1) continue;
    domain.restrict(less_equal(0, Expr::parameter(i)));
    domain.restrict(less_equal(Expr::parameter(i), 1));
  }
  return domain.points().params();
}

}  // namespace dflow::compiler::flow
