// Runners that sleep until there is work.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace dflow::local {

/// A runner without work could give its thread back to TBB, but TBB's threads look for work for half a millisecond before they
/// sleep, yielding to each other: on a busy machine that takes a processor from those who would bring some.
class IdleRunners {
 public:
  /// Sleeps until `wake_one` chooses this runner, then true; false at once if `look` sees work, and else after `most`.
  /// `look` is called after the runner can be chosen, so that whoever brings work and finds nobody asleep is seen by it.
  template <class Look>
  bool sleep(std::chrono::milliseconds most, Look look) {
    std::unique_lock lock(mutex_);
    asleep_.fetch_add(1, std::memory_order_seq_cst);
    if (!closed_ && !look() && changed_.wait_for(lock, most, [&] { return woken_ > 0 || closed_; }) && woken_ > 0) {
      --woken_;
      return true;
    }
    asleep_.fetch_sub(1, std::memory_order_seq_cst);
    return false;
  }

  /// Wakes one that sleeps, after `before`; false if there is none.
  template <class Before>
  bool wake_one(Before before) {
    if (asleep_.load(std::memory_order_seq_cst) == 0) return false;
    {
      const std::lock_guard lock(mutex_);
      if (asleep_.load(std::memory_order_relaxed) == 0) return false;
      asleep_.fetch_sub(1, std::memory_order_seq_cst);
      ++woken_;
      before();
    }
    changed_.notify_one();
    return true;
  }

  /// Wakes all, without work; from now on none sleeps.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  int asleep() const noexcept { return asleep_.load(std::memory_order_seq_cst); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int> asleep_{0};
  int woken_ = 0;  ///< Chosen, and not awake yet.
  bool closed_ = false;
};

}  // namespace dflow::local
