// What a launch hands to the caller of its graph function.
#pragma once

#include <cstddef>
#include <new>
#include <typeinfo>
#include <utility>
#include <vector>

#include <dflow/detail/launch_work.h>
#include <dflow/detail/value.h>
#include <dflow/future.h>

namespace dflow::inline v0::detail {

/// A future that a launch gives out.
template <class T>
class LaunchedNode final : public Value<T> {
 public:
  static LaunchedNode* make(Scope& scope, const Site* site) {
    auto* node = ::new (allocate(sizeof(LaunchedNode))) LaunchedNode();
    node->scope = &scope;
    node->session_id = scope.session_id;
    node->where = site;
    return node;
  }
  void run() override {}
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(LaunchedNode); }
  void destroy() noexcept override {
    this->~LaunchedNode();
    deallocate(this, sizeof(LaunchedNode));
  }

 private:
  LaunchedNode() { this->traits |= kExternal; }
};

/// The futures of a call's results: the caller's handles and the launch's.
template <class T>
std::vector<Future<T>> make_outputs(Scope& scope, const Site* site, Index count, std::vector<NodeRef>& outputs) {
  std::vector<Future<T>> futures;
  futures.reserve(static_cast<std::size_t>(count));
  outputs.reserve(static_cast<std::size_t>(count));
  try {
    for (Index i = 0; i < count; ++i) {
      NodeRef node(LaunchedNode<T>::make(scope, site));
      outputs.push_back(node);
      futures.push_back(Future<T>(std::move(node)));
    }
  } catch (...) {
    for (const NodeRef& node : outputs) node.get()->release_from_runtime();
    throw;
  }
  return futures;
}

}  // namespace dflow::inline v0::detail
