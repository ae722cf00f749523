#include "compiler/frontend/conclude.h"

#include <algorithm>
#include <ranges>
#include <set>

namespace dflow::compiler {
namespace {

/// The nodes of a function in order, those of the functions it calls in their place.
class Flattening {
 public:
  explicit Flattening(const UnitRecord& unit) : unit_(unit) {}

  std::vector<NodeRecord> run(FunctionId id) && {
    add(id, {}, 0);
    return std::move(nodes_);
  }

 private:
  static constexpr std::size_t kMaxNodes = 10'000;

  void add(FunctionId id, const std::vector<std::string>& loops, std::uint32_t guards) {
    if (!active_.insert(id).second) return;  // recursion: its nodes are there already
    for (const NodeRecord& record : unit_.function(id).nodes) {
      NodeRecord inner = record;
      inner.node.loops.insert(inner.node.loops.begin(), loops.begin(), loops.end());
      inner.node.guards += guards;
      if (record.inlined != FunctionId{-1}) {
        add(record.inlined, inner.node.loops, inner.node.guards);
      } else if (nodes_.size() < kMaxNodes) {
        inner.node.id = static_cast<std::uint32_t>(nodes_.size());
        nodes_.push_back(std::move(inner));
      }
    }
    active_.erase(id);
  }

  const UnitRecord& unit_;
  std::set<FunctionId> active_;
  std::vector<NodeRecord> nodes_;
};

/// How many boundaries of the graph's own file lie before a line of it.
std::size_t boundaries_before(const std::vector<formats::Boundary>& boundaries, std::uint32_t line) {
  const auto before = [line](const auto& b) { return b.file.empty() && b.line < line; };
  return static_cast<std::size_t>(std::ranges::count_if(boundaries, before));
}

std::vector<formats::Segment> cut(const std::vector<NodeRecord>& nodes, const formats::Graph& graph) {
  std::vector<formats::Segment> segments(1);
  std::size_t behind = 0;
  for (formats::Node node : nodes | std::views::transform(&NodeRecord::node)) {
    if (node.file == graph.file) {
      node.file.clear();
      const std::size_t count = boundaries_before(graph.boundaries, node.line);
      if (count > behind && !segments.back().nodes.empty()) segments.emplace_back();
      behind = std::max(behind, count);
    }
    segments.back().nodes.push_back(std::move(node));
  }
  return segments;
}

std::string boundary_call(const formats::Boundary& boundary) {
  return "::dflow::detail::boundary<" + cpp_literal(boundary.file) + ", " + std::to_string(boundary.line) +
         ", " + cpp_literal(boundary.reason) + ">";
}

/// Where dry runs stop and what they skip, over all graphs of a translation unit.
class DryRunEdits {
 public:
  DryRunEdits(const UnitRecord& unit, Proposals& proposals) : unit_(unit), proposals_(proposals) {}

  void add(const std::vector<Verdict>& verdicts) {
    std::set<FunctionId> reached;
    for (const Verdict& verdict : verdicts) {
      reached.insert(verdict.reached.begin(), verdict.reached.end());
      needed_.insert(verdict.needed_sources.begin(), verdict.needed_sources.end());
    }
    for (const FunctionId id : reached) add_function(unit_.function(id));
    for (auto& [at, edit] : stops_) proposals_.propose(at, "stop", {edit});
  }

 private:
  void add_function(const FunctionRecord& function) {
    for (const Effect& effect : function.effects) {
      stop(effect.stop, {static_cast<std::uint32_t>(effect.line), effect.reason, function.file});
    }
    for (const PlaceId id : function.sources) add_source(id, unit_.place(id));
  }

  void add_source(PlaceId id, const Place& source) {
    const auto needed = needed_.find(id);
    if (needed != needed_.end()) return stop(source.stop, needed->second);
    if (!source.is_get || source.at.file.empty()) return;
    proposals_.propose(source.at, "get", {source.skip});
  }

  void stop(const Stop& stop, const formats::Boundary& boundary) {
    if (stop.at.file.empty()) return;
    const std::string call = boundary_call(boundary);
    const auto edit = [&](std::string before, std::string after) {
      stops_.try_emplace(stop.at, Edit{stop.at.begin, stop.at.end, std::move(before), std::move(after)});
    };
    switch (stop.form) {
      case Stop::Form::statement: return edit(call + "(); ", "");
      case Stop::Form::operand: return edit(call + "(), ", "");
      case Stop::Form::wrapped: return edit("(" + call + "(), ", ")");
      case Stop::Form::after: return edit(call + "(", ")");
    }
  }

  const UnitRecord& unit_;
  Proposals& proposals_;
  std::map<PlaceId, formats::Boundary> needed_;
  std::map<TextRange, Edit> stops_;
};

}  // namespace

void complete_graph(formats::Graph& graph, const UnitRecord& unit, FunctionId id, const Verdict& verdict) {
  graph.replicable = verdict.replicable;
  graph.tier = verdict.replicable ? 2 : 0;
  graph.reason = verdict.reason;
  graph.boundaries = verdict.boundaries;
  for (formats::Boundary& boundary : graph.boundaries)
    if (boundary.file == graph.file) boundary.file.clear();
  for (std::size_t i = 0; i < verdict.needs.size(); ++i) graph.parameters[i].need = verdict.needs[i];
  for (std::size_t i = 0; i < verdict.member_needs.size(); ++i) {
    const MemberRecord& member = unit.function(id).members[i];
    if (verdict.member_needs[i] == formats::ParameterNeed::none) continue;
    graph.parameters.push_back({graph.parameters[member.parameter].name + "." + member.name, member.type, verdict.member_needs[i]});
  }
  graph.segments = cut(Flattening(unit).run(id), graph);
}

void propose_dry_run_edits(const UnitRecord& unit, const std::vector<Verdict>& verdicts, Proposals& proposals) {
  DryRunEdits(unit, proposals).add(verdicts);
}

}  // namespace dflow::compiler
