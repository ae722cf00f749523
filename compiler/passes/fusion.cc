#include "compiler/passes/fusion.h"

#include <algorithm>

namespace dflow::compiler::passes {
namespace {

std::uint32_t count_arguments(const ir::Family& family) {
  std::uint32_t count = 0;
  for (const ir::Step& step : family.steps) count += static_cast<std::uint32_t>(step.call.arguments.size());
  return count;
}

bool is_single(const std::vector<const ir::Use*>& uses) {
  return uses.size() == 1;
}

/// Reduces are trees of tasks.
bool may_fuse(const ir::Plan& plan, const ir::Use& use, const flow::Relations& relations) {
  const ir::Family &consumer = plan.family(use.consumer), &producer = plan.family(use.producer);
  const bool trees =
      consumer.call().op == formats::NodeOp::reduce || producer.call().op == formats::NodeOp::reduce;
  if (trees || use.elements != 0 || plan.is_returned(producer.node)) return false;
  if (consumer.node == producer.node || producer.call().result == "void") return false;
  return is_single(plan.readers_of(producer.node)) && is_single(plan.inputs_of(consumer.node)) &&
         relations.pairs(use, consumer, producer);
}

/// The producer's steps, then the consumer's, whose arguments are counted behind them.
std::optional<std::vector<ir::Step>> joined(const ir::Plan& plan, const ir::Use& link,
                                            const flow::Relations& relations) {
  std::vector<ir::Step> steps;
  for (ir::Step step : plan.family(link.producer).steps) {
    auto at = relations.through(link, step.at);
    if (!at) return std::nullopt;
    step.at = std::move(*at);
    steps.push_back(std::move(step));
  }
  const std::uint32_t before = count_arguments(plan.family(link.producer));
  for (ir::Step step : plan.family(link.consumer).steps) {
    if (steps.size() == plan.family(link.producer).steps.size()) step.fed = link.argument;
    step.first_argument += before;
    steps.push_back(std::move(step));
  }
  return steps;
}

std::optional<ir::Plan> fused(ir::Plan plan, const ir::Use& link, const flow::Relations& relations) {
  auto steps = joined(plan, link, relations);
  if (!steps) return std::nullopt;
  std::vector<ir::Use> uses;
  for (const ir::Use& use : plan.uses) {
    if (use == link) continue;
    auto moved = use.consumer == link.producer ? relations.through(link, use) : std::optional(use);
    if (!moved) return std::nullopt;
    uses.push_back(std::move(*moved));
  }
  for (formats::ElementRange& range : plan.ranges) {
    if (range.node != link.producer) continue;
    auto moved = relations.through(link, range);
    if (!moved) return std::nullopt;
    range = std::move(*moved);
  }
  plan.uses = std::move(uses);
  plan.family(link.consumer).steps = std::move(*steps);
  plan.remove(link.producer);
  return plan;
}

bool fuse_one(ir::Plan& plan, const Context& context) {
  for (const ir::Use& use : plan.uses) {
    if (!may_fuse(plan, use, context.relations)) continue;
    const ir::Family &consumer = plan.family(use.consumer), &producer = plan.family(use.producer);
    const std::uint32_t first = consumer.steps.front().call.node;
    Remark remark{first,
                  "'" + consumer.steps.front().call.task + "' runs in one task with '" +
                      producer.call().task + "', the only one that it waits for, and which feeds no other",
                  producer.node};
    auto made = fused(plan, use, context.relations);
    auto ends = context.relations.reversed(use);
    if (!made || !ends) continue;
    context.changes.push_back({use.producer, formats::Change::Kind::fused, use.consumer, std::move(*ends)});
    context.remarks.push_back(std::move(remark));
    plan = std::move(*made);
    return true;
  }
  return false;
}

}  // namespace

ir::Plan fusion(ir::Plan plan, const Context& context) {
  while (fuse_one(plan, context)) {
  }
  return plan;
}

}  // namespace dflow::compiler::passes
