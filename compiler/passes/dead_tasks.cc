#include "compiler/passes/dead_tasks.h"

#include <set>

#include "compiler/ir/graph.h"

namespace dflow::compiler::passes {
namespace {

/// Families none of whose tasks matter.
ir::Plan without_dead_families(ir::Plan plan, const Context& context) {
  const auto alive =
      ir::lead_to(plan, [&](const ir::Family& each) { return !each.pure() || plan.is_returned(each.node); });
  std::vector<std::uint32_t> dead;
  for (std::size_t i = 0; i < alive.size(); ++i)
    if (!alive[i]) dead.push_back(plan.families[i].node);
  for (const std::uint32_t node : dead) {
    const std::string& task = plan.family(node).call().task;
    context.remarks.push_back(
        {node, "'" + task + "' is dropped: it is pure, and nothing depends on what it gives"});
    context.changes.push_back({node, formats::Change::Kind::narrowed, 0, ""});
    plan.remove(node);
  }
  return plan;
}

/// Whether some family became smaller.
bool narrow(ir::Plan& plan, const flow::Relations& relations, std::set<std::uint32_t>& narrowed) {
  bool changed = false;
  for (std::size_t i = 0; i < plan.families.size(); ++i) {
    const ir::Family& family = plan.families[i];
    const auto needed = family.pure() ? relations.needed(plan, family) : std::nullopt;
    auto smaller = needed ? relations.narrowed(plan, family.node, *needed) : std::nullopt;
    if (!smaller) continue;
    narrowed.insert(family.node);
    plan = std::move(*smaller);
    changed = true;
  }
  return changed;
}

/// Instances that do not matter. Of a chain, each round only finds the last one: what does not settle soon is
/// left alone.
ir::Plan without_dead_instances(const ir::Plan& plan, const Context& context) {
  constexpr int kRounds = 6;
  ir::Plan smaller = plan;
  std::set<std::uint32_t> narrowed;
  int rounds = 0;
  while (narrow(smaller, context.relations, narrowed))
    if (++rounds == kRounds) return plan;
  for (const std::uint32_t node : narrowed) {
    const ir::Family& family = smaller.family(node);
    context.remarks.push_back(
        {node, "'" + family.call().task + "' runs only where something depends on what it gives"});
    context.changes.push_back({node, formats::Change::Kind::narrowed, 0, family.domain});
  }
  return smaller;
}

}  // namespace

ir::Plan dead_tasks(ir::Plan plan, const Context& context) {
  return without_dead_instances(without_dead_families(std::move(plan), context), context);
}

}  // namespace dflow::compiler::passes
