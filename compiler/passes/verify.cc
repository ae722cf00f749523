#include "compiler/passes/verify.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace dflow::compiler::passes {
namespace {

using formats::Error;

std::string described(const ir::Use& use, const ir::Family& consumer, const ir::Family& producer) {
  return "argument " + std::to_string(use.argument) + " of '" + consumer.call().task + "', from '" +
         producer.call().task + "'";
}

const ir::Argument* argument_of(const ir::Family& family, std::uint32_t number) {
  for (const ir::Step& step : family.steps) {
    const std::size_t place = number - step.first_argument;
    if (number >= step.first_argument && place < step.call.arguments.size())
      return &step.call.arguments[place];
  }
  return nullptr;
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

bool is_whole(const ir::Family& family) {
  return !family.steps.empty() && family.node == family.call().node && is_fed_well(family);
}

}  // namespace

formats::Result<void> Verifier::check(const ir::Use& use, const ir::Family& consumer,
                                      const ir::Family& producer) {
  const ir::Argument* argument = argument_of(consumer, use.argument);
  if (argument == nullptr || !argument->is_future || argument->type != producer.call().result)
    return Error{described(use, consumer, producer) + ", has another type"};
  std::string about = use.relation;
  for (const std::string* text : {&consumer.domain, &consumer.order, &producer.domain, &producer.order})
    about += '\n' + *text;
  if (proved_.contains(about)) return {};
  if (!relations_.within(use, consumer, producer))
    return Error{described(use, consumer, producer) + ", leads out of its family"};
  if (!relations_.forward(use, consumer, producer))
    return Error{described(use, consumer, producer) + ", comes later than its reader"};
  proved_.insert(std::move(about));
  return {};
}

formats::Result<void> Verifier::verify(const ir::Plan& plan) {
  std::unordered_map<std::uint32_t, const ir::Family*> families;
  for (const ir::Family& family : plan.families)
    if (!is_whole(family) || !families.emplace(family.node, &family).second)
      return Error{"family " + std::to_string(family.node) + " is not whole"};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const ir::Use*>> arguments;
  for (const ir::Use& use : plan.uses) {
    const auto consumer = families.find(use.consumer), producer = families.find(use.producer);
    if (consumer == families.end() || producer == families.end())
      return Error{"a dependence leads out of the plan"};
    if (const auto checked = check(use, *consumer->second, *producer->second); !checked) return checked;
    auto& others = arguments[{use.consumer, use.argument}];
    for (const ir::Use* other : others)
      if (!relations_.separate(use, *other))
        return Error{described(use, *consumer->second, *producer->second) + ", comes from elsewhere as well"};
    others.push_back(&use);
  }
  for (const ir::Returned& returned : plan.returned)
    for (const ir::Output& output : returned.outputs)
      if (!families.contains(output.producer)) return Error{"what is returned is not made"};
  return {};
}

}  // namespace dflow::compiler::passes
