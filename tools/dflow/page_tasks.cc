#include <algorithm>
#include <set>
#include <unordered_map>

#include "tools/dflow/critical_path.h"
#include "tools/dflow/page.h"
#include "tools/dflow/readable.h"
#include "tools/dflow/render.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using formats::LabelledEdge;
using formats::LabelledGraph;
using formats::LabelledGraphs;
using formats::RecordedEvent;
using formats::RecordedTask;
using formats::Recording;

/// What a recording says of its tasks: where they were submitted, and their executions (several, where one
/// was tried again).
class Recorded {
 public:
  explicit Recorded(const Recording* recording) : recording_(recording) {
    if (recording_ == nullptr) return;
    for (const RecordedEvent& event : recording_->events) events_[event.task].push_back(&event);
  }

  const std::vector<const RecordedEvent*>& events_of(const LabelledGraph& graph, std::size_t task) const {
    static const std::vector<const RecordedEvent*> kNone;
    const auto found = recording_ == nullptr ? events_.end() : events_.find(task_at(graph, task).id);
    return found == events_.end() ? kNone : found->second;
  }

  std::string source_of(const LabelledGraph& graph, std::size_t task) const {
    if (recording_ == nullptr) return "";
    const RecordedTask& recorded = task_at(graph, task);
    if (recorded.file < 0) return "";
    return text(
        {recording_->files[static_cast<std::size_t>(recorded.file)], ":", std::to_string(recorded.line)});
  }

 private:
  const RecordedTask& task_at(const LabelledGraph& graph, std::size_t task) const {
    return recording_->tasks[graph.recorded[task]];
  }

  const Recording* recording_;
  std::unordered_map<formats::TaskId, std::vector<const RecordedEvent*>> events_;
};

/// A count of some thing, in words: "1 task", "5 tasks".
std::string counted(std::size_t count, std::string_view thing) {
  return text({std::to_string(count), " ", thing, count == 1 ? "" : "s"});
}

class TaskPicture {
 public:
  TaskPicture(const LabelledGraphs& all, const LabelledGraph& graph, const Recorded& recorded)
      : all_(all), graph_(graph), recorded_(recorded) {}

  Picture draw() {
    picture_.title = title_of(graph_);
    for (std::size_t task = 0; task < graph_.tasks.size(); ++task) add_task(task);
    for (const LabelledEdge& edge : graph_.edges) picture_.edges.push_back({edge});
    if (picture_.timed) add_times();
    add_external_edges();
    for (const auto& boundary : graph_.boundaries) add_boundary(boundary);
    return std::move(picture_);
  }

 private:
  void add_task(std::size_t task) {
    const formats::Label label = graph_.tasks[task];
    PictureNode node{.label = all_.text(label), .look = NodeLook::task, .colour = label.name, .details = {}};
    if (std::string source = recorded_.source_of(graph_, task); !source.empty())
      node.details.emplace_back("source", std::move(source));
    add_executions(node, recorded_.events_of(graph_, task));
    picture_.nodes.push_back(std::move(node));
  }

  void add_executions(PictureNode& node, const std::vector<const RecordedEvent*>& events) {
    for (const RecordedEvent* event : events) {
      const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(event->duration_ns, 0));
      node.ns += ns;
      threads_.emplace(event->process, event->thread);
      first_ns_ = picture_.timed ? std::min(first_ns_, event->start_ns) : event->start_ns;
      last_ns_ = std::max(last_ns_, event->start_ns + event->duration_ns);
      picture_.timed = true;
      node.details.emplace_back("took", readable_time(ns));
      node.details.emplace_back(
          "started at",
          readable_time(static_cast<std::uint64_t>(std::max<std::int64_t>(event->start_ns, 0))));
      node.details.emplace_back("on", text({"thread ", std::to_string(event->thread), " of process ",
                                            std::to_string(event->process)}));
    }
    if (!events.empty()) node.details.emplace_back("result", readable_size(events.back()->bytes));
    work_ns_ += node.ns;
  }

  void add_times() {
    std::vector<std::uint64_t> ns;
    for (const PictureNode& node : picture_.nodes) ns.push_back(node.ns);
    const CriticalPath path = critical_path(Digraph(graph_.tasks.size(), graph_.edges), ns);
    picture_.critical_path = path.tasks;
    const auto elapsed = static_cast<std::uint64_t>(std::max<std::int64_t>(last_ns_ - first_ns_, 0));
    picture_.facts.emplace_back("from first to last", readable_time(elapsed));
    picture_.facts.emplace_back("work",
                                text({readable_time(work_ns_), " on ", counted(threads_.size(), "thread")}));
    picture_.facts.emplace_back("critical path",
                                text({readable_time(path.ns), " in ", counted(path.tasks.size(), "task")}));
  }

  /// A node for each task of another graph that feeds this one.
  void add_external_edges() {
    if (graph_.external_edges.empty()) return;
    std::unordered_map<std::string, std::uint32_t> own, outside;
    for (std::uint32_t task = 0; task < graph_.tasks.size(); ++task)
      own.emplace(all_.text(graph_.tasks[task]), task);
    for (const auto& edge : graph_.external_edges) {
      const auto [place, added] =
          outside.emplace(edge.producer, static_cast<std::uint32_t>(picture_.nodes.size()));
      if (added)
        picture_.nodes.push_back({.label = edge.producer,
                                  .look = NodeLook::outside,
                                  .colour = 0,
                                  .details = {{"of", "another graph"}}});
      picture_.edges.push_back({.between = {place->second, own.at(edge.consumer)}, .look = EdgeLook::dashed});
    }
  }

  void add_boundary(const formats::LabelledBoundary& boundary) {
    picture_.nodes.push_back(
        {.label = text({"boundary at line ", std::to_string(boundary.line), "\n", boundary.reason}),
         .look = NodeLook::boundary,
         .colour = 0,
         .details = {{"boundary", "here the graph stops being known before it runs"},
                     {"source", text({"line ", std::to_string(boundary.line)})},
                     {"because", boundary.reason}}});
  }

  const LabelledGraphs& all_;
  const LabelledGraph& graph_;
  const Recorded& recorded_;
  Picture picture_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> threads_;
  std::uint64_t work_ns_ = 0;
  std::int64_t first_ns_ = 0, last_ns_ = 0;
};

}  // namespace

std::vector<Picture> pictures_of(const LabelledGraphs& graphs, const Recording* recording) {
  const Recorded recorded(recording);
  std::vector<Picture> pictures;
  for (const LabelledGraph& graph : graphs.graphs)
    pictures.push_back(TaskPicture(graphs, graph, recorded).draw());
  return pictures;
}

}  // namespace dflow::tools
