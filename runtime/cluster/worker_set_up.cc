// What `Executor::on_worker` asked for.

#include <cstdlib>
#include <iostream>

#include <dflow/detail/launch.h>
#include <dflow/errors.h>

#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/worker_process.h"
#include "runtime/local/output.h"

namespace dflow::cluster {

namespace {

using dflow::detail::State;

std::string what_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

/// What `call` asks for, and no task.
detail::NodeRef WorkerProcess::read_alone(const std::string& bytes, const std::string& call) {
  detail::NodeRef task(read_task(bytes, [&](std::uint32_t, const detail::ValueForm&) -> detail::NodeRef {
    throw SerializeError("dflow: " + call + " takes no futures");
  }));
  if (task.get()->has(detail::kTakesStopToken)) task.get()->make_extras().stop = std::stop_source();
  return task;
}

/// From a thread that knows nothing of the connection, which may be another one by then.
void WorkerProcess::tell_scheduler(FromWorker message) {
  const std::lock_guard lock(mutex_);
  scheduler_->send(core::encode(message));
}

/// On a thread of its own: bodies that run may keep all of the engine's for long, and what the scheduler says must be
/// heard meanwhile.
void WorkerProcess::start_set_up(SetUp order) {
  std::thread([this, order = std::move(order)] { set_up(order); }).detach();  // the process ends under it
}

void WorkerProcess::set_up(const SetUp& order) {
  std::exception_ptr error;
  try {
    const detail::NodeRef task = read_alone(order.task, "on_worker()");
    Node& node = *task.get();
    detail::run_here(detail::scope_of(*executor_), node);
    detail::wait_until(&node, std::nullopt);
    if (node.state() != State::done) error = node.error();
  } catch (...) {
    error = std::current_exception();
  }
  local::flush_output();
  if (error && order.required) {
    std::cerr << "dflow: what on_worker() asked for failed in " << settings_.name << ": " << what_of(error) << std::endl;
    std::_Exit(1);
  }
  tell_scheduler(SetUpDone{order.number, error ? write_exception(error, settings_.name) : ""});
}

}  // namespace dflow::cluster
