// What a worker tells for a client's trace.

#include "runtime/cluster/worker_process.h"

namespace dflow::cluster {

namespace {

/// This thread's number, from 0 in the order in which threads ran their first body.
std::uint32_t thread_number() {
  static std::atomic<std::uint32_t> count{0};
  thread_local const std::uint32_t number = count++;
  return number;
}

std::int64_t nanoseconds(auto duration) { return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count(); }

}  // namespace

void WorkerProcess::note_submitted(core::TaskId outer, TracedTask task) {
  const std::lock_guard lock(mutex_);
  submitted_[outer].push_back(std::move(task));
}

/// The body has ended; the lock is held.
void WorkerProcess::trace(const Name& name, const Body& body, const core::WorkerEvent& end) {
  const auto* returned = std::get_if<core::BodyReturned>(&end);
  const auto now = core::Time(std::chrono::steady_clock::now().time_since_epoch());
  const core::Duration duration = returned ? returned->run_time : now - body.started;
  Traced traced{.id = name.first,
                .start = nanoseconds(std::chrono::system_clock::now().time_since_epoch() - (now - body.started)),
                .duration = nanoseconds(duration),
                .thread = thread_number(),
                .bytes = returned ? returned->bytes : 0,
                .returned = returned != nullptr};
  if (const auto inner = submitted_.extract(name.first)) traced.submitted = std::move(inner.mapped());
  scheduler_->send(core::encode(FromWorker(std::move(traced))));
}

}  // namespace dflow::cluster
