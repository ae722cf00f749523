#include "compiler/frontend/conclude.h"

#include <algorithm>
#include <ranges>
#include <set>

namespace dflow::compiler {
namespace {

/// The nodes of a function in order, those of the functions it calls in their place; in segments, between
/// which the boundaries lie that are passed on the way.
class Flattening {
 public:
  Flattening(const UnitRecord& unit, const formats::Graph& graph) : unit_(unit), graph_(graph) {}

  void run(FunctionId id, formats::Graph& graph) && {
    add(id, {}, 0);
    graph.segments = std::move(segments_);
    graph.abridged = abridged_;
  }

 private:
  static constexpr std::size_t kMaxNodes = 10'000;
  /// Of calls that are entered: helpers that call one another twice are entered 2^depth times, with nodes in them or not.
  static constexpr std::size_t kMaxCalls = 100'000;
  using Lines = std::set<std::uint32_t>;

  void add(FunctionId id, const std::vector<std::string>& loops, std::uint32_t guards) {
    if (is_full() || calls_ == kMaxCalls) return abridge();
    ++calls_;
    if (!active_.insert(id).second) return;  // recursion: its nodes are there already
    Lines ahead = boundaries_in(unit_.function(id));
    for (const NodeRecord& record : unit_.function(id).nodes) {
      NodeRecord inner = record;
      inner.node.loops.insert(inner.node.loops.begin(), loops.begin(), loops.end());
      inner.node.guards += guards;
      pass(ahead, record.node.line);
      if (record.inlined != FunctionId{-1})
        add(record.inlined, inner.node.loops, inner.node.guards);
      else
        add(std::move(inner.node));
    }
    if (!ahead.empty()) passed_ = true;
    active_.erase(id);
  }

  void add(formats::Node node) {
    if (is_full()) return abridge();
    if (passed_ && !segments_.back().nodes.empty()) segments_.emplace_back();
    passed_ = false;
    node.id = static_cast<std::uint32_t>(count_++);
    if (node.file == graph_.file) node.file.clear();
    segments_.back().nodes.push_back(std::move(node));
  }

  bool is_full() const { return count_ == kMaxNodes; }
  void abridge() { abridged_ = true; }

  /// In what the function itself holds, by their lines.
  Lines boundaries_in(const FunctionRecord& function) const {
    Lines own, found;
    const auto note = [&](const auto& each) { own.insert(static_cast<std::uint32_t>(each.line)); };
    std::ranges::for_each(function.effects, note);
    std::ranges::for_each(function.steerings, note);
    std::ranges::for_each(function.choices, note);
    for (const PlaceId id : function.sources) note(unit_.place(id));
    for (const formats::Boundary& each : graph_.boundaries)
      if ((each.file.empty() ? graph_.file : each.file) == function.file && own.contains(each.line))
        found.insert(each.line);
    return found;
  }

  /// Boundaries before a line. Of those in the same line it is not known which comes first.
  void pass(Lines& ahead, std::uint32_t line) {
    const auto rest = ahead.lower_bound(line);
    passed_ = passed_ || rest != ahead.begin();
    ahead.erase(ahead.begin(), rest);
  }

  const UnitRecord& unit_;
  const formats::Graph& graph_;
  std::set<FunctionId> active_;
  std::vector<formats::Segment> segments_{1};
  std::size_t count_ = 0;
  std::size_t calls_ = 0;
  bool passed_ = false;  ///< A boundary, behind the last node.
  bool abridged_ = false;
};

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
  Flattening(unit, graph).run(id, graph);
}

void propose_dry_run_edits(const UnitRecord& unit, const std::vector<Verdict>& verdicts, Proposals& proposals) {
  DryRunEdits(unit, proposals).add(verdicts);
}

}  // namespace dflow::compiler
