// Futures that a launch is given: among the parameters of its graph function, or of values that it scatters. Each is an
// instance of a family that runs nothing; when it has ended, its readers in the launch are told.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <dflow/detail/launch_family.h>
#include <dflow/detail/value.h>
#include <dflow/future.h>

namespace dflow::inline v0::detail {

/// The future at these subscripts; null if there is none.
template <class T>
const Future<T>* future_at(const Future<T>& future) {
  return &future;
}
template <class X, class... I>
auto future_at(const std::vector<X>& container, Index first, I... rest) -> decltype(future_at(container[0], rest...)) {
  if (first < 0 || static_cast<std::size_t>(first) >= container.size()) return nullptr;
  return future_at(container[static_cast<std::size_t>(first)], rest...);
}
template <class X, std::size_t N, class... I>
auto future_at(const std::array<X, N>& container, Index first, I... rest) -> decltype(future_at(container[0], rest...)) {
  if (first < 0 || static_cast<std::size_t>(first) >= N) return nullptr;
  return future_at(container[static_cast<std::size_t>(first)], rest...);
}

/// What was given, as its readers wait for it and hold it. Readers are counted before the launch starts.
class DFLOW_EXPORT GivenStore {
 public:
  GivenStore(const GivenStore&) = delete;
  GivenStore& operator=(const GivenStore&) = delete;

  Launch::Range all() const { return {base, end}; }
  /// Before the launch has ended: tells the readers of what has ended, and has the others told when it does.
  void watch(Launch& launch);
  /// It has ended: fails in the launch as it did outside.
  void arrived(TaskId id, Launch& launch);

  TaskId base = 0, end = 0;

 protected:
  struct Slot {
    Node* node = nullptr;  ///< With a reference, until the last reader is done.
    std::atomic<std::uint32_t> readers{0};
  };

  GivenStore() = default;
  ~GivenStore();
  /// Throws std::bad_alloc.
  void reserve(TaskId instances, TaskId& next);
  /// Takes a reference. False for what the launch cannot wait for.
  bool put(const Launch& launch, TaskId id, Node* node, std::uint32_t readers);
  Slot& slot(TaskId id) const { return slots_[id - base]; }

 private:
  std::unique_ptr<Slot[]> slots_;
};

/// As `Input`, of a value that may be one that was given.
template <class T>
class GivenInput : public Input<T> {
 public:
  GivenInput(const Input<T>& made) : Input<T>(made) {}  // NOLINT: either is an input
  GivenInput(Stored<T>* value, std::atomic<std::uint32_t>* readers, TaskId id, Node** node)
      : Input<T>{value, readers, id}, node_(node) {}

  /// Moved by the last reader if nobody outside has it either.
  Stored<T> by_value() const {
    if (!node_) return Input<T>::by_value();
    const bool is_last = this->readers->load(std::memory_order_acquire) == 1 && (*node_)->sole_reader();
    return is_last ? std::move(*this->value) : *this->value;
  }
  void release(Work& work) const {
    if (!node_) return Input<T>::release(work);
    if (this->readers->fetch_sub(1, std::memory_order_acq_rel) == 1) std::exchange(*node_, nullptr)->release();
  }

 private:
  Node** node_ = nullptr;
};

template <std::size_t D, class T>
class GivenFamily : public GivenStore {
 public:
  void reserve(const Box<D>& indices, TaskId& next) {
    box = indices;
    GivenStore::reserve(box.size(), next);
  }
  template <class... I>
  TaskId id(I... indices) const {
    return base + box.rank(indices...);
  }
  std::array<Index, D> indices(TaskId id) const { return box.indices(id - base); }

  bool put(const Launch& launch, TaskId id, const Future<T>* future, std::uint32_t readers) {
    return GivenStore::put(launch, id, future ? node_of(*future) : nullptr, readers);
  }
  GivenInput<T> input(TaskId id) const {
    Slot& given = slot(id);
    return {std::addressof(static_cast<Value<T>&>(*given.node).value()), &given.readers, id, &given.node};
  }
  /// Another handle to it.
  Future<T> future(TaskId id) const {
    slot(id).node->retain();
    return Future<T>(NodeRef(slot(id).node));
  }

  Box<D> box;
};

}  // namespace dflow::inline v0::detail
