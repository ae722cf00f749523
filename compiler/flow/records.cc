#include "compiler/flow/records.h"

#include <algorithm>

namespace dflow::compiler::flow {
namespace {

bool is_number(const Expr& expr, std::int64_t number) {
  return expr.op == Op::constant && expr.number == number;
}
bool are_numbers(const Expr& left, const Expr& right) {
  return left.op == Op::constant && right.op == Op::constant;
}

/// `x + 3` as (x, 3), anything else as (itself, 0).
std::pair<Expr, std::int64_t> split(Expr expr) {
  if (expr.op == Op::constant) return {Expr(0), expr.number};
  const bool shifted = (expr.op == Op::add || expr.op == Op::subtract) && expr.operands[1].op == Op::constant;
  if (!shifted) return {std::move(expr), 0};
  const std::int64_t by = expr.operands[1].number;
  const bool minus = expr.op == Op::subtract;
  return {std::move(expr.operands[0]), minus ? -by : by};
}

Expr shifted(Expr expr, std::int64_t by) {
  if (expr.op == Op::constant) return expr.number + by;
  if (by == 0) return expr;
  return by > 0 ? Expr(Op::add, {std::move(expr), by}) : Expr(Op::subtract, {std::move(expr), -by});
}

/// Beyond this nobody computes with numbers here, so sums of two never overflow.
bool small(std::int64_t number) {
  return number > -(std::int64_t{1} << 40) && number < (std::int64_t{1} << 40);
}

}  // namespace

Expr operator+(Expr left, Expr right) {
  auto [a, x] = split(std::move(left));
  auto [b, y] = split(std::move(right));
  if (!small(x) || !small(y)) return Expr(Op::add, {shifted(std::move(a), x), shifted(std::move(b), y)});
  if (is_number(a, 0)) return shifted(std::move(b), x + y);
  if (is_number(b, 0)) return shifted(std::move(a), x + y);
  return shifted(Expr(Op::add, {std::move(a), std::move(b)}), x + y);
}

Expr operator-(Expr left, Expr right) {
  auto [a, x] = split(std::move(left));
  auto [b, y] = split(std::move(right));
  if (!small(x) || !small(y)) return Expr(Op::subtract, {shifted(std::move(a), x), shifted(std::move(b), y)});
  if (a == b) return x - y;
  if (is_number(b, 0)) return shifted(std::move(a), x - y);
  if (a.op == Op::add && a.operands[0] == b) return shifted(a.operands[1], x - y);
  if (a.op == Op::add && a.operands[1] == b) return shifted(a.operands[0], x - y);
  return shifted(Expr(Op::subtract, {std::move(a), std::move(b)}), x - y);
}

Expr operator*(Expr left, Expr right) {
  if (are_numbers(left, right) && small(left.number) && small(right.number)) {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(left.number, right.number, &product)) return product;
  }
  if (is_number(left, 1)) return right;
  if (is_number(right, 1)) return left;
  if (is_number(left, 0) || is_number(right, 0)) return 0;
  return Expr(Op::multiply, {std::move(left), std::move(right)});
}

Expr always() {
  return Expr(Op::less_equal, {0, 0});
}
Expr never() {
  return Expr(Op::less, {0, 0});
}

Expr less(Expr left, Expr right) {
  if (are_numbers(left, right)) return left.number < right.number ? always() : never();
  return Expr(Op::less, {std::move(left), std::move(right)});
}

Expr less_equal(Expr left, Expr right) {
  if (are_numbers(left, right)) return left.number <= right.number ? always() : never();
  return Expr(Op::less_equal, {std::move(left), std::move(right)});
}

Expr equal(Expr left, Expr right) {
  if (left == right) return always();
  if (are_numbers(left, right)) return left.number == right.number ? always() : never();
  return Expr(Op::equal, {std::move(left), std::move(right)});
}

Expr both(Expr left, Expr right) {
  if (left == always() || right == never()) return right;
  if (right == always() || left == never() || left == right) return left;
  return Expr(Op::both, {std::move(left), std::move(right)});
}

Expr either(Expr left, Expr right) {
  if (left == never() || right == always()) return right;
  if (right == never() || left == always() || left == right) return left;
  return Expr(Op::either, {std::move(left), std::move(right)});
}

Expr negation(Expr condition) {
  if (condition == always()) return never();
  if (condition == never()) return always();
  if (condition.op == Op::negation) return std::move(condition.operands[0]);
  return Expr(Op::negation, {std::move(condition)});
}

Expr some(std::size_t loop, Expr condition) {
  if (condition == never()) return condition;
  return Expr(Op::some, {Expr::variable(loop), std::move(condition)});
}

Expr total(std::size_t each, Expr count, Expr added, Expr start) {
  if (is_number(count, 0) || is_number(added, 0)) return start;
  return Expr(Op::total, {Expr::variable(each), std::move(count), std::move(added), std::move(start)});
}

Expr select(Expr condition, Expr yes, Expr no) {
  if (condition == always() || yes == no) return yes;
  if (condition == never()) return no;
  return Expr(Op::select, {std::move(condition), std::move(yes), std::move(no)});
}

Expr minimum(Expr left, Expr right) {
  if (are_numbers(left, right)) return std::min(left.number, right.number);
  if (left == right) return left;
  return Expr(Op::minimum, {std::move(left), std::move(right)});
}

Expr maximum(Expr left, Expr right) {
  if (are_numbers(left, right)) return std::max(left.number, right.number);
  if (left == right) return left;
  return Expr(Op::maximum, {std::move(left), std::move(right)});
}

bool mentions_loop(const Expr& expr, std::size_t loop) {
  if (expr.op == Op::variable) return expr.number == static_cast<std::int64_t>(loop);
  return std::ranges::any_of(expr.operands, [loop](const Expr& part) { return mentions_loop(part, loop); });
}

namespace {

/// What conditions and choices have become that were asked of a variable and are now asked of a number.
Expr settled(Expr expr) {
  auto& part = expr.operands;
  switch (expr.op) {
    case Op::less:
      return less(std::move(part[0]), std::move(part[1]));
    case Op::less_equal:
      return less_equal(std::move(part[0]), std::move(part[1]));
    case Op::equal:
      return equal(std::move(part[0]), std::move(part[1]));
    case Op::both:
      return both(std::move(part[0]), std::move(part[1]));
    case Op::either:
      return either(std::move(part[0]), std::move(part[1]));
    case Op::negation:
      return negation(std::move(part[0]));
    case Op::select:
      return select(std::move(part[0]), std::move(part[1]), std::move(part[2]));
    default:
      return expr;
  }
}

}  // namespace

Expr substitute(const Expr& expr, std::size_t loop, const Expr& value) {
  if (expr.op == Op::variable) return expr.number == static_cast<std::int64_t>(loop) ? value : expr;
  Expr result = expr;
  for (Expr& part : result.operands) part = substitute(part, loop, value);
  return settled(std::move(result));
}

Expr low_bits(Expr number, int count) {
  const Expr size = std::int64_t{1} << count;
  if (number.op == Op::constant) return number.number & (size.number - 1);
  return number - size * Expr(Op::floor_divide, {number, size});
}

Expr toggled(Expr number) {
  return number + 1 - Expr(2) * low_bits(number, 1);
}

std::optional<std::string> text_of(const Expr& expr, const std::vector<Parameter>& parameters) {
  const auto infix = [&](const std::string& sign) -> std::optional<std::string> {
    const auto left = text_of(expr.operands[0], parameters), right = text_of(expr.operands[1], parameters);
    if (!left || !right) return std::nullopt;
    const auto part = [](const Expr& operand, const std::string& text) {
      return operand.operands.empty() && text[0] != '-' && text.find(' ') == std::string::npos ? text : "(" + text + ")";
    };
    return part(expr.operands[0], *left) + " " + sign + " " + part(expr.operands[1], *right);
  };
  switch (expr.op) {
    case Op::constant:
      return std::to_string(expr.number);
    case Op::parameter:
      return parameters.at(static_cast<std::size_t>(expr.number)).name;
    case Op::add:
      return infix("+");
    case Op::subtract:
      return infix("-");
    case Op::multiply:
      return infix("*");
    case Op::divide:
      return infix("/");
    case Op::remainder:
      return infix("%");
    default:
      return std::nullopt;
  }
}

void oblige(Records& records, Obligation made) {
  const auto same = [&](const Obligation& other) {
    return other.loops == made.loops && other.guard == made.guard && other.condition == made.condition;
  };
  if (std::ranges::none_of(records.obligations, same)) records.obligations.push_back(std::move(made));
}

}  // namespace dflow::compiler::flow
