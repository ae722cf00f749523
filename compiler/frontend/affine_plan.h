// Tier 1 of a graph's plan: exact dependences in closed form, where the function is affine.
#pragma once

#include <vector>

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/graph_functions.h"

namespace dflow::compiler {

/// Lifts replicable graphs without boundaries from tier 2 to tier 1, or notes why not. `graphs` are those of
/// `definitions`, complete but for this.
/// Those with a launcher are changed to ask for it first. `passes`: which passes work on it (passes/passes.h).
void add_dependences(const Project& project, const Definitions& definitions, std::vector<GraphFunction>& graphs,
                     Proposals& proposals, const std::vector<std::string>& passes);

}  // namespace dflow::compiler
