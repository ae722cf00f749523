#include "tools/dflow/compare.h"

#include <algorithm>
#include <map>
#include <set>

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Label;
using formats::LabelledEdge;
using formats::LabelledGraph;
using formats::LabelledGraphs;
using formats::Result;

constexpr std::size_t kShown = 20;

std::string id_of(const LabelledGraph& graph) {
  return (graph.name.empty() ? "\"\"" : graph.name) + "/" + std::to_string(graph.instance);
}

using LabelPair = std::pair<Label, Label>;

/// Both sides' labels in terms of one table of names, so that they compare as numbers.
class Comparer {
 public:
  Comparer(const LabelledGraphs& a, const LabelledGraphs& b) : a_(a) {
    std::map<std::string_view, std::uint32_t> known;
    for (std::uint32_t i = 0; i < a.names.size(); ++i) known.emplace(a.names[i], i);
    for (const std::string& name : b.names)
      renamed_.push_back(known.emplace(name, static_cast<std::uint32_t>(known.size())).first->second);
    names_.resize(known.size());
    for (const auto& [name, index] : known) names_[index] = name;
  }

  void compare(const LabelledGraph& a, const LabelledGraph& b) {
    const bool part = !a.boundaries.empty();
    where_ = id_of(a) + (a.instance == b.instance ? "" : " and " + id_of(b));
    found_.compared.push_back(where_ + ": " + std::to_string(a.tasks.size()) + " tasks, " +
                              std::to_string(a.edges.size()) + " edges" +
                              (part ? ", up to its boundaries" : ""));
    const auto tasks_a = sorted(a.tasks), tasks_b = sorted(translated(b.tasks));
    const auto edges_a = edges_of(a, a.tasks), edges_b = edges_of(b, translated(b.tasks));
    report(tasks_a, tasks_b, "only in A", [](const Label&) { return true; });
    report(tasks_b, tasks_a, "only in B", [&](const Label&) { return !part; });
    const auto shared = [&](const LabelPair& edge) {
      return !part || (holds(tasks_a, edge.first) && holds(tasks_a, edge.second));
    };
    report(edges_a, edges_b, "only in A", [](const LabelPair&) { return true; });
    report(edges_b, edges_a, "only in B", shared);
  }

  /// Edges that come from another graph of A. What comes from elsewhere, A cannot know.
  void compare_external(const LabelledGraph& a, const LabelledGraph& b) {
    where_ = id_of(a);
    const auto from = external_edges(a), to = external_edges(b);
    const auto all = [](const std::string&) { return true; };
    report(from, to, "only in A", all);
    if (a.boundaries.empty()) report(to, from, "only in B", all);
  }

  void missing(const LabelledGraph& graph, const char* side) {
    add("graph " + id_of(graph) + " only in " + side);
  }

  void note(std::string text) { found_.notes.push_back(std::move(text)); }

  Comparison take() { return std::move(found_); }

 private:
  std::vector<Label> translated(const std::vector<Label>& tasks) const {
    std::vector<Label> all = tasks;
    for (Label& label : all) label.name = renamed_[label.name];
    return all;
  }

  static std::vector<Label> sorted(std::vector<Label> labels) {
    std::sort(labels.begin(), labels.end());
    return labels;
  }

  static std::vector<LabelPair> edges_of(const LabelledGraph& graph, const std::vector<Label>& tasks) {
    std::vector<LabelPair> edges;
    for (const LabelledEdge& edge : graph.edges)
      edges.emplace_back(tasks[edge.producer], tasks[edge.consumer]);
    std::sort(edges.begin(), edges.end());
    return edges;
  }

  static bool holds(const std::vector<Label>& tasks, const Label& label) {
    return std::binary_search(tasks.begin(), tasks.end(), label);
  }

  std::vector<std::string> external_edges(const LabelledGraph& graph) const {
    std::vector<std::string> edges;
    for (const auto& edge : graph.external_edges)
      if (comes_from_a_graph_of_a(edge.producer)) edges.push_back(edge.producer + " -> " + edge.consumer);
    std::sort(edges.begin(), edges.end());
    return edges;
  }

  /// A label may hold slashes (operator/), so every prefix that ends in one is tried.
  bool comes_from_a_graph_of_a(const std::string& producer) const {
    if (ids_.empty())
      for (const LabelledGraph& graph : a_.graphs)
        ids_.insert(graph.name + "/" + std::to_string(graph.instance));
    for (std::size_t at = producer.find('/'); at != std::string::npos; at = producer.find('/', at + 1))
      if (ids_.contains(producer.substr(0, at))) return true;
    return false;
  }

  std::string text(const Label& label) const {
    return std::string(names_[label.name]) + "#" + std::to_string(label.number);
  }
  std::string shown(const Label& label) const { return "task " + text(label); }
  std::string shown(const LabelPair& edge) const {
    return "edge " + text(edge.first) + " -> " + text(edge.second);
  }
  static std::string shown(const std::string& external) { return "edge " + external; }

  template <class T, class Counts>
  void report(const std::vector<T>& these, const std::vector<T>& those, const char* what, Counts counts) {
    auto other = those.begin();
    for (const T& one : these) {
      while (other != those.end() && *other < one) ++other;
      if ((other == those.end() || one < *other) && counts(one)) add(where_ + ": " + shown(one) + " " + what);
    }
  }

  void add(const std::string& difference) {
    if (found_.count++ < kShown) found_.differences.push_back(difference);
  }

  const LabelledGraphs& a_;
  std::vector<std::uint32_t> renamed_;   // by B's names
  std::vector<std::string_view> names_;  // of both
  mutable std::set<std::string> ids_;    // of A's graphs
  std::string where_;
  Comparison found_;
};

const LabelledGraph* find(const LabelledGraphs& graphs, const std::string& name, std::uint64_t instance) {
  for (const LabelledGraph& graph : graphs.graphs)
    if (graph.name == name && graph.instance == instance) return &graph;
  return nullptr;
}

/// The graph that both sides are about, where one of them is an expansion of it.
std::optional<std::string> expanded_name(const LabelledGraphs& a, const LabelledGraphs& b) {
  for (const LabelledGraphs* side : {&a, &b})
    if (side->expanded && side->graphs.size() == 1) return side->graphs[0].name;
  return std::nullopt;
}

Result<LabelledGraphs> chosen(LabelledGraphs graphs, Selection selection, bool one, const char* side) {
  if (graphs.expanded)
    selection.instance.reset();  // it has one instance, whichever of a recording is meant
  else if (one && !selection.instance)
    selection.instance = 0;
  auto kept = select(std::move(graphs), selection);
  if (!kept) return Error{std::string(side) + ": " + kept.message()};
  return kept;
}

}  // namespace

Result<Comparison> compare(Side a, Side b, const Selection& selection) {
  Selection wanted = selection;
  const auto expansion = expanded_name(a.graphs, b.graphs);
  if (!wanted.graph && expansion) wanted.graph = expansion;
  const bool everything = !wanted.graph && !wanted.instance;
  auto from = chosen(std::move(a.graphs), wanted, expansion.has_value(), "A");
  if (!from) return from.error();
  auto to = chosen(std::move(b.graphs), wanted, expansion.has_value(), "B");
  if (!to) return to.error();

  const LabelledGraphs &graphs_a = from.value(), &graphs_b = to.value();
  Comparer comparer(graphs_a, graphs_b);
  for (const LabelledGraph& graph : graphs_a.graphs) {
    const LabelledGraph* other = expansion && !graphs_b.graphs.empty()
                                     ? &graphs_b.graphs[0]
                                     : find(graphs_b, graph.name, graph.instance);
    if (other == nullptr) {
      comparer.missing(graph, "A");
      continue;
    }
    comparer.compare(graph, *other);
    if (graph.instance == other->instance) comparer.compare_external(graph, *other);
  }
  for (const LabelledGraph& graph : graphs_b.graphs) {
    if (expansion || find(graphs_a, graph.name, graph.instance) != nullptr) continue;
    if (everything && !(a.whole && b.whole))
      comparer.note("graph " + id_of(graph) + " is only in B");
    else
      comparer.missing(graph, "B");
  }
  return comparer.take();
}

}  // namespace dflow::tools
