#include "formats/graph_json.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

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

/// Reads one graph after the other into the common table of names.
class Reader {
 public:
  LabelledGraphs read(std::string_view text) {
    const std::vector<internal::Watch> watches{
        {"version", [](const Cursor& version) { check_version(version, kGraphVersion, "graph"); }},
        {"graphs[]", [this](const Cursor& graph) { read_graph(graph); }}};
    const Json document = internal::parse_document(text, internal::Encoding::json, watches);
    const Cursor root(document);
    std::ignore = root.field("graphs").size();
    if (root.has("expanded")) result_.expanded = root.field("expanded").boolean();
    return std::move(result_);
  }

 private:
  void read_graph(const Cursor& from) {
    LabelledGraph graph;
    graph.name = from.field("name").string();
    graph.instance = from.field("instance").integer<std::uint64_t>();
    if (!seen_.emplace(graph.name, graph.instance).second) from.fail("each graph and instance once");
    tasks_.clear();
    graph.tasks = from.field("tasks").each([this](const Cursor& task) { return read_task(task); });
    graph.edges = from.field("edges").each([this](const Cursor& edge) { return read_edge(edge); });
    if (from.has("external_edges"))
      graph.external_edges =
          from.field("external_edges").each([this](const Cursor& edge) { return read_external(edge); });
    if (from.has("boundaries")) graph.boundaries = from.field("boundaries").each(read_boundary);
    std::sort(graph.edges.begin(), graph.edges.end(), [](const LabelledEdge& a, const LabelledEdge& b) {
      return std::pair(a.consumer, a.producer) < std::pair(b.consumer, b.producer);
    });
    graph.edges.erase(std::unique(graph.edges.begin(), graph.edges.end()), graph.edges.end());
    result_.graphs.push_back(std::move(graph));
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
    if (!tasks_.emplace(std::move(label), index).second) from.field("label").fail("each label once");
    return {name_index(task), number};
  }

  std::uint32_t name_index(const std::string& task) {
    const auto [place, added] = names_.emplace(task, static_cast<std::uint32_t>(result_.names.size()));
    if (added) result_.names.push_back(task);
    return place->second;
  }

  std::uint32_t task_at(const Cursor& from) const {
    const auto place = tasks_.find(from.string());
    if (place == tasks_.end()) from.fail("the label of a task of this graph");
    return place->second;
  }

  LabelledEdge read_edge(const Cursor& from) const {
    const LabelledEdge edge{task_at(from.element(0)), task_at(from.element(1))};
    if (edge.producer == edge.consumer) from.fail("two different tasks");
    return edge;
  }

  ExternalEdge read_external(const Cursor& from) const {
    std::ignore = task_at(from.element(1));
    return {from.element(0).string(), from.element(1).string()};
  }

  static LabelledBoundary read_boundary(const Cursor& from) {
    return {from.field("line").integer<std::uint32_t>(), from.field("reason").string()};
  }

  LabelledGraphs result_;
  std::set<std::pair<std::string, std::uint64_t>> seen_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::unordered_map<std::string, std::uint32_t> tasks_;  // of the graph being read, by label
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
