// What a launch hands to the caller of its graph function.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <typeinfo>

#include <dflow/detail/launch_family.h>
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

/// Some of the futures that a launch gives out: which of its outputs they are, by their subscripts in the result.
template <std::size_t D>
struct Outputs {
  Index first = 0;
  Box<D> box;

  /// Takes numbers from `next` on. Throws std::bad_alloc if they are too many.
  void place(const std::array<Index, D>& extents, Index& next) {
    box.extent = extents;
    first = next;
    next += static_cast<Index>(box.size());
  }
  template <class... I>
  Index at(I... subscripts) const {
    return first + static_cast<Index>(box.rank(subscripts...));
  }
};

/// The future of a call's result, which becomes that output: the caller's handle, beside the launch's.
template <class T>
Future<T> make_output(Launch& launch, const Site* site, Index number) {
  return Future<T>(launch.add_output(*LaunchedNode<T>::make(*launch.scope, site), number));
}

}  // namespace dflow::inline v0::detail
