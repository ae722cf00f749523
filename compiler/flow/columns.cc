#include "compiler/flow/columns.h"

#include <algorithm>
#include <optional>

namespace dflow::compiler::flow {

bool any_part(const Expr& expr, const std::function<bool(const Expr&)>& test) {
  return test(expr) || std::ranges::any_of(expr.operands, [&](const Expr& part) { return any_part(part, test); });
}

const Expr& without_floor(const Expr& expr) {
  const bool floored = expr.op == Op::maximum && expr.operands[0] == Expr(0);
  return floored ? expr.operands[1] : expr;
}

void each_access(Records& records, const std::function<void(const std::vector<std::size_t>&, const Expr&, Access&)>& see) {
  for (Statement& statement : records.statements) {
    for (Access& write : statement.writes) see(statement.loops, statement.guard, write);
    for (Read& read : statement.reads) {
      std::vector<std::size_t> loops = statement.loops;
      loops.insert(loops.end(), read.range.begin(), read.range.end());
      for (Access& access : read.accesses) see(loops, statement.guard, access);
    }
  }
}

std::vector<Expr> subscripts_of(Records& records, const Column& column) {
  std::vector<Expr> all;
  each_access(records, [&](const auto&, const Expr&, Access& access) {
    if (access.array == column.array) all.push_back(access.subscripts.at(column.dimension));
  });
  return all;
}

bool any_subscript(const Records& records, const std::function<bool(const Expr&)>& test) {
  const auto in_access = [&](const Access& access) { return std::ranges::any_of(access.subscripts, test); };
  return std::ranges::any_of(records.statements, [&](const Statement& statement) {
    return std::ranges::any_of(statement.writes, in_access) ||
           std::ranges::any_of(statement.reads, [&](const Read& read) { return std::ranges::any_of(read.accesses, in_access); });
  });
}

bool asks_for_round_of(Records& records, std::size_t loop) {
  const auto asks = [loop](const Expr& expr) {
    return any_part(expr, [loop](const Expr& part) { return part.op == Op::some && mentions_loop(part.operands[0], loop); });
  };
  bool found = std::ranges::any_of(records.statements, [&](const Statement& each) { return asks(each.guard); });
  found = found || std::ranges::any_of(records.obligations, [&](const Obligation& each) { return asks(each.guard) || asks(each.condition); });
  each_access(records, [&](const auto&, const Expr&, Access& access) { found = found || asks(access.guard); });
  return found;
}

bool split_loop_into(Records& records, std::size_t loop, std::size_t outer, std::size_t inner, const Expr& number) {
  bool shows = false;
  const auto replace = [&](Expr& expr) { expr = substitute(expr, loop, number); };
  const auto replace_in = [&](std::vector<std::size_t>& loops) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(loops, loop);
    if (found == loops.end()) return std::nullopt;
    const auto place = static_cast<std::size_t>(found - loops.begin());
    *found = outer;
    loops.insert(loops.begin() + static_cast<std::ptrdiff_t>(place) + 1, inner);
    return place;
  };
  for (Loop& each : records.loops) {
    replace(each.first);
    if (each.end) replace(*each.end);
    for (Expr& exit : each.exits) replace(exit);
  }
  for (Statement& each : records.statements) {
    const bool shown = is_shown(each);
    if (const auto place = replace_in(each.loops)) {
      each.places.insert(each.places.begin() + static_cast<std::ptrdiff_t>(*place) + 1, 0);
      shows = shows || shown;
    }
    for (Read& read : each.reads) shows = (replace_in(read.range) && shown) || shows;
    replace(each.guard);
  }
  each_access(records, [&](const auto&, const Expr&, Access& access) {
    replace(access.guard);
    for (Expr& subscript : access.subscripts) replace(subscript);
  });
  for (Obligation& each : records.obligations) {
    replace_in(each.loops);
    replace(each.guard);
    replace(each.condition);
  }
  return shows;
}

}  // namespace dflow::compiler::flow
