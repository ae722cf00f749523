// ThreadSanitizer does not see how libtbb hands a task from thread to thread, so this file is built without it: a
// runner's context arrives as a plain value, and what it leads to goes through the runtime's own atomics and locks.
#include "runtime/local/workers.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include "runtime/local/sanitizers.h"
#include "runtime/local/thread_state.h"

namespace dflow::local {

namespace {

/// A suspended stack takes two memory maps of the 65,530 a process has by default.
constexpr int kMostSuspended = 10'000;

/// As many as an executor may ask for.
constexpr std::size_t kMostThreads = 1024;

/// Marks the arena's threads while they are inside.
class ArenaObserver final : public tbb::task_scheduler_observer {
 public:
  explicit ArenaObserver(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) { observe(true); }
  ~ArenaObserver() override { observe(false); }
  void on_scheduler_entry(bool) override { this_worker().worker = true; }
  void on_scheduler_exit(bool) override { this_thread().worker = false; }
};

}  // namespace

struct Workers::Impl {
  explicit Impl(std::size_t threads) : arena(static_cast<int>(threads), 0), observer((arena.initialize(), arena)) {}

  tbb::task_arena arena;
  ArenaObserver observer;
  std::atomic<int> suspended{0};

  /// One arena a number of threads, kept for later sessions and never destroyed. With an arena (and a limit) made and
  /// destroyed for each session, TBB 2021.8 now and then lost the first task enqueued in a new one: its threads looked
  /// for work, found none, and nobody told them of it.
  static Impl& of(std::size_t threads);
};

Workers::Impl& Workers::Impl::of(std::size_t threads) {
  struct Kept {
    // TBB counts the thread that called, which only waits here. The smallest limit alive counts, so there is one.
    tbb::global_control limit{tbb::global_control::max_allowed_parallelism, kMostThreads + 1};
    std::mutex mutex;
    std::map<std::size_t, std::unique_ptr<Impl>> all;
  };
  static auto* kept = new Kept;  // one pointer to all of it: leak checkers see that it is in use
  const std::lock_guard lock(kept->mutex);
  std::unique_ptr<Impl>& found = kept->all[threads];
  if (!found) found = std::make_unique<Impl>(threads);
  return *found;
}

Workers::Workers(std::size_t threads) : impl_(Impl::of(threads)) {}

void Workers::start(void (*runner)(void*), void* context) {
  // Isolated: a thread that waits inside a user's own parallel loop must not take another task of dflow's, whose wait
  // could then never end because the loop lies below it on the same stack.
  impl_.arena.enqueue([=] { tbb::this_task_arena::isolate([=] { runner(context); }); });
}

bool Workers::can_suspend() const noexcept {
  // Sanitizers do not follow stacks that change threads.
  if constexpr (kSanitized) return false;
  return this_thread().worker && impl_.suspended.load(std::memory_order_relaxed) < kMostSuspended;
}

void Workers::suspend(const std::function<void(void*)>& f) {
  impl_.suspended.fetch_add(1, std::memory_order_relaxed);
  tbb::task::suspend([&](tbb::task::suspend_point point) { f(point); });
  impl_.suspended.fetch_sub(1, std::memory_order_relaxed);
}

void Workers::resume(void* handle) noexcept {
  tbb::task::resume(static_cast<tbb::task::suspend_point>(handle));
}

}  // namespace dflow::local
