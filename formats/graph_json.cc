#include "formats/graph_json.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>
#include <utility>

#include "formats/internal_json.h"
#include "formats/json_text.h"

namespace dflow::formats {
namespace {

using internal::Cursor;
using internal::Json;

template <class Range, class Write>
void array(JsonStream& json, std::string_view key, const Range& range, Write write) {
  json.raw(",\n  \"").raw(key).raw("\":[");
  bool first = true;
  for (const auto& element : range) {
    json.next(first).raw("    ");
    write(element);
  }
  json.raw("]");
}

void write_pair(JsonStream& json, std::string_view first, std::string_view second) {
  json.raw("[").string(first).raw(",").string(second).raw("]");
}

void write_graph(JsonStream& json, const LabelledGraphs& all, const LabelledGraph& graph) {
  json.raw("{\"name\":").string(graph.name).raw(",\"instance\":").number(graph.instance);
  array(json, "tasks", graph.tasks, [&](Label task) {
    json.raw("{\"label\":").string(all.text(task)).raw(",\"task\":").string(all.names[task.name]).raw("}");
  });
  array(json, "edges", graph.edges, [&](const LabelledEdge& edge) {
    write_pair(json, all.text(graph.tasks[edge.producer]), all.text(graph.tasks[edge.consumer]));
  });
  array(json, "external_edges", graph.external_edges,
        [&](const ExternalEdge& edge) { write_pair(json, edge.producer, edge.consumer); });
  array(json, "boundaries", graph.boundaries, [&](const LabelledBoundary& boundary) {
    json.raw("{\"line\":").number(boundary.line).raw(",\"reason\":").string(boundary.reason).raw("}");
  });
  json.raw("}");
}

/// Takes tasks and edges one by one while the document is read, and puts them into a graph when that ends.
class Reader {
 public:
  LabelledGraphs read(std::string_view text) {
    const Json document = internal::parse_document(text, internal::Encoding::json, watches());
    const Cursor root(document);
    std::ignore = root.field("graphs").size();
    if (root.has("expanded")) result_.expanded = root.field("expanded").boolean();
    return std::move(result_);
  }

 private:
  /// The labels of an edge whose tasks were not yet there when it was read.
  using Pending = std::pair<std::string, std::string>;

  std::vector<internal::Watch> watches() {
    return {{"version", [](const Cursor& version) { check_version(version, kGraphVersion, "graph"); }},
            {"graphs[].tasks[]", [this](const Cursor& task) { graph_.tasks.push_back(read_task(task)); }},
            {"graphs[].edges[]", [this](const Cursor& edge) { read_edge(edge); }},
            {"graphs[]", [this](const Cursor& graph) { finish_graph(graph); }}};
  }

  void finish_graph(const Cursor& from) {
    for (const char* streamed : {"tasks", "edges"}) std::ignore = from.field(streamed).size();
    graph_.name = from.field("name").string();
    graph_.instance = from.field("instance").integer<std::uint64_t>();
    if (!seen_.emplace(graph_.name, graph_.instance).second)
      from.refuse("a graph and instance that stood before");
    for (const auto& [producer, consumer] : pending_)
      add_edge(from, task_at(from, producer), task_at(from, consumer));
    if (from.has("external_edges"))
      graph_.external_edges =
          from.field("external_edges").each([this](const Cursor& edge) { return read_external(edge); });
    if (from.has("boundaries")) graph_.boundaries = from.field("boundaries").each(read_boundary);
    sort_edges();
    result_.graphs.push_back(std::exchange(graph_, {}));
    tasks_.clear();
    pending_.clear();
  }

  void sort_edges() {
    auto& edges = graph_.edges;
    std::sort(edges.begin(), edges.end(), [](const LabelledEdge& a, const LabelledEdge& b) {
      return std::pair(a.consumer, a.producer) < std::pair(b.consumer, b.producer);
    });
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  }

  Label read_task(const Cursor& from) {
    const std::string task = from.field("task").string();
    std::string label = from.field("label").string();
    std::uint32_t number = 0;
    const char* end = label.data() + label.size();
    const bool prefixed = label.starts_with(task + "#");
    const auto parsed = std::from_chars(label.data() + (prefixed ? task.size() + 1 : 0), end, number);
    if (!prefixed || parsed.ec != std::errc() || parsed.ptr != end ||
        label != task + "#" + std::to_string(number))
      from.field("label").fail("a label \"" + task.substr(0, 80) + "#NUMBER\"");
    const auto index = static_cast<std::uint32_t>(tasks_.size());
    if (!tasks_.emplace(std::move(label), index).second)
      from.field("label").refuse("a label that stood before");
    return {name_index(task), number};
  }

  std::uint32_t name_index(const std::string& task) {
    const auto [place, added] = names_.emplace(task, static_cast<std::uint32_t>(result_.names.size()));
    if (added) result_.names.push_back(task);
    return place->second;
  }

  std::uint32_t task_at(const Cursor& from, const std::string& label) const {
    const auto place = tasks_.find(label);
    if (place == tasks_.end())
      from.refuse("an edge of a task that is not there, \"" + label.substr(0, 80) + "\"");
    return place->second;
  }

  void read_edge(const Cursor& from) {
    std::string producer = from.element(0).string(), consumer = from.element(1).string();
    const auto first = tasks_.find(producer), second = tasks_.find(consumer);
    if (first == tasks_.end() || second == tasks_.end())
      pending_.emplace_back(std::move(producer), std::move(consumer));
    else
      add_edge(from, first->second, second->second);
  }

  void add_edge(const Cursor& from, std::uint32_t producer, std::uint32_t consumer) {
    if (producer == consumer) from.refuse("an edge from a task to itself");
    graph_.edges.push_back({producer, consumer});
  }

  ExternalEdge read_external(const Cursor& from) const {
    std::ignore = task_at(from, from.element(1).string());
    return {from.element(0).string(), from.element(1).string()};
  }

  static LabelledBoundary read_boundary(const Cursor& from) {
    return {from.field("line").integer<std::uint32_t>(), from.field("reason").string()};
  }

  LabelledGraphs result_;
  std::set<std::pair<std::string, std::uint64_t>> seen_;
  std::unordered_map<std::string, std::uint32_t> names_;
  LabelledGraph graph_;                                   // being read
  std::unordered_map<std::string, std::uint32_t> tasks_;  // of that graph, by label
  std::vector<Pending> pending_;
};

}  // namespace

void write_graph_json(ByteSink& sink, const LabelledGraphs& graphs) {
  JsonStream json(sink);
  json.raw("{\"version\":").number(kGraphVersion);
  json.raw(",\"expanded\":").raw(graphs.expanded ? "true" : "false").raw(",\"graphs\":[");
  bool first = true;
  for (const LabelledGraph& graph : graphs.graphs) write_graph(json.next(first), graphs, graph);
  json.raw("]}\n").flush();
}

Result<LabelledGraphs> parse_graph_json(std::string_view text) {
  return internal::guarded([&] { return Reader().read(text); });
}

}  // namespace dflow::formats
