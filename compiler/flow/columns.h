// Subscripts of records, array by array and dimension by dimension, where what stands in one dimension is to become two.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "compiler/flow/records.h"

namespace dflow::compiler::flow {

/// A dimension of an array.
struct Column {
  std::size_t array = 0, dimension = 0;
};

bool any_part(const Expr& expr, const std::function<bool(const Expr&)>& test);

/// max(0, n) is n wherever a loop up to there has rounds.
const Expr& without_floor(const Expr& expr);

/// `see` gets the loops around an access, what holds there, and the access.
void each_access(Records& records, const std::function<void(const std::vector<std::size_t>&, const Expr&, Access&)>& see);

/// What stands there in all accesses.
std::vector<Expr> subscripts_of(Records& records, const Column& column);

/// Some subscript passes.
bool any_subscript(const Records& records, const std::function<bool(const Expr&)>& test);

/// Some condition asks about its rounds.
bool asks_for_round_of(Records& records, std::size_t loop);

/// Everywhere `outer` and, inside of it, `inner` stand for `loop`, whose variable is `number`. Says whether a task, a range or a
/// result is counted in another way than before.
bool split_loop_into(Records& records, std::size_t loop, std::size_t outer, std::size_t inner, const Expr& number);

}  // namespace dflow::compiler::flow
