#include "compiler/passes/critical_path.h"

#include <algorithm>

#include "compiler/ir/graph.h"

namespace dflow::compiler::passes {

ir::Plan critical_path(ir::Plan plan, const Context& context) {
  const auto levels =
      ir::heights(plan, [&](const ir::Use& use) { return context.relations.same_round(use); });
  // What the program says about priorities comes before what is computed.
  int least = 0;
  for (const ir::Family& family : plan.families) least = std::min(least, family.call().priority);
  const std::uint32_t beyond = levels.empty() ? 0 : *std::ranges::max_element(levels) + 1;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto more = static_cast<std::uint32_t>(std::min<std::int64_t>(std::int64_t{plan.families[i].call().priority} - least, 1000));
    plan.families[i].level = levels[i] + more * beyond;
  }
  return plan;
}

}  // namespace dflow::compiler::passes
