// What each thread that submits or runs tasks has of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <typeinfo>

#include <dflow/detail/session.h>

#include "runtime/local/deque.h"

namespace dflow::local {

using detail::Scope;
struct GraphInstance;
}  // namespace dflow::local
namespace dflow::inline v0::detail {
class Work;
}
namespace dflow::local {

/// What code on this stack will run when it comes back to it. Given away when it waits: what it waits for may depend on
/// that.
struct Held {
  Node* chunk = nullptr;         ///< The rest of a chunk, set aside while a body runs another.
  detail::Work* work = nullptr;  ///< A visit to a launch, with roots that are its next.
  Held* outer = nullptr;
};

/// What code on this stack is part of. Lies on the stack it tells of, and so moves with it when a task that waited goes
/// on on another thread.
struct Context {
  Node* task = nullptr;               ///< The task that runs, null outside of tasks.
  Scope* scope = nullptr;             ///< Through which it was submitted.
  const GraphInstance* graph = nullptr;  ///< The call of a graph function, while something records.
  const GraphInstance* coroutine = nullptr;  ///< The same of one that is a coroutine, while that runs; before all else.
  Held* held = nullptr;
  const char* stack_base = nullptr;   ///< Where this stack was when its worker started; null on foreign threads.
};

struct alignas(64) ThreadState {
  explicit ThreadState(bool pops) : owner_pops(pops) {}

  Deque deque;
  std::size_t index = 0;  ///< Place in the table of all threads.
  /// Fixed for the state's life: whether its threads take from the bottom of their own deque. Workers do.
  const bool owner_pops;
  Context outside;               ///< Of code that no runner has called.
  Context* context = &outside;
  std::atomic<Node*> rest{nullptr};  ///< Of the chunk that runs here; idle threads may take it.
  /// Stands in `rest` while its thread goes from one task of a chunk to the next: there is more, look again.
  static Node* between() noexcept { return reinterpret_cast<Node*>(std::uintptr_t{1}); }
  bool worker = false;  ///< One of the arena's threads.
  std::uint64_t random = 0;
  /// For the report: what runs here now.
  std::atomic<const void*> shown_where{nullptr};
  std::atomic<const std::type_info*> shown_type{nullptr};
  std::atomic<bool> shown_address{false};
};

/// This thread's state, made at the first call. Call it anew after anything that may suspend: the thread may be another.
ThreadState& this_thread();
/// The same for a thread that runs tasks, to be called before anything else of dflow on it.
ThreadState& this_worker();

/// All states ever in use; those of ended threads are given to new ones, with what is left in their deques.
class Threads {
 public:
  static constexpr std::size_t kMost = 8192;
  std::size_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  ThreadState* at(std::size_t i) const noexcept { return states_[i].load(std::memory_order_acquire); }

 private:
  friend struct Registration;
  std::array<std::atomic<ThreadState*>, kMost> states_{};
  std::atomic<std::size_t> count_{0};
};
Threads& threads_table();

}  // namespace dflow::local
