#include "runtime/local/recorder.h"

#include <algorithm>
#include <limits>

#include <dflow/detail/crossing.h>

#include "runtime/local/names.h"

namespace dflow::local {

namespace {

std::int64_t nanoseconds(detail::Clock::duration d) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
}

std::string program_path() {
  const std::string path = executable_path();
  return path.empty() ? "unknown" : path;
}

/// Of its bytes, as it would be sent; of a value that cannot be, its object's own.
std::uint64_t bytes_of_value(Node& node) {
  const detail::ValueForm* form = node.value_form();
  if (form == nullptr || form->write == nullptr) return node.value_size();
  try {
    Writer counter{Writer::CountOnly()};
    form->write(node, counter);
    return counter.size();
  } catch (...) {  // a Serialize that refuses this value: whoever sends it is told
    return node.value_size();
  }
}

}  // namespace

Recorder::Recorder(bool dry, std::uint64_t limit, void (*at_limit)(std::uint64_t))
    : dry_(dry), limit_(limit), at_limit_(at_limit), part_of_thread_(Threads::kMost) {
  graphs_.push_back({.name = "", .instance = 0, .parent = std::nullopt});  // what is outside of all graph functions
}

Recorder::Part& Recorder::part() {
  std::atomic<Part*>& mine = part_of_thread_[this_thread().index];
  if (Part* found = mine.load(std::memory_order_acquire)) return *found;
  const std::lock_guard lock(mutex_);
  Part* made = parts_.emplace_back(std::make_unique<Part>()).get();
  mine.store(made, std::memory_order_release);
  return *made;
}

std::uint32_t Recorder::callee_of(const Node& node) {
  Callee callee{};
  callee.type = &node.callable_type();
  callee.address = node.callable_address();
  if (!node.has(detail::kReturnAddress)) callee.site = static_cast<const detail::Site*>(node.where);
  Part& mine = part();
  if (const TaskOptions* options = options_of(node); options && !options->name.empty()) {
    const std::lock_guard lock(mutex_);
    const std::string& name = options->name;
    callee.given = &given_names_.emplace(name, name).first->second;
  }
  if (const auto found = mine.callees.find(callee); found != mine.callees.end()) return found->second;
  const std::lock_guard lock(mutex_);
  const auto [place, added] = callees_.emplace(callee, static_cast<std::uint32_t>(callee_list_.size()));
  if (added) callee_list_.push_back(callee);
  mine.callees.emplace(callee, place->second);
  return place->second;
}

std::uint32_t Recorder::graph_of(const Context& context) {
  if (context.coroutine) return context.coroutine->index;
  if (context.task && context.task->record != 0) {
    const std::lock_guard lock(mutex_);
    return graph_inside(context.task->record);
  }
  return context.graph ? context.graph->index : 0;
}

/// Of what this task submits. The lock is held.
std::uint32_t Recorder::graph_inside(std::uint64_t parent) {
  const auto [place, added] = task_graphs_.emplace(parent, static_cast<std::uint32_t>(graphs_.size()));
  if (added) graphs_.push_back({.name = "", .instance = 0, .parent = formats::TaskId{parent}});
  return place->second;
}

void Recorder::submitted(Node& node, const Context& context) {
  const std::uint64_t id = last_.fetch_add(1) + 1;
  if (limit_ != 0 && id > limit_) at_limit_(limit_);
  if (id > std::numeric_limits<std::uint32_t>::max()) return;  // no memory would hold a longer recording
  node.record = static_cast<std::uint32_t>(id);
  const std::uint32_t graph = graph_of(context);
  const std::uint32_t callee = callee_of(node);
  Part& mine = part();
  const std::lock_guard lock(mine.mutex);
  mine.submissions.push_back({id, graph, callee});
  for (std::uint32_t i = 0; i < node.edge_count; ++i) {
    const std::uint64_t producer = node.edges[i].producer->record;
    if (producer != 0) mine.edges.push_back({formats::TaskId{producer}, formats::TaskId{id}});
  }
}

void Recorder::ran(Node& node, detail::Clock::time_point start, detail::Clock::time_point end, bool has_value) {
  if (node.record == 0) return;
  const std::uint32_t callee = callee_of(node);
  const std::uint64_t bytes = has_value ? bytes_of_value(node) : 0;
  Part& mine = part();
  const std::lock_guard lock(mine.mutex);
  mine.events.push_back({.task = formats::TaskId{node.record},
                         .name = callee,
                         .start_ns = nanoseconds(start - start_),
                         .duration_ns = nanoseconds(end - start),
                         .process = 1,
                         .thread = static_cast<std::uint32_t>(this_thread().index),
                         .bytes = bytes});
}

const GraphInstance* Recorder::enter(const detail::GraphSite& site) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t instance = instances_[site.name]++;
  const auto index = static_cast<std::uint32_t>(graphs_.size());
  graphs_.push_back({.name = site.name, .instance = instance, .parent = std::nullopt});
  return entered_.emplace_back(std::make_unique<GraphInstance>(GraphInstance{&site, instance, 0, index})).get();
}

void Recorder::boundary(const detail::GraphSite* site, const std::string& file, int line, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  std::uint32_t graph = 0;
  for (const auto& entered : entered_) {
    if (site == nullptr || entered->site == site) graph = entered->index;
  }
  boundaries_.push_back({.graph = graph, .file = file, .line = line, .reason = reason});
}

formats::Recording Recorder::finish() {
  const std::lock_guard lock(mutex_);
  formats::Recording recording;
  recording.program = program_path();
  recording.dry = dry_;
  recording.graphs = graphs_;
  recording.boundaries = boundaries_;
  std::map<std::string, std::uint32_t> names;
  std::map<std::string, std::int32_t> files;
  struct Shown {
    std::uint32_t name;
    std::int32_t file;
    std::int32_t line;
  };
  std::vector<Shown> shown;
  for (const Callee& callee : callee_list_) {
    const std::string name =
        callee.given ? *callee.given : task_name(callee.site, *callee.type, callee.address);
    const auto [place, added] = names.emplace(name, static_cast<std::uint32_t>(recording.names.size()));
    if (added) recording.names.push_back(name);
    std::int32_t file = -1;
    if (callee.site) {
      const auto [f, new_file] = files.emplace(callee.site->file, static_cast<std::int32_t>(recording.files.size()));
      if (new_file) recording.files.emplace_back(callee.site->file);
      file = f->second;
    }
    shown.push_back({place->second, file, callee.site ? callee.site->line : 0});
  }
  for (const auto& part : parts_) {
    const std::lock_guard part_lock(part->mutex);
    for (const Submission& s : part->submissions) {
      const Shown& callee = shown[s.callee];
      recording.tasks.push_back({.id = formats::TaskId{s.id}, .graph = s.graph, .name = callee.name,
                                 .file = callee.file, .line = callee.line});
    }
    recording.edges.insert(recording.edges.end(), part->edges.begin(), part->edges.end());
    for (formats::RecordedEvent event : part->events) {
      event.name = shown[event.name].name;
      recording.events.push_back(event);
    }
  }
  finish_remote(recording, names, files);
  std::ranges::sort(recording.tasks, {}, &formats::RecordedTask::id);
  return recording;
}

}  // namespace dflow::local
