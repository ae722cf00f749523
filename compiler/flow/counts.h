// How often a condition holds in the rounds of a loop, and what these add up to: `if (i % 2 == 0) v.push_back(...)`.
#pragma once

#include <cstddef>
#include <optional>

#include "compiler/flow/records.h"

namespace dflow::compiler::flow {

/// What `added`, in terms of the variable of `loop`, comes to over all its values from `first` to before `end`, which is not
/// less. Nothing where that is no sum of affine pieces, rounded down.
std::optional<Expr> sum_over(const Expr& added, std::size_t loop, const Expr& first, const Expr& end);

}  // namespace dflow::compiler::flow
