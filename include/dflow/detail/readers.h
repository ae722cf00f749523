// Who reads and who takes a move-only result: it can be read by many, taken once, and not while somebody reads it.
#pragma once

#include <cstdint>
#include <utility>

#include <dflow/detail/node.h>
#include <dflow/future.h>

namespace dflow::inline v0::detail {

/// Counts a task that will read the value by const&; throws InvalidStateError if the value has been taken.
DFLOW_EXPORT void begin_reading(Node& node, Readers& readers);
/// The task is done with the value, or was never submitted.
DFLOW_EXPORT void end_reading(Readers& readers) noexcept;
/// Promises the value to the caller; throws InvalidStateError if it has been taken. Returns a node that ends once all
/// who read the value are done with it, null if nobody reads it now.
DFLOW_EXPORT NodeRef begin_taking(Node& node, Readers& readers);
/// Takes the promise back: the caller was refused, or did not want to wait.
DFLOW_EXPORT void cancel_taking(Node& node, Readers& readers) noexcept;

/// A task's right to a move-only result of another, or nothing.
class Claim {
 public:
  Claim() = default;
  static Claim to_read(Node& node, Readers& readers) {
    begin_reading(node, readers);
    return Claim(node, readers, true);
  }
  static Claim to_take(Node& node, Readers& readers) {
    NodeRef others = begin_taking(node, readers);
    Claim claim(node, readers, false);
    claim.others_ = Future<void>(std::move(others));
    return claim;
  }
  Claim(Claim&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)), readers_(other.readers_), reads_(other.reads_),
        others_(std::move(other.others_)) {}
  Claim& operator=(Claim other) noexcept {
    std::swap(node_, other.node_);
    std::swap(readers_, other.readers_);
    std::swap(reads_, other.reads_);
    std::swap(others_, other.others_);
    return *this;
  }
  ~Claim() {
    if (node_ && reads_) end_reading(*readers_);
  }

  /// The task was never submitted.
  void abandon() noexcept {
    if (node_ && !reads_) cancel_taking(*std::exchange(node_, nullptr), *readers_);
  }
  /// Shows what the task has to wait for beside the result itself.
  template <class Visitor>
  void visit(Visitor&& visitor) const {
    if (others_.valid()) visitor(others_);
  }

 private:
  Claim(Node& node, Readers& readers, bool reads) noexcept : node_(&node), readers_(&readers), reads_(reads) {}

  Node* node_ = nullptr;  ///< Alive as long as the future that was claimed.
  Readers* readers_ = nullptr;
  bool reads_ = false;
  Future<void> others_;
};

/// Claims a move-only result, to read or to take it.
template <bool Reads, class T>
Claim claim(const Future<T>& future) {
  auto* node = static_cast<Value<T>*>(node_of(future));
  if (!node) return Claim();  // refused in a moment, with a better message
  if constexpr (Reads) return Claim::to_read(*node, node->readers);
  else return Claim::to_take(*node, node->readers);
}

}  // namespace dflow::inline v0::detail
