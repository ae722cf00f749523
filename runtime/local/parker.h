// Blocking of one waiter, thread or task.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <dflow/detail/session.h>

namespace dflow::local {

class Engine;

/// Like a binary semaphore with one waiter: `park` returns after `unpark`, whichever came first. Inside a task it
/// gives the thread away to other tasks and may return on another thread. One use only.
class Parker {
 public:
  explicit Parker(Engine& engine) : engine_(engine) {}
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  /// False if the deadline came first.
  bool park(detail::Deadline deadline);
  void unpark() noexcept;

 private:
  enum Phase : int { kIdle, kParked, kNotified };

  bool park_thread(detail::Deadline deadline);
  void park_task();

  Engine& engine_;
  std::atomic<int> phase_{kIdle};
  std::atomic<bool> timed_out_{false};
  void* suspended_ = nullptr;
  std::mutex mutex_;
  std::condition_variable woken_;
};

}  // namespace dflow::local
