#include "compiler/passes/critical_path.h"

#include "compiler/ir/graph.h"

namespace dflow::compiler::passes {

ir::Plan critical_path(ir::Plan plan, const Context& context) {
  const auto levels =
      ir::heights(plan, [&](const ir::Use& use) { return context.relations.same_round(use); });
  for (std::size_t i = 0; i < levels.size(); ++i) plan.families[i].level = levels[i];
  return plan;
}

}  // namespace dflow::compiler::passes
