#include <dflow/detail/launch_limits.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include <dflow/errors.h>

#include "runtime/local/current.h"
#include "runtime/local/local_session.h"

namespace dflow::inline v0::detail {
namespace {

std::exception_ptr overdue(const TimedBody::Limit& limit) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(limit.ns));
  // As of a task that is a node (`describe`).
  return std::make_exception_ptr(TimeoutError(std::string(limit.site->task) + " submitted at " + limit.site->file + ":" +
                                              std::to_string(limit.site->line) + " (running) ran longer than its limit of " +
                                              std::to_string(ms.count()) + " ms"));
}

}  // namespace

/// Outlives the body's visit: the timers' thread may just be looking at it. Who wins may use the launch, which waits for the
/// task.
struct TimedBody::Race {
  bool win() noexcept { return !won.exchange(true, std::memory_order_acq_rel); }

  Launch& launch;
  TaskId id;
  Node* output;
  Limit limit;
  std::atomic<bool> won{false};
};

TimedBody::TimedBody(Launch& launch, TaskId id, Node* output, const Limit& limit)
    : race_(new Race{launch, id, output, limit}) {
  timer_ = local::active().local->engine().timers().add(Clock::now() + std::chrono::nanoseconds(limit.ns), [race = race_] {
    if (race->win()) race->launch.end_overdue(race->id, race->output, overdue(race->limit), race->limit.cancels);
  });
}

TimedBody::~TimedBody() { local::active().local->engine().timers().forget(timer_); }

bool TimedBody::is_over() const noexcept { return race_->won.load(std::memory_order_acquire); }

bool TimedBody::settle() noexcept { return race_->win(); }

}  // namespace dflow::inline v0::detail
