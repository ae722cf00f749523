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
  if (const Family* family = find(node); family != nullptr && family->given) return true;
  return std::ranges::any_of(returned, [node](const Returned& each) {
    return std::ranges::find(each.outputs, node, &Output::producer) != each.outputs.end();
  });
}

}  // namespace dflow::compiler::ir
