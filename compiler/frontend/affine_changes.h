// What rounds of a loop do to a number, seen from what one of them does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "compiler/frontend/affine_state.h"

namespace dflow::compiler {

/// Which round it is, how many there are, and the variable's value in the last.
struct Count {
  flow::Expr number, count, last;
};
/// `id`: of the loop. `not_negative`: the end does not come before the first.
Count count_of(const flow::Loop& loop, std::size_t id, bool not_negative);

/// What must hold for a number that rounds change, so that its closed form is right: that it never left its type.
struct Provisos {
  std::vector<flow::Expr> always;
  std::vector<flow::Expr> bounds;  ///< `less_equal`, a constant on one side: of the number, where the other stands.

  /// Of a condition in one round. False if it is of another kind. Numbers between those at the begins of two rounds are
  /// bounded if these are; and since each round adds the same, so are all before.
  bool keep(const flow::Expr& condition, bool varies, const flow::Expr& change, const flow::Expr& begin);
  Integer of(const flow::Expr& number) const;
};

/// max(0, x), as often as a loop up to x has rounds, is x where that is the length of a container.
flow::Expr with_lengths(const flow::Expr& number, const std::map<std::size_t, std::size_t>& lengths);

/// What goes round: (x + step) % length.
struct Cycle {
  std::int64_t step, length;
  flow::Expr behind(const flow::Expr& start, const flow::Expr& rounds) const;
};
/// If a round makes `end` of the unknown number.
std::optional<Cycle> cycle_of(const flow::Expr& end, std::size_t unknown);
/// That a number which goes round, or more than that, is not negative.
bool is_harmless(const flow::Expr& condition, std::size_t unknown);

/// What numbers are that exchange their values in each round, from what they were before the first: `std::swap(now, next)`.
/// `start`: in the order in which one takes the value of the next.
Integer taken_in_turn(const std::vector<Integer>& start, const flow::Expr& rounds);

/// What a round adds to the unknown number that it makes `end` of.
flow::Expr amount_added(const flow::Expr& end, std::size_t unknown);

}  // namespace dflow::compiler
