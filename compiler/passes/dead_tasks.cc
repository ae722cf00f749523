#include "compiler/passes/dead_tasks.h"

#include <map>

#include "compiler/ir/editor.h"
#include "compiler/ir/graph.h"

namespace dflow::compiler::passes {
namespace {

/// Families none of whose tasks matter.
ir::Plan without_dead_families(ir::Plan plan, const Context& context) {
  const auto alive =
      ir::lead_to(plan, [&](const ir::Family& each) { return !each.pure() || plan.is_returned(each.node); });
  ir::Editor editor(std::move(plan));
  const std::vector<ir::Family*> families = editor.families();
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (alive[i]) continue;
    const ir::Family& family = *families[i];
    context.remarks.push_back(
        {family.node,
         "'" + family.call().task + "' is dropped: it is pure, and nothing depends on what it gives"});
    context.changes.push_back({family.node, formats::Change::Kind::narrowed, 0, ""});
    editor.drop(*families[i]);
  }
  return std::move(editor).finish();
}

/// Drops instances that nothing depends on, family by family.
class Narrowing {
 public:
  Narrowing(ir::Editor& editor, const flow::Relations& relations) : editor_(editor), relations_(relations) {}

  /// Looks at each family once; whether some became smaller.
  bool look() {
    bool changed = false;
    for (ir::Family* family : editor_.families()) changed |= family->pure() && narrow(*family);
    return changed;
  }
  /// Those that did, in order of their numbers.
  const std::map<std::uint32_t, const ir::Family*>& narrowed() const { return narrowed_; }

 private:
  bool narrow(ir::Family& family) {
    const auto& readers = editor_.readers_of(family.node);
    const auto needed = relations_.needed(family, {readers.begin(), readers.end()}, editor_.plan().returned);
    if (!needed) return false;
    const auto& uses = editor_.inputs_of(family.node);
    const auto& ranges = editor_.ranges_of(family.node);
    auto smaller =
        relations_.narrowed({family, {uses.begin(), uses.end()}, {ranges.begin(), ranges.end()}}, *needed);
    if (!smaller) return false;
    family.domain = *needed;
    family.order = std::move(smaller->order);
    for (std::size_t i = 0; i < uses.size(); ++i) uses[i]->relation = std::move(smaller->uses[i]);
    for (std::size_t i = 0; i < ranges.size(); ++i) ranges[i]->domain = std::move(smaller->ranges[i]);
    narrowed_.emplace(family.node, &family);
    return true;
  }

  ir::Editor& editor_;
  const flow::Relations& relations_;
  std::map<std::uint32_t, const ir::Family*> narrowed_;
};

/// Instances that do not matter. Of a chain, each look only finds the last one: what does not settle soon is
/// left alone.
ir::Plan without_dead_instances(const ir::Plan& plan, const Context& context) {
  constexpr int kLooks = 6;
  ir::Editor editor(plan);
  Narrowing narrowing(editor, context.relations);
  int looks = 0;
  while (narrowing.look())
    if (++looks == kLooks) return plan;
  for (const auto& [node, family] : narrowing.narrowed()) {
    context.remarks.push_back(
        {node, "'" + family->call().task + "' runs only where something depends on what it gives"});
    context.changes.push_back({node, formats::Change::Kind::narrowed, 0, family->domain});
  }
  return std::move(editor).finish();
}

}  // namespace

ir::Plan dead_tasks(ir::Plan plan, const Context& context) {
  return without_dead_instances(without_dead_families(std::move(plan), context), context);
}

}  // namespace dflow::compiler::passes
