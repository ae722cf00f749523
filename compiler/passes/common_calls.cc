#include "compiler/passes/common_calls.h"

#include <algorithm>

namespace dflow::compiler::passes {
namespace {

bool same_values(const ir::Call& left, const ir::Call& right) {
  return std::ranges::equal(
      left.arguments, right.arguments, [](const ir::Argument& a, const ir::Argument& b) {
        return a.is_future == b.is_future && a.type == b.type && (a.is_future || a.value == b.value);
      });
}

bool may_merge(const ir::Plan& plan, const ir::Family& family) {
  return family.pure() && family.steps.size() == 1 && !plan.is_returned(family.node);
}

bool same(const ir::Plan& plan, const ir::Family& earlier, const ir::Family& later,
          const flow::Relations& relations) {
  const ir::Call &a = earlier.call(), &b = later.call();
  return &earlier != &later && may_merge(plan, earlier) && may_merge(plan, later) && a.op == b.op &&
         a.callable == b.callable && a.result == b.result && same_values(a, b) &&
         relations.repeats(plan, earlier, later);
}

/// The plan in which `earlier` stands for `later`, too.
std::optional<ir::Plan> merged(ir::Plan plan, std::uint32_t earlier, std::uint32_t later,
                               const flow::Relations& relations) {
  for (ir::Use& use : plan.uses) {
    if (use.producer != later) continue;
    auto redirected = relations.redirected(use, earlier);
    if (!redirected) return std::nullopt;
    use = std::move(*redirected);
  }
  plan.remove(later);
  return plan;
}

bool merge_one(ir::Plan& plan, const Context& context) {
  for (const ir::Family& earlier : plan.families) {
    for (const ir::Family& later : plan.families) {
      if (!same(plan, earlier, later, context.relations)) continue;
      auto made = merged(plan, earlier.node, later.node, context.relations);
      if (!made) continue;
      context.remarks.push_back(
          {later.node,
           "'" + later.call().task + "' is not run again: it is pure, and called with the same arguments",
           earlier.node});
      if (auto twins = context.relations.same_indices(later, earlier))
        context.changes.push_back(
            {later.node, formats::Change::Kind::merged, earlier.node, std::move(*twins)});
      plan = std::move(*made);
      return true;
    }
  }
  return false;
}

}  // namespace

ir::Plan common_calls(ir::Plan plan, const Context& context) {
  while (merge_one(plan, context)) {
  }
  return plan;
}

}  // namespace dflow::compiler::passes
