#include <algorithm>
#include <map>

#include "tools/dflow/dot.h"
#include "tools/dflow/inputs.h"
#include "tools/dflow/plan_words.h"
#include "tools/dflow/render.h"
#include "tools/dflow/render_dependences.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using namespace formats;  // the plan's parts, each of which is named below

std::string meaning_of_need(const Parameter& parameter) {
  switch (parameter.need) {
    case ParameterNeed::size:
      return text({"its size shapes the graph: --param ", parameter.name, ".size=LENGTH"});
    case ParameterNeed::value:
      return text({"its value shapes the graph: --param ", parameter.name, "=VALUE"});
    case ParameterNeed::none:
      break;
  }
  return "does not shape the graph";
}

std::string launching_of(const Graph& graph) {
  if (graph.launched) return "  launched: yes, its tasks are run from the closed form\n";
  const std::string_view why = !graph.not_launched.empty() ? std::string_view(graph.not_launched)
                               : !graph.replicable         ? "it is not replicable"
                               : !graph.boundaries.empty() ? "it has boundaries"
                                                           : "its dependences are not known in closed form";
  return text({"  launched: no: ", why, "\n"});
}

std::string text_of(const Graph& graph, const Node& node) {
  const std::string around = surroundings(node);
  std::string all =
      text({"    [", std::to_string(node.id), "] ", to_string(node.op), " ", shown_task(node), "  at ",
            place(graph, node), ":", std::to_string(node.column), around.empty() ? "" : "  ", around, "\n"});
  for (const Argument& argument : node.arguments)
    all += text({"          ", to_string(argument.kind), "  ", argument.text, "\n"});
  return all;
}

std::string text_of(const Boundary& boundary) {
  return text({"  boundary at ", line_of(boundary), ": ", boundary.reason, "\n"});
}

std::string parameters_of(const Graph& graph) {
  std::string all;
  for (const Parameter& parameter : graph.parameters)
    if (!is_executor(parameter))
      all += text({"    ", parameter.name, "  ", parameter.type, "  ", meaning_of_need(parameter), "\n"});
  return all.empty() ? "  parameters: none\n" : text({"  parameters:\n", all});
}

/// Whether a boundary stands before what the graph's own file has of a segment.
bool is_before(const Boundary& boundary, const Segment& segment) {
  const auto own = std::ranges::find_if(segment.nodes, [](const Node& node) { return node.file.empty(); });
  return boundary.file.empty() && own != segment.nodes.end() && boundary.line < own->line;
}

/// Segments with the boundaries between them. Those of other functions stand behind: they may be passed more
/// than once.
std::string body_of(const Graph& graph) {
  std::string all;
  const auto within = [&](const Boundary& each) { return each.file.empty() && each.line >= graph.line; };
  std::vector<Boundary> boundaries = graph.boundaries;
  std::ranges::stable_partition(boundaries, within);
  auto boundary = boundaries.cbegin();
  for (std::size_t i = 0; i < graph.segments.size(); ++i) {
    const Segment& segment = graph.segments[i];
    for (; boundary != boundaries.cend() && within(*boundary) && is_before(*boundary, segment); ++boundary)
      all += text_of(*boundary);
    all += text({"  segment ", std::to_string(i + 1), segment.nodes.empty() ? ": empty\n" : ":\n"});
    all += dependences_text(graph, segment);
    for (const Node& node : segment.nodes) all += text_of(graph, node);
  }
  for (; boundary != boundaries.cend(); ++boundary) all += text_of(*boundary);
  if (graph.abridged) all += "  and more: the functions that it calls submit, or call one another, at too many places to list\n";
  return all;
}

std::string text_of(const Graph& graph) {
  return text({graph.name,
               "  at ",
               place(graph, graph.line),
               "\n",  //
               "  signature: ",
               graph.signature,
               "\n",  //
               "  tier: ",
               meaning_of_tier(graph),
               "\n",  //
               "  replicable: ",
               graph.replicable ? "yes" : "no: ",
               graph.replicable ? "" : std::string_view(graph.reason),
               "\n",  //
               "  expandable: ",
               graph.expandable ? "yes" : "no",
               graph.entry.empty() ? "" : ", by --graph=",
               graph.entry,
               "\n",  //
               graph.not_affine.empty() ? "" : "  not affine: ",
               graph.not_affine,
               graph.not_affine.empty() ? "" : "\n",  //
               launching_of(graph),
               parameters_of(graph),
               assumptions_text(graph),
               body_of(graph)});
}

/// A plan of tier 1 knows which task feeds which. Others say what is submitted where: nodes in program order.
class PlanDrawing {
 public:
  PlanDrawing(ByteSink& sink, std::size_t index, const Graph& graph)
      : sink_(sink),
        prefix_(text({"g", std::to_string(index), "_"})),
        graph_(graph),
        families_(family_labels(graph)) {}

  void draw() {
    sink_.write(text({"  subgraph cluster_", prefix_, " {\n    label=", dot_string(graph_.name), ";\n"}));
    for (std::size_t i = 0; i < std::max(graph_.segments.size(), graph_.boundaries.size()); ++i) {
      if (i < graph_.segments.size())
        for (const Node& node : graph_.segments[i].nodes) add_node(node);
      if (i < graph_.boundaries.size()) add(label_of(graph_.boundaries[i]), "shape=note, style=dashed");
    }
    if (graph_.dependences) draw_dependences(*graph_.dependences);
    sink_.write("  }\n");
  }

 private:
  void add_node(const Node& node) {
    const auto family = families_.find(node.id);
    drawn_[node.id] = count_;
    add(family == families_.end() ? label_of(graph_, node) : family->second, "shape=box");
  }

  /// One arrow a relation, with what each of its cases says.
  void draw_dependences(const Dependences& known) {
    for (const Dependence& edge : known.edges) {
      std::string label;
      for (const DependenceCase& one : edge.cases)
        label += text({label.empty() ? "" : "\n", "[", one.consumer, "] <- [", one.producer, "]"});
      sink_.write(text({"    ", name(drawn_.at(edge.producer)), " -> ", name(drawn_.at(edge.consumer)),
                        " [label=", dot_string(label), "];\n"}));
    }
  }

  std::string name(std::size_t node) const { return text({prefix_, std::to_string(node)}); }

  void add(const std::string& label, std::string_view style) {
    sink_.write(text({"    ", name(count_), " [label=", dot_string(label), ", ", style, "];\n"}));
    if (count_ > 0 && !graph_.dependences)
      sink_.write(
          text({"    ", name(count_ - 1), " -> ", name(count_), " [style=dotted, arrowhead=none];\n"}));
    ++count_;
  }

  ByteSink& sink_;
  std::string prefix_;
  const Graph& graph_;
  const std::map<std::uint32_t, std::string> families_;
  std::size_t count_ = 0;
  std::map<std::uint32_t, std::size_t> drawn_;
};

}  // namespace

void write_text(ByteSink& sink, const Plan& plan) {
  for (std::size_t i = 0; i < plan.graphs.size(); ++i)
    sink.write(text({i == 0 ? "" : "\n", text_of(plan.graphs[i])}));
}

void write_json(ByteSink& sink, const Plan& plan) {
  sink.write(plan_to_json(plan));
}

void write_dot(ByteSink& sink, const Plan& plan) {
  sink.write("digraph plan {\n");
  for (std::size_t i = 0; i < plan.graphs.size(); ++i) PlanDrawing(sink, i, plan.graphs[i]).draw();
  sink.write("}\n");
}

std::size_t node_count(const Plan& plan) {
  std::size_t count = 0;
  for (const Graph& graph : plan.graphs)
    for (const Segment& segment : graph.segments) count += segment.nodes.size();
  return count;
}

}  // namespace dflow::tools
