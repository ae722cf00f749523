// What a trace tells of tasks that run elsewhere.

#include <utility>

#include <dflow/detail/trace.h>

#include "runtime/cluster/client_session.h"

namespace dflow::cluster {

using detail::Node;

/// A task of this process's has got its name; the lock is held.
void ClientSession::note_record(core::TaskId id, const Node& node) {
  if (options_.trace && node.record != 0) traced_[id].record = node.record;
}

/// What a trace will tell of a task that a body in this worker submits; its name is not known yet.
std::optional<TracedTask> ClientSession::traced_line(const core::TaskSpec& task, const Node& node) const {
  if (!options_.traced || !task.inside || !options_.traced()) return std::nullopt;
  const detail::TaskLine line = detail::line_of(node);
  return TracedTask{.name = line.name, .file = line.file, .line = line.line, .inputs = task.inputs.items()};
}

/// A task's submitter ends, and with that tells of it, after the task itself if it waited for that.
void ClientSession::on(Traced& message) {
  const std::lock_guard lock(mutex_);
  if (traced_.contains(message.id)) record(message);
  else early_traced_[message.id].push_back(std::move(message));
}

void ClientSession::record(const Traced& message) {
  TracedNode& node = traced_.at(message.id);
  const std::uint64_t record_of_task = node.record;
  // What a lost value is computed again with is no part of the graph.
  const bool again = std::exchange(node.returned, node.returned || message.returned);
  detail::trace_ran(record_of_task, {.worker = message.worker,
                                     .start = std::chrono::system_clock::time_point(
                                         std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                             std::chrono::nanoseconds(message.start))),
                                     .duration = std::chrono::nanoseconds(message.duration),
                                     .thread = message.thread,
                                     .bytes = message.bytes});
  if (again) return;
  for (const TracedTask& task : message.submitted) {
    std::vector<std::uint64_t> producers;
    for (const core::TaskId input : task.inputs) {
      if (const auto producer = traced_.find(input); producer != traced_.end()) producers.push_back(producer->second.record);
    }
    traced_[task.id].record = detail::trace_submitted(record_of_task, {task.name, task.file, task.line}, producers);
  }
  for (const TracedTask& task : message.submitted) {
    const auto early = early_traced_.extract(task.id);
    if (!early) continue;
    for (const Traced& each : early.mapped()) record(each);
  }
}

}  // namespace dflow::cluster
