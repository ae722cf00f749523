#include "compiler/flow/delinearise.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "compiler/flow/columns.h"
#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

bool is_product(const Expr& expr) {
  return expr.op == Op::multiply && expr.operands[0].op != Op::constant && expr.operands[1].op != Op::constant;
}

/// Of parameters alone, and no product of them.
bool is_width(const Expr& expr) {
  return expr.op != Op::constant && !any_part(expr, [](const Expr& part) { return part.op == Op::variable || is_product(part); });
}

/// Where nothing that varies is added: `-1`, `-1 - j`. Behind the begin of a row, that is at the end of the row before.
bool only_takes_away(const Expr& rest) {
  std::int64_t constant = 0;
  bool adds = false;
  const std::function<void(const Expr&, bool)> look = [&](const Expr& part, bool minus) {
    if (part.op == Op::constant) return void(constant += minus ? -part.number : part.number);
    if (part.op != Op::add && part.op != Op::subtract) return void(adds = adds || !minus);
    look(part.operands[0], minus);
    look(part.operands[1], minus != (part.op == Op::subtract));
  };
  look(rest, false);
  return !adds && constant <= 0 && !(rest == Expr(0));
}

/// A number as rows * width + rest.
struct Place {
  Expr row, rest;
};

class Delinearisation {
 public:
  explicit Delinearisation(Records records) : records_(std::move(records)) {}

  Delinearised run() {
    constexpr int kMost = 32;
    for (int step = 0; step < kMost; ++step) {
      const auto column = next_column();
      if (!column) break;
      split(*column);
    }
    for (Obligation& each : records_.obligations) each.condition = without_products(each.condition);
    return {std::move(records_), renumbered_, std::move(splits_)};
  }

 private:
  [[noreturn]] static void refuse() { throw Refusal("a subscript multiplies numbers that vary"); }

  // --- all accesses

  std::optional<Column> next_column() {
    std::optional<Column> found;
    each_access(records_, [&](const auto&, const Expr&, Access& access) {
      for (std::size_t i = 0; i < access.subscripts.size() && !found; ++i)
        if (multiplies(access.subscripts[i])) found = Column{access.array, i};
    });
    return found;
  }

  // --- one column becomes two

  void split(const Column& column) {
    const Expr width = width_of(column);
    if (std::ranges::find(widths_, width) == widths_.end()) widths_.push_back(width);
    for (const Expr& subscript : subscripts_of(records_, column))
      if (subscript.op == Op::variable) split_loop(static_cast<std::size_t>(subscript.number), width);
    std::vector<Obligation> fitting;
    each_access(records_, [&](const std::vector<std::size_t>& loops, const Expr& guard, Access& access) {
      if (access.array != column.array) return;
      Expr& subscript = access.subscripts.at(column.dimension);
      const auto place = place_of(subscript, width);
      if (!place) refuse();
      subscript = place->row;
      access.subscripts.insert(access.subscripts.begin() + static_cast<std::ptrdiff_t>(column.dimension) + 1, place->rest);
      if (fits_by_itself(place->rest, width)) return;
      const Expr fits = both(less_equal(0, place->rest), less(place->rest, width));
      fitting.push_back({loops, both(guard, access.guard), fits, "a subscript may reach into the next row", 0});
    });
    for (Obligation& each : fitting) oblige(records_, std::move(each));
    ++records_.arrays.at(column.array).dimensions;
  }

  /// Counts a loop's rounds over one row.
  bool fits_by_itself(const Expr& rest, const Expr& width) const {
    if (rest.op != Op::variable) return false;
    const Loop& loop = records_.loops.at(static_cast<std::size_t>(rest.number));
    return loop.first == Expr(0) && loop.step == 1 && loop.end == width;
  }

  /// What all its subscripts count rows of.
  Expr width_of(const Column& column) {
    const std::vector<Expr> subscripts = subscripts_of(records_, column);
    std::vector<Expr> candidates;
    for (const Expr& subscript : subscripts) {
      std::ignore = any_part(subscript, [&](const Expr& part) {
        if (!is_product(part)) return false;
        for (const std::size_t side : {1, 0})
          if (is_width(part.operands[side])) candidates.push_back(without_floor(part.operands[side]));
        return true;  // products inside of it are of its rows
      });
    }
    for (const Expr& candidate : candidates)
      if (std::ranges::all_of(subscripts, [&](const Expr& each) { return place_of(each, candidate).has_value(); })) return candidate;
    refuse();
  }

  /// None if more than the rows multiplies.
  std::optional<Place> place_of(const Expr& number, const Expr& width) const {
    Place place{0, 0};
    add_terms(number, width, false, place);
    if (multiplies(place.rest)) return std::nullopt;
    return only_takes_away(place.rest) ? Place{place.row - 1, width + place.rest} : place;
  }

  void add_terms(const Expr& number, const Expr& width, bool minus, Place& place) const {
    const auto add = [minus](Expr& to, const Expr& what) { to = minus ? to - what : to + what; };
    if (number.op == Op::add || number.op == Op::subtract) {
      add_terms(number.operands[0], width, minus, place);
      return add_terms(number.operands[1], width, minus != (number.op == Op::subtract), place);
    }
    if (without_floor(number) == width) return add(place.row, 1);
    if (const auto rows = rows_in(number, width)) return add(place.row, *rows);
    add(place.rest, number);
  }

  /// `number` as so many times `width`.
  std::optional<Expr> rows_in(const Expr& number, const Expr& width) const {
    const auto factors = factors_of(number);
    if (factors.size() != 2) return std::nullopt;
    if (without_floor(factors[1]) == width) return factors[0];
    return without_floor(factors[0]) == width ? std::optional(factors[1]) : std::nullopt;
  }
  std::vector<Expr> factors_of(const Expr& number) const {
    if (number.op == Op::multiply) return number.operands;
    return number.op == Op::parameter ? records_.parameters.at(static_cast<std::size_t>(number.number)).factors : std::vector<Expr>();
  }

  // --- one loop becomes two: over rows, and over a row

  void split_loop(std::size_t loop, const Expr& width) {
    const Loop old = records_.loops.at(loop);
    const auto rows = old.end ? rows_in(*old.end, width) : std::nullopt;
    const bool whole = old.first == Expr(0) && old.step == 1 && old.exits.empty() && (!old.end || rows) && !asks_for_round_of(records_, loop);
    if (!whole) return;
    const std::size_t outer = records_.loops.size(), inner = outer + 1;
    records_.loops.push_back({old.name + "1", 0, rows, 1, {}});
    records_.loops.push_back({old.name + "2", 0, width, 1, {}});
    if (rows) records_.obligations.push_back({{}, always(), less_equal(0, width), "a row may be shorter than nothing", 0});
    splits_.push_back({loop, outer, inner, width});
    renumbered_ = split_loop_into(records_, loop, outer, inner, Expr::variable(outer) * width + Expr::variable(inner)) || renumbered_;
  }

  // --- conditions

  /// That a subscript is not negative, or that there are some rows, follows from its parts. What is said instead is never less.
  Expr without_products(const Expr& condition) const {
    if (!multiplies(condition)) return condition;
    if (condition.op == Op::both || condition.op == Op::either) {
      Expr result = condition;
      for (Expr& part : result.operands) part = without_products(part);
      return result;
    }
    if (condition.op == Op::less_equal && condition.operands[0] == Expr(0)) {
      for (const Expr& width : widths_) {
        const auto place = place_of(condition.operands[1], width);
        if (!place || place->row == Expr(0)) continue;
        return both(less_equal(0, width), both(without_products(less_equal(0, place->row)), less_equal(0, place->rest)));
      }
    }
    if (condition.op == Op::less && condition.operands[0] == Expr(0)) {
      for (const Expr& width : widths_) {
        const auto place = place_of(condition.operands[1], width);
        if (!place || place->row == Expr(0)) continue;
        return both(less(0, width), both(without_products(less(0, place->row)), less_equal(0, place->rest)));
      }
    }
    refuse();
  }

  Records records_;
  std::vector<Expr> widths_;
  bool renumbered_ = false;
  std::vector<Split> splits_;
};

}  // namespace

bool multiplies(const Expr& expr) {
  return any_part(expr, [](const Expr& part) { return part.op == Op::total || is_product(part); });
}

bool multiplies(const Records& records) {
  return any_subscript(records, [](const Expr& each) { return multiplies(each); });
}

Delinearised delinearised(Records records) { return Delinearisation(std::move(records)).run(); }

}  // namespace dflow::compiler::flow
