// What `Executor::run_on_workers` asked for.

#include <thread>
#include <utility>

#include <dflow/detail/launch.h>
#include <dflow/errors.h>

#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/worker_process.h"
#include "runtime/local/output.h"

namespace dflow::cluster {

namespace {

/// It goes through the scheduler, which tells others nothing meanwhile.
constexpr std::size_t kMostOfOne = 1 << 20;

std::string result_of(Node& ended, const std::string& worker) {
  ValueBytes value = write_value(ended);
  if (value.writer.size() > kMostOfOne) {
    throw Error("dflow: what run_on_workers() is to bring from " + worker + " takes " + std::to_string(value.writer.size() >> 10) +
                " KiB, and 1024 are brought: what is large is the result of a task (TaskOptions::workers says where it runs)");
  }
  const std::vector<std::byte> bytes = value.writer.take();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

/// On a thread of its own: it does not wait for bodies that run, however long, and nobody waits for it.
void WorkerProcess::start_call(Call order) {
  std::thread([this, order = std::move(order)] {
    CallDone done = call(order);
    local::flush_output();
    tell_scheduler(std::move(done));
  }).detach();  // the process ends under it
}

CallDone WorkerProcess::call(const Call& order) {
  CallDone done{.number = order.number};
  try {
    const NodeRef task = read_alone(order.task, "run_on_workers()");
    Node& node = *task.get();
    if (const std::exception_ptr error = detail::run_apart(detail::scope_of(*executor_), node)) std::rethrow_exception(error);
    done.value = result_of(node, settings_.name);
  } catch (...) {
    done.exception = write_exception(std::current_exception(), settings_.name);
  }
  return done;
}

}  // namespace dflow::cluster
