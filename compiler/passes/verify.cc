#include "compiler/passes/verify.h"

#include <algorithm>
#include <set>

namespace dflow::compiler::passes {
namespace {

using formats::Error;

std::string described(const ir::Plan& plan, const ir::Use& use) {
  return "argument " + std::to_string(use.argument) + " of '" + plan.family(use.consumer).call().task +
         "', from '" + plan.family(use.producer).call().task + "'";
}

const ir::Argument* argument_of(const ir::Family& family, std::uint32_t number) {
  for (const ir::Step& step : family.steps) {
    const std::size_t place = number - step.first_argument;
    if (number >= step.first_argument && place < step.call.arguments.size())
      return &step.call.arguments[place];
  }
  return nullptr;
}

formats::Result<void> check(const ir::Plan& plan, const ir::Use& use, const flow::Relations& relations) {
  const ir::Family *consumer = plan.find(use.consumer), *producer = plan.find(use.producer);
  if (consumer == nullptr || producer == nullptr) return Error{"a dependence leads out of the plan"};
  const ir::Argument* argument = argument_of(*consumer, use.argument);
  if (argument == nullptr || !argument->is_future || argument->type != producer->call().result)
    return Error{described(plan, use) + ", has another type"};
  if (!relations.within(use, *consumer, *producer))
    return Error{described(plan, use) + ", leads out of its family"};
  if (!relations.forward(use, *consumer, *producer))
    return Error{described(plan, use) + ", comes later than its reader"};
  for (const ir::Use& other : plan.uses) {
    const bool same = other.consumer == use.consumer && other.argument == use.argument && &other != &use;
    if (same && !relations.separate(use, other))
      return Error{described(plan, use) + ", comes from elsewhere as well"};
  }
  return {};
}

/// What a step feeds to the next one.
bool is_fed_well(const ir::Family& family) {
  for (std::size_t i = 0; i < family.steps.size(); ++i) {
    const ir::Step& step = family.steps[i];
    if (step.fed.has_value() != (i > 0)) return false;
    if (step.fed && (*step.fed >= step.call.arguments.size() ||
                     step.call.arguments[*step.fed].type != family.steps[i - 1].call.result))
      return false;
  }
  return true;
}

}  // namespace

formats::Result<void> verify(const ir::Plan& plan, const flow::Relations& relations) {
  std::set<std::uint32_t> nodes;
  for (const ir::Family& family : plan.families) {
    if (family.steps.empty() || family.node != family.call().node || !is_fed_well(family) || !nodes.insert(family.node).second)
      return Error{"family " + std::to_string(family.node) + " is not whole"};
  }
  for (const ir::Use& use : plan.uses)
    if (const auto checked = check(plan, use, relations); !checked) return checked;
  for (const ir::Returned& returned : plan.returned)
    for (const ir::Output& output : returned.outputs)
      if (plan.find(output.producer) == nullptr) return Error{"what is returned is not made"};
  return {};
}

}  // namespace dflow::compiler::passes
