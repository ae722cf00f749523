// A future whose type is not told: for `TaskOptions::after` and other places that only wait.
#pragma once

#include <utility>

#include <dflow/detail/node.h>

namespace dflow::inline v0 {

/// A handle to some task's end. Made from any `Future<T>`; empty if made from an empty one.
class AnyFuture {
 public:
  AnyFuture() = default;
  explicit AnyFuture(detail::NodeRef node) noexcept : node_(std::move(node)) {}

  bool valid() const noexcept { return static_cast<bool>(node_); }
  bool done() const noexcept { return node_ && node_.get()->ended(); }

  friend bool operator==(const AnyFuture& a, const AnyFuture& b) noexcept {
    return a.node_.get() == b.node_.get();
  }

  detail::Node* node() const noexcept { return node_.get(); }  ///< For dflow itself.
  detail::NodeRef take_node() noexcept { return std::move(node_); }

 private:
  detail::NodeRef node_;
};

}  // namespace dflow::inline v0
