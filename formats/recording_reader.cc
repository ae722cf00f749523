#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "formats/internal_json.h"
#include "formats/recording.h"

namespace dflow::formats {
namespace {

using internal::Cursor;
using internal::Json;
using internal::Malformed;

template <class T>
T integer_at(const Cursor& from, std::string_view key) {
  return from.field(key).integer<T>();
}

TaskId id_from(const Cursor& from) {
  return TaskId{from.integer<std::uint64_t>()};
}

RecordedTask task_from(const Cursor& from) {
  return {.id = id_from(from.element(0)),
          .graph = from.element(1).integer<std::uint32_t>(),
          .name = from.element(2).integer<std::uint32_t>(),
          .file = from.element(3).integer<std::int32_t>(-1),
          .line = from.element(4).integer<std::int32_t>()};
}

RecordedEdge edge_from(const Cursor& from) {
  return {.producer = id_from(from.element(0)), .consumer = id_from(from.element(1))};
}

RecordedGraph graph_from(const Cursor& from) {
  RecordedGraph graph{.name = {}, .instance = integer_at<std::uint64_t>(from, "instance"), .parent = {}};
  if (!from.field("parent").is_null())
    graph.parent = id_from(from.field("parent"));
  else
    graph.name = from.field("name").string();
  return graph;
}

RecordedBoundary boundary_from(const Cursor& from) {
  return {.graph = integer_at<std::uint32_t>(from, "graph"),
          .file = from.field("file").string(),
          .line = integer_at<std::int32_t>(from, "line"),
          .reason = from.field("reason").string()};
}

std::int64_t nanoseconds_from(const Cursor& microseconds) {
  constexpr double kMax = 1e15;  // thirty years
  const double value = microseconds.number();
  if (!(value >= 0 && value <= kMax)) microseconds.fail("microseconds");
  return std::llround(value * 1000);
}

std::string string_from(const Cursor& from) {
  return from.string();
}

/// Takes the long arrays element by element while the document is read.
class Reader {
 public:
  Recording read(std::string_view text) {
    const Json document = internal::parse_document(text, internal::Encoding::json, watches());
    const Cursor root(document);
    if (!root.has("dflow")) throw Malformed("no recording: the key \"dflow\" is missing");
    if (root.has("traceEvents")) std::ignore = root.field("traceEvents").size();
    read_tables(root.field("dflow"));
    return std::move(recording_);
  }

 private:
  std::vector<internal::Watch> watches() {
    return {{"dflow.version",
             [](const Cursor& version) { check_version(version, kRecordingVersion, "recording"); }},
            {"traceEvents[]", [this](const Cursor& event) { read_event(event); }},
            {"dflow.tasks[]", [this](const Cursor& task) { recording_.tasks.push_back(task_from(task)); }},
            {"dflow.edges[]", [this](const Cursor& edge) { recording_.edges.push_back(edge_from(edge)); }}};
  }

  void read_tables(const Cursor& from) {
    std::ignore = from.field("version");
    recording_.program = from.field("program").string();
    recording_.dry = from.field("dry").boolean();
    recording_.names = from.field("names").each(string_from);
    recording_.files = from.field("files").each(string_from);
    recording_.graphs = from.field("graphs").each(graph_from);
    recording_.boundaries = from.field("boundaries").each(boundary_from);
    for (const char* streamed : {"tasks", "edges"}) std::ignore = from.field(streamed).size();
    for (auto& [event, name] : event_names_) recording_.events[event].name = index_of(std::move(name));
  }

  /// Only executions of tasks and names of processes are kept: a trace may hold other events, such as names
  /// of threads.
  void read_event(const Cursor& event) {
    if (event.field("ph").string() == "M" && event.has("name") &&
        event.field("name").string() == "process_name") {
      recording_.processes.push_back({.process = integer_at<std::uint32_t>(event, "pid"),
                                      .name = event.field("args").field("name").string()});
    }
    if (event.field("ph").string() != "X" || !event.has("args") || !event.field("args").has("task")) return;
    const Cursor arguments = event.field("args");
    event_names_.emplace_back(recording_.events.size(), event.field("name").string());
    recording_.events.push_back(
        {.task = id_from(arguments.field("task")),
         .name = 0,
         .start_ns = nanoseconds_from(event.field("ts")),
         .duration_ns = nanoseconds_from(event.field("dur")),
         .process = integer_at<std::uint32_t>(event, "pid"),
         .thread = integer_at<std::uint32_t>(event, "tid"),
         .bytes = arguments.has("bytes") ? integer_at<std::uint64_t>(arguments, "bytes") : 0});
  }

  std::uint32_t index_of(std::string name) {
    if (known_.empty())
      for (std::uint32_t i = 0; i < recording_.names.size(); ++i) known_.emplace(recording_.names[i], i);
    const auto [place, added] =
        known_.emplace(std::move(name), static_cast<std::uint32_t>(recording_.names.size()));
    if (added) recording_.names.push_back(place->first);
    return place->second;
  }

  Recording recording_;
  std::vector<std::pair<std::size_t, std::string>> event_names_;
  std::unordered_map<std::string, std::uint32_t> known_;
};

[[noreturn]] void inconsistent(const std::string& what, TaskId task) {
  throw Malformed(what + " (task " + std::to_string(static_cast<std::uint64_t>(task)) + ")");
}

bool holds(const Recording& recording, TaskId id) {
  const auto place =
      std::lower_bound(recording.tasks.begin(), recording.tasks.end(), id,
                       [](const RecordedTask& task, TaskId wanted) { return task.id < wanted; });
  return place != recording.tasks.end() && place->id == id;
}

void check_tasks(const Recording& recording) {
  const RecordedTask* before = nullptr;
  for (const RecordedTask& task : recording.tasks) {
    if (before != nullptr && before->id >= task.id) inconsistent("the tasks' ids do not ascend", task.id);
    if (task.graph >= recording.graphs.size()) inconsistent("a task of a graph that is not there", task.id);
    if (task.name >= recording.names.size()) inconsistent("a task of a name that is not there", task.id);
    if (task.file >= 0 && static_cast<std::size_t>(task.file) >= recording.files.size())
      inconsistent("a task of a file that is not there", task.id);
    // What a task submits comes after it; so graphs named after their parents never go in circles.
    const auto parent = recording.graphs[task.graph].parent;
    if (parent && *parent >= task.id)
      inconsistent("a task that is older than the task that submitted it", task.id);
    before = &task;
  }
}

void check_references(const Recording& recording) {
  for (const RecordedGraph& graph : recording.graphs)
    if (graph.parent && !holds(recording, *graph.parent))
      inconsistent("a graph of an unknown task", *graph.parent);
  for (const RecordedEdge& edge : recording.edges) {
    if (!holds(recording, edge.producer)) inconsistent("an edge from an unknown task", edge.producer);
    if (!holds(recording, edge.consumer)) inconsistent("an edge to an unknown task", edge.consumer);
    if (edge.producer == edge.consumer) inconsistent("an edge from a task to itself", edge.producer);
  }
  for (const RecordedBoundary& boundary : recording.boundaries)
    if (boundary.graph >= recording.graphs.size()) throw Malformed("a boundary of a graph that is not there");
  for (const RecordedEvent& event : recording.events)
    if (!holds(recording, event.task)) inconsistent("an execution of an unknown task", event.task);
}

}  // namespace

Result<Recording> parse_recording(std::string_view text) {
  return internal::guarded([&] {
    Recording recording = Reader().read(text);
    check_tasks(recording);
    check_references(recording);
    return recording;
  });
}

}  // namespace dflow::formats
