#include "runtime/local/parker.h"

#include "runtime/local/engine.h"
#include "runtime/local/local_session.h"

namespace dflow::local {

namespace {

/// A cluster's scheduler gives the worker something else to do while a task waits.
class Blocked {
 public:
  Blocked() : task_(active().travels ? this_thread().context->task : nullptr) {
    if (task_) active().session->blocked(*task_);
  }
  ~Blocked() {
    if (task_) active().session->unblocked(*task_);
  }
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;

 private:
  Node* task_;
};

}  // namespace

bool Parker::park(detail::Deadline deadline) {
  if (this_thread().context->held) engine_.release_held();
  const Blocked blocked;
  if (!engine_.workers().can_suspend()) return park_thread(deadline);
  std::uint64_t timer = 0;
  if (deadline) {
    timer = engine_.timers().add(*deadline, [this] {
      timed_out_.store(true);
      unpark();
    });
  }
  park_task();
  // After this the timer's action does not touch us any more; if it came first, that is what woke us, or nearly so.
  if (timer) engine_.timers().cancel(timer);
  return !timed_out_.load();
}

void Parker::unpark() noexcept {
  const int before = phase_.exchange(kNotified, std::memory_order_acq_rel);
  if (before == kNotified) return;
  if (before == kParked && suspended_) {
    engine_.resume_requested();
    engine_.workers().resume(suspended_);
    return;
  }
  if (before == kParked) {
    const std::lock_guard lock(mutex_);
    woken_.notify_one();
  }
}

bool Parker::park_thread(detail::Deadline deadline) {
  // A wake-up costs some 30 us: look for a moment whether the answer is about to come.
  for (int i = 0; i < 200; ++i) {
    if (phase_.load(std::memory_order_acquire) == kNotified) return true;
    __builtin_ia32_pause();
  }
  const Substitute substitute(engine_);
  bool notified = true;
  {
    std::unique_lock lock(mutex_);
    int idle = kIdle;
    phase_.compare_exchange_strong(idle, kParked, std::memory_order_acq_rel);
    const auto told = [&] { return phase_.load(std::memory_order_acquire) == kNotified; };
    if (deadline) notified = woken_.wait_until(lock, *deadline, told);
    else woken_.wait(lock, told);
  }
  return notified;
}

void Parker::park_task() {
  if (phase_.load(std::memory_order_acquire) == kNotified) return;
  Context* const mine = this_thread().context;
  engine_.runner_suspended();
  engine_.workers().suspend([this](void* handle) {
    this_thread().context = &this_thread().outside;
    suspended_ = handle;
    int idle = kIdle;
    if (!phase_.compare_exchange_strong(idle, kParked, std::memory_order_acq_rel)) {
      engine_.resume_requested();
      engine_.workers().resume(handle);  // told meanwhile
    }
  });
  engine_.runner_resumed();
  this_thread().context = mine;
}

}  // namespace dflow::local
