#include <unordered_map>
#include <unordered_set>

#include "formats/graph_json.h"
#include "tools/dflow/dot.h"
#include "tools/dflow/render.h"

namespace dflow::tools {
namespace {

using formats::ByteSink;
using formats::ExternalEdge;
using formats::LabelledEdge;
using formats::LabelledGraph;
using formats::LabelledGraphs;

/// Each task with those that feed it. Edges are sorted by consumer, so one walk finds them all.
void write_tasks(ByteSink& sink, const LabelledGraphs& all, const LabelledGraph& graph) {
  auto edge = graph.edges.begin();
  for (std::uint32_t task = 0; task < graph.tasks.size(); ++task) {
    std::string line = "  " + all.text(graph.tasks[task]);
    for (bool first = true; edge != graph.edges.end() && edge->consumer == task; ++edge, first = false)
      line += (first ? " <- " : ", ") + all.text(graph.tasks[edge->producer]);
    sink.write(line + "\n");
  }
}

std::string node_name(std::size_t graph, std::size_t task) {
  return std::string("g") + std::to_string(graph) + "_" + std::to_string(task);
}

/// A colour a task name, so that the structure of a graph shows.
std::string colour_of(std::uint32_t name) {
  static constexpr const char* kColours[] = {"#a6cee3", "#b2df8a", "#fdbf6f", "#cab2d6",
                                             "#fb9a99", "#ffff99", "#8dd3c7", "#d9d9d9"};
  return kColours[name % std::size(kColours)];
}

void draw(ByteSink& sink, const LabelledGraphs& all, std::size_t index) {
  const LabelledGraph& graph = all.graphs[index];
  sink.write("  subgraph cluster_" + std::to_string(index) + " {\n    label=" + dot_string(title_of(graph)) +
             ";\n");
  for (std::size_t task = 0; task < graph.tasks.size(); ++task)
    sink.write("    " + node_name(index, task) + " [label=" + dot_string(all.text(graph.tasks[task])) +
               ", fillcolor=\"" + colour_of(graph.tasks[task].name) + "\"];\n");
  for (const LabelledEdge& edge : graph.edges)
    sink.write("    " + node_name(index, edge.producer) + " -> " + node_name(index, edge.consumer) + ";\n");
  for (std::size_t i = 0; i < graph.boundaries.size(); ++i)
    sink.write("    b" + std::to_string(index) + "_" + std::to_string(i) +
               " [shape=note, fillcolor=white, label=" +
               dot_string("boundary at line " + std::to_string(graph.boundaries[i].line) + "\n" +
                          graph.boundaries[i].reason) +
               "];\n");
  sink.write("  }\n");
}

/// Draws edges between graphs. Their ends are spelled out in full, so the nodes are looked up by spelling; an
/// end in a graph that is not shown gets a node of its own.
class ExternalEdges {
 public:
  ExternalEdges(ByteSink& sink, const LabelledGraphs& all) : sink_(sink), all_(all) {}

  void draw() {
    for (const LabelledGraph& graph : all_.graphs)
      for (const ExternalEdge& edge : graph.external_edges) wanted_.insert(edge.producer);
    if (wanted_.empty()) return;
    find_producers();
    for (std::size_t i = 0; i < all_.graphs.size(); ++i) draw_into(i);
  }

 private:
  static std::string prefix_of(const LabelledGraph& graph) {
    return graph.name + "/" + std::to_string(graph.instance) + "/";
  }

  void find_producers() {
    for (std::size_t i = 0; i < all_.graphs.size(); ++i) {
      const LabelledGraph& graph = all_.graphs[i];
      for (std::size_t task = 0; task < graph.tasks.size(); ++task) {
        const std::string full = prefix_of(graph) + all_.text(graph.tasks[task]);
        if (wanted_.contains(full)) nodes_.emplace(full, node_name(i, task));
      }
    }
  }

  void draw_into(std::size_t index) {
    const LabelledGraph& graph = all_.graphs[index];
    if (graph.external_edges.empty()) return;
    std::unordered_map<std::string, std::string> own;
    for (std::size_t task = 0; task < graph.tasks.size(); ++task)
      own.emplace(all_.text(graph.tasks[task]), node_name(index, task));
    for (const ExternalEdge& edge : graph.external_edges)
      sink_.write("  " + producer_node(edge.producer) + " -> " + own[edge.consumer] + " [style=dashed];\n");
  }

  std::string producer_node(const std::string& full) {
    const auto [place, added] = nodes_.emplace(full, std::string("x") + std::to_string(nodes_.size()));
    if (added) sink_.write("  " + place->second + " [label=" + dot_string(full) + ", fillcolor=white];\n");
    return place->second;
  }

  ByteSink& sink_;
  const LabelledGraphs& all_;
  std::unordered_set<std::string> wanted_;
  std::unordered_map<std::string, std::string> nodes_;
};

}  // namespace

std::string title_of(const LabelledGraph& graph) {
  const std::string name = graph.name.empty() ? "(outside of any graph)" : graph.name;
  return name + ", instance " + std::to_string(graph.instance) + ": " + std::to_string(graph.tasks.size()) +
         (graph.tasks.size() == 1 ? " task, " : " tasks, ") + std::to_string(graph.edges.size()) +
         (graph.edges.size() == 1 ? " edge" : " edges");
}

void write_text(ByteSink& sink, const LabelledGraphs& graphs) {
  for (const LabelledGraph& graph : graphs.graphs) {
    sink.write(title_of(graph) + "\n");
    write_tasks(sink, graphs, graph);
    for (const ExternalEdge& edge : graph.external_edges)
      sink.write("  from outside: " + edge.consumer + " <- " + edge.producer + "\n");
    for (const auto& boundary : graph.boundaries)
      sink.write("  boundary at line " + std::to_string(boundary.line) + ": " + boundary.reason + "\n");
  }
}

void write_json(ByteSink& sink, const LabelledGraphs& graphs) {
  write_graph_json(sink, graphs);
}

void write_dot(ByteSink& sink, const LabelledGraphs& graphs) {
  sink.write("digraph tasks {\n  node [style=\"rounded,filled\", shape=box];\n");
  for (std::size_t i = 0; i < graphs.graphs.size(); ++i) draw(sink, graphs, i);
  ExternalEdges(sink, graphs).draw();
  sink.write("}\n");
}

std::size_t node_count(const LabelledGraphs& graphs) {
  std::size_t count = 0;
  for (const LabelledGraph& graph : graphs.graphs) count += graph.tasks.size();
  return count;
}

}  // namespace dflow::tools
