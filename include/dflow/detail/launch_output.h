// What a launch hands to the caller of its graph function.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <typeinfo>
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

/// Where the value of an output of that type lies.
template <class T>
Stored<T>* launched_value(Node& output) noexcept {
  return std::addressof(static_cast<LaunchedNode<T>&>(output).value());
}

/// The future of a call's result: the caller's handle, beside the launch's.
template <class T>
Future<T> make_output(Launch& launch, const Site* site) {
  return Future<T>(launch.add_output(*LaunchedNode<T>::make(*launch.scope, site)));
}
template <class T>
std::vector<Future<T>> make_outputs(Launch& launch, const Site* site, Index count) {
  launch.outputs.reserve(static_cast<std::size_t>(count));
  std::vector<Future<T>> futures;
  futures.reserve(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) futures.push_back(make_output<T>(launch, site));
  return futures;
}

}  // namespace dflow::inline v0::detail
