#include <algorithm>
#include <map>

#include "tools/dflow/inputs.h"
#include "tools/dflow/page.h"
#include "tools/dflow/plan_words.h"
#include "tools/dflow/render_dependences.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using namespace formats;  // the plan's parts, each of which is named below

std::string indices(const std::string& index) {
  return index.empty() ? "" : text({"[", index, "]"});
}

/// A box a call site, with its domain where that is known, and between two of them the relations, which stand
/// on the arrow as a box of their own: so the layout makes room for them. Without relations the boxes stand
/// in the order of the program.
class PlanPicture {
 public:
  explicit PlanPicture(const Graph& graph) : graph_(graph), families_(family_labels(graph)) {}

  Picture draw() {
    picture_.title = graph_.entry.empty() ? graph_.name : graph_.entry;
    add_facts();
    collect_arrows();
    for (std::size_t i = 0; i < std::max(graph_.segments.size(), graph_.boundaries.size()); ++i) {
      if (i < graph_.segments.size())
        for (const Node& node : graph_.segments[i].nodes) add(node);
      if (i < graph_.boundaries.size()) add(graph_.boundaries[i]);
    }
    if (graph_.dependences)
      connect();
    else
      add_program_order();
    return std::move(picture_);
  }

 private:
  /// From a family to one that it feeds: what several arguments say alike is said once.
  struct Arrow {
    std::uint32_t producer = 0, consumer = 0;  // nodes of the plan
    std::string label;
    Details details;
    std::uint32_t drawn = 0;  // where its box stands among the picture's
  };

  void add_facts() {
    Details& facts = picture_.facts;
    facts.emplace_back("source", place(graph_, graph_.line));
    facts.emplace_back("signature", graph_.signature);
    facts.emplace_back("tier", meaning_of_tier(graph_));
    if (!graph_.replicable) facts.emplace_back("not replicable", graph_.reason);
    if (!graph_.not_affine.empty()) facts.emplace_back("not affine", graph_.not_affine);
    for (const Parameter& parameter : graph_.parameters)
      if (!is_executor(parameter))
        facts.emplace_back("parameter", text({parameter.name, ": ", parameter.type}));
    if (!graph_.dependences) return;
    for (const std::string& where : graph_.dependences->assumed) facts.emplace_back("holds where", where);
  }

  void add(const Node& node) {
    PictureNode shown{
        .label = label_of(graph_, node), .look = NodeLook::task, .colour = node.id, .details = {}};
    if (const auto family = families_.find(node.id); family != families_.end()) {
      shown.label = family->second;
      shown.look = NodeLook::family;
    }
    shown.details.emplace_back("source", text({place(graph_, node), ":", std::to_string(node.column)}));
    shown.details.emplace_back("call", text({to_string(node.op), " ", shown_task(node)}));
    if (const std::string around = surroundings(node); !around.empty())
      shown.details.emplace_back("where", around);
    for (const Argument& argument : node.arguments)
      shown.details.emplace_back(std::string(to_string(argument.kind)), argument.text);
    add_relations(node.id, true);
    drawn_[node.id] = static_cast<std::uint32_t>(picture_.nodes.size());
    picture_.nodes.push_back(std::move(shown));
    add_relations(node.id, false);
  }

  void add(const Boundary& boundary) {
    picture_.nodes.push_back(
        {.label = label_of(boundary),
         .look = NodeLook::boundary,
         .colour = 0,
         .details = {{"source", place(graph_, boundary)}, {"because", boundary.reason}}});
  }

  void collect_arrows() {
    if (!graph_.dependences) return;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Arrow> arrows;
    for (const Dependence& edge : graph_.dependences->edges) {
      Arrow& arrow = arrows[{edge.producer, edge.consumer}];
      arrow.producer = edge.producer;
      arrow.consumer = edge.consumer;
      for (const DependenceCase& one : edge.cases) add(arrow, edge, one);
    }
    for (auto& [ends, arrow] : arrows) arrows_.push_back(std::move(arrow));
  }

  static void add(Arrow& arrow, const Dependence& edge, const DependenceCase& one) {
    const std::string relation = text({indices(one.consumer), " <- ", indices(one.producer)});
    const std::string full = text({relation, one.condition.empty() ? "" : "   ", one.condition});
    if (std::ranges::none_of(arrow.details, [&](const auto& row) { return row.second == full; }))
      arrow.label += text({arrow.label.empty() ? "" : "\n", relation});
    arrow.details.emplace_back(text({"argument ", std::to_string(edge.argument + 1)}), full);
  }

  /// The layout follows the numbers of boxes where arrows go in circles. So a relation stands before its
  /// consumer, or behind its producer where it leads back in the program.
  void add_relations(std::uint32_t node, bool before) {
    for (Arrow& arrow : arrows_) {
      const bool back = arrow.producer >= arrow.consumer;
      if (before ? back || arrow.consumer != node : !back || arrow.producer != node) continue;
      arrow.drawn = static_cast<std::uint32_t>(picture_.nodes.size());
      picture_.nodes.push_back(
          {.label = arrow.label, .look = NodeLook::relation, .colour = 0, .details = arrow.details});
    }
  }

  void connect() {
    for (const Arrow& arrow : arrows_) {
      picture_.edges.push_back({{drawn_.at(arrow.producer), arrow.drawn}, EdgeLook::stem, arrow.details});
      picture_.edges.push_back({{arrow.drawn, drawn_.at(arrow.consumer)}, EdgeLook::plain, arrow.details});
    }
  }

  void add_program_order() {
    for (std::uint32_t i = 1; i < picture_.nodes.size(); ++i)
      picture_.edges.push_back({.between = {i - 1, i}, .look = EdgeLook::dotted});
  }

  const Graph& graph_;
  const std::map<std::uint32_t, std::string> families_;
  Picture picture_;
  std::vector<Arrow> arrows_;
  std::map<std::uint32_t, std::uint32_t> drawn_;  // where each node stands among the picture's
};

}  // namespace

std::vector<Picture> pictures_of(const Plan& plan) {
  std::vector<Picture> pictures;
  for (const Graph& graph : plan.graphs) pictures.push_back(PlanPicture(graph).draw());
  return pictures;
}

}  // namespace dflow::tools
