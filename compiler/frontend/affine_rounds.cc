// What each round of a loop begins with, and what is known behind the last.
#include <algorithm>
#include <set>

#include "compiler/flow/counts.h"
#include "compiler/frontend/affine_changes.h"
#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

using flow::Expr;
using flow::Op;

/// What a body changes, each as a number that nothing is known of.
struct AffineWalk::Unknowns {
  std::map<const clang::VarDecl*, std::size_t> integers;
  std::map<std::size_t, std::size_t> lengths;  ///< By array.
  std::map<std::size_t, std::size_t> rows;
  std::vector<std::size_t> all;

  bool empty() const { return all.empty(); }
  /// What the variable was before the first round, and in turn those whose values it takes round by round; none if it does not.
  std::vector<Integer> turns(const clang::VarDecl* variable, const State& before, const State& after) const {
    constexpr std::size_t kMost = 8;
    std::vector<Integer> result;
    const auto* each = variable;
    do {
      const auto end = after.integers.find(each);
      if (end == after.integers.end() || !end->second.provided.empty() || result.size() == kMost) return {};
      result.push_back(before.integers.at(each));
      const auto next = std::ranges::find_if(integers, [&](const auto& one) { return end->second.value == Expr::variable(one.second); });
      if (next == integers.end() || next->first == each) return {};
      each = next->first;
    } while (each != variable);
    return result;
  }
  bool in(const Expr& expr) const {
    return std::ranges::any_of(all, [&](std::size_t unknown) { return flow::mentions_loop(expr, unknown); });
  }
};

namespace {

/// Lengths that single containers have, as cases of what all have.
void fold_rows(Sizes& sizes, std::size_t row) {
  constexpr std::size_t kMost = 8;
  const bool plain = sizes.base.size() == 2 && sizes.base[1] && sizes.rows.size() <= kMost &&
                     std::ranges::all_of(sizes.rows, [](const Sizes::Row& each) { return each.key.size() == 1; });
  if (!plain) return;
  for (const Sizes::Row& each : sizes.rows)
    sizes.base[1] = flow::select(flow::equal(Expr::variable(row), each.key[0]), each.size, *sizes.base[1]);
  sizes.rows.clear();
}

/// The other way round, as far as cases of `rest` reach.
Sizes unfolded(Sizes sizes, std::size_t row, const Expr& rest) {
  if (sizes.base.size() != 2 || !sizes.base[1] || !sizes.rows.empty()) return sizes;
  std::vector<Sizes::Row> rows;
  Expr all = *sizes.base[1];
  while (all.op == Op::select && all.operands[0].op == Op::equal && all.operands[0].operands[0] == Expr::variable(row)) {
    rows.insert(rows.begin(), {{all.operands[0].operands[1]}, all.operands[1]});
    all = Expr(all.operands[2]);
  }
  if (!(all == rest)) return sizes;
  sizes.base[1] = all;
  sizes.rows = std::move(rows);
  return sizes;
}

}  // namespace

void AffineWalk::repeat(const Rounds& rounds, const Round& round_of) {
  const std::size_t loop = new_loop(rounds.name, rounds.first, rounds.first, rounds.step);
  if (rounds.whole) whole_.insert(loop);
  for (auto& [array, sizes] : state_.sizes) fold_rows(sizes, row_);
  const State before = state_;
  State after;
  std::vector<Exit> exits;
  std::set<const clang::VarDecl*> known;
  for (const auto& [variable, binding] : bindings_) known.insert(variable);
  std::set<const clang::VarDecl*> lost;  // references that a round may have lost
  const auto walk = [&](const State& start) {
    state_ = start;
    inside(loop, [&] {
      for (const auto* variable : lost) std::get<Named>(bindings_.at(variable)).lose();
      round_of.enter(loop);
      exits = one_round(round_of);
      for (const auto& [variable, binding] : bindings_) {
        const auto* object = std::get_if<Named>(&binding);
        if (object != nullptr && object->is_lost() && known.contains(variable)) lost.insert(variable);
      }
      const auto now = state_.integers.find(rounds.own);
      const bool changed =
          now == state_.integers.end() || !(now->second.value == Expr::variable(loop) + Expr(rounds.ahead));
      if (rounds.own != nullptr && changed) refuse("a loop's variable changes in its body", round_of.where);
      after = state_;
      if (rounds.own != nullptr) after.integers.erase(rounds.own);
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
  state_ = round;
  const std::optional<Expr> end = rounds.endless ? end_by_exit(exits, loop) : end_by_condition(rounds, round_of, loop);
  if (!end || flow::mentions_loop(*end, loop) || unknowns.in(*end))
    refuse("the end of a loop is not affine", round_of.where);
  result_.records.loops[loop].end = end;
  if (!unknowns.empty()) settle(unknowns, round, behind, before, after, loop);
  if (!rounds.endless) ask(rounds, round_of, round, loop);
  state_ = round;
  walk(round);
  if (rounds.own != nullptr && rounds.outlives) {
    const Expr last = rounds.first + count_of(result_.records.loops[loop], loop, false).count * Expr(rounds.step);
    behind.integers[rounds.own] = within({last, {}}, rounds.own->getType(), ast());
  }
  state_ = behind;
  leave(loop, exits);
}

/// The body once, and what is counted besides. Gives how it may be left.
std::vector<AffineWalk::Exit> AffineWalk::one_round(const Round& round) {
  const Expr around = guard_;
  const bool lossy = std::exchange(lossy_, false);
  const unsigned left = std::exchange(left_, 0);
  std::vector<State> outer = std::exchange(continued_, {});
  exits_.emplace_back(std::vector<Exit>());
  round.body();
  std::vector<Exit> exits = std::move(*exits_.back());
  exits_.pop_back();
  if (lossy_) refuse("a continue behind a change is not followed", round.where);
  lossy_ = lossy;
  for (const State& each : continued_) distrust(each);
  continued_ = std::move(outer);
  left_ = left;
  const Expr until = std::exchange(guard_, around);
  if (round.then) round.then();
  guard_ = until;
  return exits;
}

/// The condition is asked once more than the body runs.
void AffineWalk::ask(const Rounds& rounds, const Round& round_of, const State& round, std::size_t loop) {
  const auto& [first, step] = std::pair(rounds.first, rounds.step);
  const Expr end = *result_.records.loops[loop].end;
  const std::size_t asked = new_loop(rounds.name, first, first, step);
  result_.records.loops[asked].end =
      step > 0 ? flow::maximum(first + 1, end + Expr(step)) : flow::minimum(first - 1, end + Expr(step));
  state_ = round;
  for (auto& [variable, number] : state_.integers) {
    number.value = flow::substitute(number.value, loop, Expr::variable(asked));
    for (Expr& each : number.provided) each = flow::substitute(each, loop, Expr::variable(asked));
  }
  for (auto& [array, sizes] : state_.sizes) {
    for (auto& base : sizes.base)
      if (base) base = flow::substitute(*base, loop, Expr::variable(asked));
    for (auto& row : sizes.rows) row.size = flow::substitute(row.size, loop, Expr::variable(asked));
  }
  const auto statements = result_.records.statements.size();
  inside(asked, [&] {
    round_of.enter(asked);
    round_of.bound();
  });
  result_.records.statements.resize(statements);
}

std::optional<Expr> AffineWalk::end_by_condition(const Rounds& rounds, const Round& round_of, std::size_t loop) {
  std::optional<Expr> end;
  rehearse([&] {
    inside(loop, [&] {
      round_of.enter(loop);
      end = round_of.bound();
    });
  });
  if (!end || !rounds.unasked) return end;
  return rounds.step > 0 ? flow::maximum(rounds.first + 1, *end) : flow::minimum(rounds.first - 1, *end);
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
  const flow::Loop range = result_.records.loops[loop];
  const Count rounds = count_of(range, loop, whole_.contains(loop));
  const Expr i = Expr::variable(loop);
  using Pair = std::optional<std::pair<Expr, Expr>>;
  /// Rounds do not add the same: a count, or a sum over the rounds before.
  const auto added_up = [&](const Expr& start, const Expr& change) -> Pair {
    if (range.step == 1) {
      const auto so_far = flow::sum_over(change, loop, range.first, i);
      const auto all = flow::sum_over(change, loop, range.first, range.first + rounds.count);
      if (so_far && all) return std::pair{start + *so_far, start + *all};
    }
    const auto [each, fresh] = summed_.try_emplace(loop, 0);
    if (fresh) each->second = new_loop("round", 0, std::nullopt);
    const Expr added = flow::substitute(change, loop, range.first + Expr::variable(each->second) * Expr(range.step));
    const bool fixed = start.op == Op::constant || flow::text_of(start, result_.records.parameters);
    const auto sum = [&](const Expr& count) {
      return fixed ? flow::total(each->second, count, added, start) : start + flow::total(each->second, count, added, 0);
    };
    return std::pair{sum(rounds.number), sum(rounds.count)};
  };
  const auto closed = [&](const Expr& start, const Expr& made, std::size_t unknown) -> Pair {
    const Expr end = with_lengths(made, unknowns.lengths);
    if (const auto cycle = cycle_of(end, unknown); cycle && start.op == Op::constant && start.number >= 0 && start.number < cycle->length)
      return std::pair{cycle->behind(start, rounds.number), cycle->behind(start, rounds.count)};
    const Expr change = amount_added(end, unknown);
    if (!unknowns.in(change) && !flow::mentions_loop(change, loop))
      return std::pair{start + change * rounds.number, start + change * rounds.count};
    if (unknowns.in(end)) return unknowns.in(change) ? std::nullopt : added_up(start, change);
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
    if (const auto turns = unknowns.turns(variable, before, after); !turns.empty()) {
      round.integers[variable] = taken_in_turn(turns, rounds.number);
      behind.integers[variable] = taken_in_turn(turns, rounds.count);
      settled.emplace(unknown, round.integers[variable].value);
      continue;
    }
    const auto end = after.integers.find(variable);
    const Integer& start = before.integers.at(variable);
    Provisos provisos{start.provided, {}};
    const auto told = [&](const Expr& each) {
      if (cycle_of(end->second.value, unknown) && is_harmless(each, unknown)) return true;
      return provisos.keep(each, unknowns.in(each) || flow::mentions_loop(each, loop), end->second.value - Expr::variable(unknown),
                           Expr::variable(unknown));
    };
    const bool clean = end != after.integers.end() && std::ranges::all_of(end->second.provided, told);
    const Pair found = clean ? closed(start.value, end->second.value, unknown) : Pair();
    round.integers.erase(variable);
    behind.integers.erase(variable);
    if (!found) continue;
    behind.integers[variable] = provisos.of(found->second);
    round.integers[variable] = provisos.of(found->first);
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
    const Sizes end = unfolded(after.sizes.at(array), row_, Expr::variable(unknown));
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
