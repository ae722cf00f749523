#include "runtime/local/thread_state.h"

#include <mutex>
#include <stdexcept>
#include <vector>

namespace dflow::local {

namespace {
std::mutex registry_mutex;
std::vector<ThreadState*>& idle_states(bool workers) {
  static auto* states = new std::vector<ThreadState*>[2];
  return states[workers ? 1 : 0];
}
}  // namespace

Threads& threads_table() {
  static auto* all = new Threads;  // never destroyed: threads may outlive static destruction
  return *all;
}

// Trivial, so that reaching it needs no check whether it was made.
constinit static thread_local ThreadState* mine = nullptr;

/// A thread's hold on a state; gives it back when the thread ends.
struct Registration {
  ThreadState* state = nullptr;

  ~Registration() {
    if (!state) return;
    mine = nullptr;
    const std::lock_guard lock(registry_mutex);
    state->outside = {};
    state->context = &state->outside;
    state->worker = false;
    idle_states(state->owner_pops).push_back(state);
    state = nullptr;
  }

  void acquire(bool worker) {
    take(worker);
    mine = state;
  }

 private:
  void take(bool worker) {
    const std::lock_guard lock(registry_mutex);
    if (std::vector<ThreadState*>& idle = idle_states(worker); !idle.empty()) {
      state = idle.back();
      idle.pop_back();
      return;
    }
    Threads& all = threads_table();
    const std::size_t index = all.count_.load(std::memory_order_relaxed);
    if (index == Threads::kMost) throw std::runtime_error("dflow: more than 8,192 threads use dflow at once");
    state = new ThreadState(worker);
    state->index = index;
    state->random = 0x9E3779B97F4A7C15u * (index + 1);
    all.states_[index].store(state, std::memory_order_release);
    all.count_.store(index + 1, std::memory_order_release);
  }
};

static thread_local Registration registration;

// Not inlined: a compiler may keep a thread-local's address over a suspension, after which the thread is another.
[[gnu::noinline]] ThreadState& this_thread() {
  if (!mine) [[unlikely]] registration.acquire(false);
  asm volatile("");
  return *mine;
}

[[gnu::noinline]] ThreadState& this_worker() {
  if (!mine) registration.acquire(true);
  asm volatile("");
  return *mine;
}

}  // namespace dflow::local
