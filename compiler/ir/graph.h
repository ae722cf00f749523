// A plan as a graph: families are vertices, uses are edges from producer to consumer. The only sources that
// know Boost.Graph are behind this header.
#pragma once

#include <functional>
#include <vector>

#include "compiler/ir/plan.h"

namespace dflow::compiler::ir {

/// Places of families in `Plan::families`, in groups: each as large as tasks depend on each other in a circle
/// (of families, not of tasks). Producers' groups come before their consumers'.
std::vector<std::vector<std::size_t>> components(const Plan& plan);

/// For each family whether its results reach one of those for which `wanted` holds, which do themselves.
std::vector<bool> lead_to(const Plan& plan, const std::function<bool(const Family&)>& wanted);

/// For each family the length of the longest way to one without consumers, along the uses for which `along`
/// holds; each family on it counts the number of its steps. Uses must not go in a circle; one that does is
/// left out.
std::vector<std::uint32_t> heights(const Plan& plan, const std::function<bool(const Use&)>& along);

}  // namespace dflow::compiler::ir
