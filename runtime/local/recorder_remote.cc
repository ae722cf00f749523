// The part of a trace that tells of other processes.

#include <algorithm>
#include <limits>

#include "runtime/local/local_session.h"
#include "runtime/local/names.h"
#include "runtime/local/recorder.h"

namespace dflow::inline v0::detail {

TaskLine line_of(const Node& node) {
  const auto* site = local::site_of(node);
  TaskLine line;
  const TaskOptions* options = options_of(node);
  if (options && !options->name.empty()) line.name = options->name;
  else line.name = local::task_name(site, node.callable_type(), node.callable_address());
  if (site) {
    line.file = site->file;
    line.line = site->line;
  }
  return line;
}

std::uint64_t trace_submitted(std::uint64_t parent, const TaskLine& line, const std::vector<std::uint64_t>& producers) {
  local::Recorder* recorder = local::active().recorder;
  return recorder ? recorder->submitted_elsewhere(parent, line, producers) : 0;
}

void trace_ran(std::uint64_t task, const RemoteRun& run) {
  if (local::Recorder* recorder = local::active().recorder) recorder->ran_elsewhere(task, run);
}

}  // namespace dflow::inline v0::detail

namespace dflow::local {

namespace {

/// Of this program itself.
constexpr std::uint32_t kOwnProcess = 1;

}  // namespace

std::uint64_t Recorder::submitted_elsewhere(std::uint64_t parent, const detail::TaskLine& line,
                                            const std::vector<std::uint64_t>& producers) {
  const std::uint64_t id = last_.fetch_add(1) + 1;
  if (id > std::numeric_limits<std::uint32_t>::max()) return 0;
  const std::lock_guard lock(mutex_);
  remote_tasks_.push_back({.id = id, .graph = graph_inside(parent), .line = line});
  for (const std::uint64_t producer : producers) {
    if (producer != 0) remote_edges_.push_back({formats::TaskId{producer}, formats::TaskId{id}});
  }
  return id;
}

void Recorder::ran_elsewhere(std::uint64_t task, const detail::RemoteRun& run) {
  if (task == 0) return;
  const std::lock_guard lock(mutex_);
  const auto next = static_cast<std::uint32_t>(kOwnProcess + 1 + processes_.size());
  const std::uint32_t process = processes_.emplace(run.worker, next).first->second;
  const auto start = std::chrono::duration_cast<std::chrono::nanoseconds>(run.start - system_start_);
  remote_events_.push_back({.task = formats::TaskId{task},
                            .start_ns = std::max<std::int64_t>(start.count(), 0),
                            .duration_ns = std::max<std::int64_t>(run.duration.count(), 0),
                            .process = process,
                            .thread = run.thread,
                            .bytes = run.bytes});
}

void Recorder::finish_remote(formats::Recording& recording, std::map<std::string, std::uint32_t>& names,
                             std::map<std::string, std::int32_t>& files) {
  for (const RemoteTask& task : remote_tasks_) {
    const auto [name, new_name] = names.emplace(task.line.name, static_cast<std::uint32_t>(recording.names.size()));
    if (new_name) recording.names.push_back(task.line.name);
    std::int32_t file = -1;
    if (!task.line.file.empty()) {
      const auto [place, new_file] = files.emplace(task.line.file, static_cast<std::int32_t>(recording.files.size()));
      if (new_file) recording.files.push_back(task.line.file);
      file = place->second;
    }
    recording.tasks.push_back({.id = formats::TaskId{task.id},
                               .graph = task.graph,
                               .name = name->second,
                               .file = file,
                               .line = task.line.line});
  }
  recording.edges.insert(recording.edges.end(), remote_edges_.begin(), remote_edges_.end());
  std::map<formats::TaskId, std::uint32_t> name_of;
  for (const formats::RecordedTask& task : recording.tasks) {
    if (!remote_events_.empty()) name_of[task.id] = task.name;
  }
  for (formats::RecordedEvent event : remote_events_) {
    event.name = name_of[event.task];
    recording.events.push_back(event);
  }
  if (processes_.empty()) return;
  recording.processes.push_back({.process = kOwnProcess, .name = "client"});
  for (const auto& [name, process] : processes_) recording.processes.push_back({.process = process, .name = name});
  std::ranges::sort(recording.processes, {}, &formats::RecordedProcess::process);
}

}  // namespace dflow::local
