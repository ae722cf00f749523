// The promises that have no outcome yet.
#pragma once

#include <mutex>
#include <unordered_set>
#include <vector>

#include <dflow/detail/session.h>

namespace dflow::local {

/// Nodes that end from outside. No queue knows of the tasks that wait for them, so whoever cancels all tasks of an
/// executor finds those here. Thread-safe.
class Externals {
 public:
  void add(detail::Node& node);
  /// To be called before the node's list of dependents is closed: until then the tasks on it are alive.
  void remove(detail::Node& node);
  /// The tasks of the scope that wait for one of the nodes.
  std::vector<detail::NodeRef> waiting(const detail::Scope& scope);

 private:
  std::mutex mutex_;
  std::unordered_set<detail::Node*> nodes_;
};

}  // namespace dflow::local
