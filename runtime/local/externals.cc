#include "runtime/local/externals.h"

namespace dflow::local {

void Externals::add(detail::Node& node) {
  const std::lock_guard lock(mutex_);
  nodes_.insert(&node);
}

void Externals::remove(detail::Node& node) {
  const std::lock_guard lock(mutex_);
  nodes_.erase(&node);
}

std::vector<detail::NodeRef> Externals::waiting(const detail::Scope& scope) {
  std::vector<detail::NodeRef> found;
  const std::lock_guard lock(mutex_);
  for (detail::Node* node : nodes_) {
    // Others may put edges in front meanwhile; what follows the first one that we see does not change.
    const detail::Edge* edge = node->dependents.load(std::memory_order_acquire);
    for (; edge; edge = edge->next) {
      if (!edge->consumer || edge->consumer->ended() || edge->consumer->scope != &scope) continue;
      edge->consumer->retain();
      found.emplace_back(edge->consumer);
    }
  }
  return found;
}

}  // namespace dflow::local
