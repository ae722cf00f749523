#include "compiler/ir/plan.h"

#include <algorithm>
#include <stdexcept>

namespace dflow::compiler::ir {

bool Family::pure() const {
  return std::ranges::all_of(steps, [](const Step& step) { return step.call.pure; });
}

const Family* Plan::find(std::uint32_t node) const {
  const auto found = std::ranges::find(families, node, &Family::node);
  return found == families.end() ? nullptr : &*found;
}

const Family& Plan::family(std::uint32_t node) const {
  const Family* found = find(node);
  if (found == nullptr)
    throw std::logic_error("the plan of '" + graph + "' has no family " + std::to_string(node));
  return *found;
}

Family& Plan::family(std::uint32_t node) {
  return const_cast<Family&>(std::as_const(*this).family(node));
}

bool Plan::is_returned(std::uint32_t node) const {
  return std::ranges::any_of(returned, [node](const Returned& each) {
    return std::ranges::find(each.outputs, node, &Output::producer) != each.outputs.end();
  });
}

std::vector<const Use*> Plan::readers_of(std::uint32_t node) const {
  std::vector<const Use*> found;
  for (const Use& use : uses)
    if (use.producer == node) found.push_back(&use);
  return found;
}

std::vector<const Use*> Plan::inputs_of(std::uint32_t node) const {
  std::vector<const Use*> found;
  for (const Use& use : uses)
    if (use.consumer == node) found.push_back(&use);
  return found;
}

void Plan::remove(std::uint32_t node) {
  std::erase_if(families, [node](const Family& each) { return each.node == node; });
  std::erase_if(uses, [node](const Use& each) { return each.consumer == node; });
  std::erase_if(ranges, [node](const formats::ElementRange& each) { return each.node == node; });
}

}  // namespace dflow::compiler::ir
