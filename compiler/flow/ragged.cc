#include "compiler/flow/ragged.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "compiler/flow/columns.h"
#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

bool is_sum(const Expr& expr) {
  return expr.op == Op::total;
}
bool sums(const Expr& expr) {
  return any_part(expr, is_sum);
}
void add_sums(const Expr& expr, std::vector<Expr>& found) {
  if (is_sum(expr)) found.push_back(expr);
  for (const Expr& part : expr.operands) add_sums(part, found);
}

/// The same but for the names of what sums count by.
bool alike(const Expr& left, const Expr& right, std::map<std::int64_t, std::int64_t> names = {}) {
  if (left.op != right.op || left.operands.size() != right.operands.size()) return false;
  if (left.op == Op::total) names[left.operands[0].number] = right.operands[0].number;
  if (left.op == Op::variable) {
    const auto known = names.find(left.number);
    return (known == names.end() ? left.number : known->second) == right.number;
  }
  if (left.number != right.number) return false;
  for (std::size_t i = 0; i < left.operands.size(); ++i)
    if (!alike(left.operands[i], right.operands[i], names)) return false;
  return true;
}

/// Rows by their number from 0 on: how long each is, and how much stands before them.
struct Rows {
  Expr sum;

  explicit Rows(Expr of) : sum(std::move(of)) {}
  Expr length(const Expr& row) const { return substitute(sum.operands[2], counter(), row); }
  const Expr& before() const { return sum.operands[3]; }
  bool are_behind() const { return !(before() == Expr(0)); }
  bool are_of(const Expr& other) const {
    if (other.op != Op::total || !alike(before(), other.operands[3])) return false;
    return alike(sum.operands[2], other.operands[2], {{sum.operands[0].number, other.operands[0].number}});
  }
  /// Where a row begins.
  Expr begin(const Expr& row) const { return total(counter(), row, sum.operands[2], before()); }

 private:
  std::size_t counter() const { return static_cast<std::size_t>(sum.operands[0].number); }
};

/// A number as the begin of a row, or (no row) none, and what is added.
struct Place {
  std::optional<Expr> row;
  Expr rest;
};

void add_terms(const Expr& number, const Rows& rows, bool minus, Place& place, bool& plain) {
  if (number.op == Op::add || number.op == Op::subtract) {
    add_terms(number.operands[0], rows, minus, place, plain);
    return add_terms(number.operands[1], rows, minus != (number.op == Op::subtract), place, plain);
  }
  const Expr& bare = without_floor(number);
  if (rows.are_of(bare)) {
    plain = plain && !minus && !place.row;
    place.row = bare.operands[1];
    return;
  }
  place.rest = minus ? place.rest - number : place.rest + number;
}

std::optional<Place> place_of(const Expr& number, const Rows& rows) {
  Place place{std::nullopt, 0};
  bool plain = true;
  add_terms(number, rows, false, place, plain);
  return plain ? std::optional(place) : std::nullopt;
}

bool is_negative(const Expr& number) {
  return number.op == Op::constant && number.number < 0;
}

bool varies(const Expr& number) {
  return any_part(number, [](const Expr& part) { return part.op == Op::variable; });
}

/// Seen without a proof.
bool is_not_negative(const Expr& number) {
  if (number.op == Op::constant) return number.number >= 0;
  if (number.op == Op::maximum) return is_not_negative(number.operands[0]) || is_not_negative(number.operands[1]);
  if (number.op == Op::select) return is_not_negative(number.operands[1]) && is_not_negative(number.operands[2]);
  if (number.op == Op::total) return is_not_negative(number.operands[2]) && is_not_negative(number.operands[3]);
  return number.op == Op::add && is_not_negative(number.operands[0]) && is_not_negative(number.operands[1]);
}

class Straightening {
 public:
  explicit Straightening(Records records) : records_(std::move(records)) {}

  Delinearised run() {
    constexpr int kMost = 32;
    for (int step = 0; step < kMost; ++step) {
      const auto column = next_column();
      if (!column) break;
      split(*column);
    }
    // Obligations may come to be more meanwhile.
    for (std::size_t i = 0; i < records_.obligations.size(); ++i) {
      const Obligation each = records_.obligations[i];
      Expr condition = plain(each.condition, each);
      records_.obligations[i].condition = std::move(condition);
    }
    return {std::move(records_), renumbered_};
  }

 private:
  [[noreturn]] static void refuse() { throw Refusal("a subscript counts what varies from round to round"); }

  const Loop* loop_of(const Expr& subscript) const {
    return subscript.op == Op::variable ? &records_.loops.at(static_cast<std::size_t>(subscript.number)) : nullptr;
  }

  /// The sums in what a column's places are counted by.
  std::vector<Expr> sums_in(const Expr& subscript) const {
    std::vector<Expr> found;
    add_sums(subscript, found);
    if (const Loop* loop = loop_of(subscript); loop != nullptr && loop->end) add_sums(*loop->end, found);
    return found;
  }

  /// Those first that tell themselves what rows they have.
  std::optional<Column> next_column() {
    std::optional<Column> found, by_loops;
    each_access(records_, [&](const auto&, const Expr&, Access& access) {
      for (std::size_t i = 0; i < access.subscripts.size() && !found; ++i) {
        if (sums(access.subscripts[i])) found = Column{access.array, i};
        else if (!by_loops && !sums_in(access.subscripts[i]).empty()) by_loops = Column{access.array, i};
      }
    });
    return found ? found : by_loops;
  }

  // --- one column becomes two

  void split(const Column& column) {
    const Rows rows = rows_of(column);
    const auto behind = row_behind(column, rows);
    for (const Expr& subscript : subscripts_of(records_, column))
      if (subscript.op == Op::variable) split_loop(static_cast<std::size_t>(subscript.number), rows, behind);
    std::vector<Obligation> fitting;
    each_access(records_, [&](const std::vector<std::size_t>& loops, const Expr& guard, Access& access) {
      if (access.array != column.array) return;
      Expr& subscript = access.subscripts.at(column.dimension);
      auto place = place_of(subscript, rows);
      if (!place || (!place->row && !rows.are_behind())) refuse();
      const bool before = place->row && is_negative(place->rest);  // the end of the row before
      if (before) place = Place{*place->row - 1, rows.length(*place->row - 1) + place->rest};
      const Expr fits = fits_in(*place, rows, behind);
      if (!is_of_split_loop(subscript)) fitting.push_back({loops, both(guard, access.guard), fits, "a subscript may reach into another row", 0});
      if (place->row) oblige_lengths(loops, both(guard, access.guard), *place->row, rows);
      const Expr shift = rows.are_behind() ? 1 : 0;
      subscript = place->row ? *place->row + shift : Expr(0);
      access.subscripts.insert(access.subscripts.begin() + static_cast<std::ptrdiff_t>(column.dimension) + 1, place->rest);
    });
    for (Obligation& each : fitting) oblige(records_, std::move(each));
    ++records_.arrays.at(column.array).dimensions;
  }

  /// What all its subscripts are places in.
  Rows rows_of(const Column& column) {
    const std::vector<Expr> subscripts = subscripts_of(records_, column);
    for (const Expr& subscript : subscripts) {
      for (const Expr& sum : sums_in(subscript)) {
        const Rows rows(sum);
        if (varies(rows.before()) || sums(rows.before())) continue;
        const bool all = std::ranges::all_of(subscripts, [&](const Expr& each) { return is_placed(each, rows); });
        if (all) return rows;
      }
    }
    refuse();
  }
  bool is_placed(const Expr& subscript, const Rows& rows) const {
    const auto place = place_of(subscript, rows);
    if (!place) return false;
    if (place->row || rows.are_behind()) return true;
    const Loop* loop = loop_of(subscript);
    if (loop == nullptr || !loop->end) return loop != nullptr;
    const auto end = place_of(*loop->end, rows);
    return end && end->row;
  }

  /// Which row, if any, is filled from behind all others. Those others end there.
  std::optional<Expr> row_behind(const Column& column, const Rows& rows) {
    std::optional<Expr> behind;
    for (const auto& [of, row] : tails_)
      if (rows.are_of(of.sum)) behind = row;
    const auto note = [&](const Expr& row) {
      if (behind && !(*behind == row)) refuse();
      behind = row;
    };
    for (const Expr& subscript : subscripts_of(records_, column)) {
      const auto place = place_of(subscript, rows);
      if (place && place->row && !varies(*place->row) && !is_negative(place->rest)) note(*place->row);
    }
    return behind;
  }

  Expr fits_in(const Place& place, const Rows& rows, const std::optional<Expr>& behind) const {
    if (!place.row) return both(less_equal(0, place.rest), less(place.rest, rows.before()));
    if (behind && *place.row == *behind) return less_equal(0, place.rest);
    Expr fits = both(less_equal(0, place.rest), less(place.rest, rows.length(*place.row)));
    if (behind) fits = both(less(*place.row, *behind), fits);
    return both(less_equal(0, *place.row), fits);
  }

  /// No row up to there is shorter than nothing.
  void oblige_lengths(std::vector<std::size_t> loops, const Expr& guard, const Expr& end, const Rows& rows) {
    if (!is_not_negative(rows.before())) oblige(records_, {loops, guard, less_equal(0, rows.before()), "a row may be shorter than nothing", 0});
    const Expr length = rows.length(Expr::variable(0));
    if (is_not_negative(length)) return;
    const std::size_t row = new_loop("row", end);
    loops.push_back(row);
    oblige(records_, {std::move(loops), guard, less_equal(0, rows.length(Expr::variable(row))), "a row may be shorter than nothing", 0});
  }

  // --- one loop becomes two: over rows, and over a row

  bool is_of_split_loop(const Expr& subscript) const {
    return std::ranges::any_of(split_, [&](const Expr& each) { return each == subscript; });
  }

  void split_loop(std::size_t loop, const Rows& rows, const std::optional<Expr>& behind) {
    const Loop old = records_.loops.at(loop);
    if (!(old.first == Expr(0)) || old.step != 1 || !old.exits.empty() || asks_for_round_of(records_, loop)) return;
    const auto end = old.end ? place_of(*old.end, rows) : std::nullopt;
    if (old.end && (!end || !end->row)) return;
    const bool tailed = end && !(end->rest == Expr(0));
    if (tailed && (!behind || !(*behind == *end->row))) return;
    const std::int64_t shift = rows.are_behind() ? 1 : 0;
    const auto rows_end = end ? std::optional(*end->row + Expr(shift + (tailed ? 1 : 0))) : std::nullopt;
    const std::size_t outer = new_loop(old.name + "1", rows_end);
    const Expr row = Expr::variable(outer), number = row - Expr(shift);
    Expr length = rows.length(number);
    if (tailed) length = select(equal(number, *end->row), end->rest, length);
    if (shift != 0) length = select(equal(row, 0), rows.before(), length);
    const std::size_t inner = new_loop(old.name + "2", old.end ? std::optional(length) : std::nullopt);
    const Expr whole = rows.begin(number) + Expr::variable(inner);
    for (Expr& each : split_) each = substitute(each, loop, whole);
    split_.push_back(whole);
    if (tailed) tails_.emplace_back(rows, *end->row);
    renumbered_ = split_loop_into(records_, loop, outer, inner, whole) || renumbered_;
  }

  std::size_t new_loop(std::string name, std::optional<Expr> end) {
    records_.loops.push_back({std::move(name), 0, std::move(end), 1, {}});
    return records_.loops.size() - 1;
  }

  // --- conditions: what is said instead is never less

  Expr plain(const Expr& condition, const Obligation& around) {
    if (!sums(condition)) return condition;
    if (condition.op == Op::both || condition.op == Op::either) {
      const Expr left = plain(condition.operands[0], around), right = plain(condition.operands[1], around);
      return condition.op == Op::both ? both(left, right) : either(left, right);
    }
    if (condition.op != Op::less && condition.op != Op::less_equal) refuse();
    std::vector<Expr> found;
    add_sums(condition, found);
    for (const Expr& sum : found)
      if (const auto told = compared(condition, Rows(sum), around)) return plain(*told, around);
    refuse();
  }

  std::optional<Expr> compared(const Expr& condition, const Rows& rows, const Obligation& around) {
    const auto lesser = place_of(condition.operands[0], rows), greater = place_of(condition.operands[1], rows);
    if (!lesser || !greater) return std::nullopt;
    const bool strict = condition.op == Op::less;
    if (!lesser->row && greater->row) return at_least(*greater->row, greater->rest - lesser->rest - Expr(strict ? 1 : 0), rows);
    if (lesser->row && !greater->row) return fits_a_number(*lesser, greater->rest, rows, around);
    if (!lesser->row) return std::nullopt;
    const auto order = [&](const Expr& left, const Expr& right) { return strict ? less(left, right) : less_equal(left, right); };
    const Expr same = both(equal(*lesser->row, *greater->row), order(lesser->rest, greater->rest));
    const Expr earlier = both(both(less_equal(0, *lesser->row), less(*lesser->row, *greater->row)),
                              both(order(lesser->rest, rows.length(*lesser->row)), less_equal(0, greater->rest)));
    return either(same, earlier);
  }

  /// The begin of a row, and `more`, is not negative.
  Expr at_least(const Expr& row, const Expr& more, const Rows& rows) {
    if (!is_negative(more)) return both(less_equal(0, more), less_equal(0, rows.before()));
    const std::size_t each = new_loop("row", row);
    const Expr needed = Expr(0) - more;
    return either(less_equal(needed, rows.before()), some(each, less_equal(needed, rows.length(Expr::variable(each)))));
  }

  /// Few enough rows, none of them long, for any type of numbers.
  std::optional<Expr> fits_a_number(const Place& place, const Expr& most, const Rows& rows, const Obligation& around) {
    constexpr std::int64_t kFew = 1 << 15;
    if (most.op != Op::constant || most.number < (std::int64_t{1} << 31) - 2) return std::nullopt;
    Obligation lengths{around.loops, around.guard, always(), around.what, around.line};
    lengths.loops.push_back(new_loop("row", *place.row));
    lengths.condition = less_equal(rows.length(Expr::variable(lengths.loops.back())), kFew);
    if (sums(lengths.condition)) return std::nullopt;
    oblige(records_, std::move(lengths));
    return both(both(less_equal(*place.row, kFew), less_equal(place.rest, kFew)), less_equal(rows.before(), kFew));
  }

  Records records_;
  std::vector<Expr> split_;                     ///< Places that loops over rows go through.
  std::vector<std::pair<Rows, Expr>> tails_;    ///< Rows that are filled from behind.
  bool renumbered_ = false;
};

/// Some subscript, or the end of a loop.
bool sums(const Records& records) {
  const auto in_loop = [](const Loop& loop) { return loop.end && sums(*loop.end); };
  return std::ranges::any_of(records.loops, in_loop) || any_subscript(records, [](const Expr& each) { return sums(each); });
}

}  // namespace

Delinearised plain_subscripts(Records records) {
  Delinearised rows{std::move(records)};
  if (sums(rows.records)) rows = Straightening(std::move(rows.records)).run();
  rows.uneven = rows.renumbered;
  if (!multiplies(rows.records)) return rows;
  Delinearised even = delinearised(std::move(rows.records));
  even.uneven = rows.renumbered;
  even.renumbered = even.renumbered || rows.renumbered;
  return even;
}

}  // namespace dflow::compiler::flow
