// From dependences as they are analysed and stored to the plan that passes work on.
#pragma once

#include <vector>

#include "compiler/flow/analyse.h"
#include "compiler/ir/plan.h"

namespace dflow::compiler::flow {

/// `calls` describes those that the families' nodes stand for, in any order.
ir::Plan plan_of(const std::string& graph, const Analysed& analysed, std::vector<ir::Call> calls);

}  // namespace dflow::compiler::flow
