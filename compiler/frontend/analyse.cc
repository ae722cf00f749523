#include "compiler/frontend/analyse.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace dflow::compiler {
namespace {

using formats::ParameterNeed;

class Analysis {
 public:
  Analysis(const UnitRecord& unit, FunctionId graph) : unit_(unit), graph_(unit.function(graph)) {
    verdict_.needs.resize(graph_.parameters.size());
    verdict_.member_needs.resize(graph_.members.size());
    reach(graph);
    for (const FunctionId id : verdict_.reached) {
      for (const Flow& flow : unit_.function(id).flows)
        if (!is_given(flow)) origins_[flow.to].push_back(flow.from);
    }
  }

  Verdict run() && {
    for (const FunctionId id : verdict_.reached) {
      const FunctionRecord& function = unit_.function(id);
      for (const Effect& effect : function.effects)
        add_boundary(boundary(function.file, effect.line, effect.reason));
      for (const Steering& steering : function.steerings) steer(steering, function.file);
    }
    for (const FunctionId id : verdict_.reached) {
      for (const Steering& choice : unit_.function(id).choices) choose(choice, unit_.function(id).file);
    }
    for (const FunctionId id : verdict_.reached) demand(unit_.function(id).demands);
    std::ranges::sort(verdict_.boundaries, {}, [this](const auto& b) {
      return std::tuple(b.file != graph_.file, b.file, b.line, b.reason);
    });
    verdict_.replicable = verdict_.boundaries.empty();
    if (!verdict_.replicable) verdict_.reason = verdict_.boundaries.front().reason;
    return std::move(verdict_);
  }

 private:
  /// What a member of the graph's own parameter is made of, the whole one need not say.
  bool is_given(const Flow& flow) const {
    return std::ranges::any_of(graph_.members, [&](const MemberRecord& member) {
      return member.place == flow.to.place && graph_.parameters[member.parameter] == flow.from.place;
    });
  }

  void reach(FunctionId id) {
    if (std::ranges::find(verdict_.reached, id) != verdict_.reached.end()) return;
    verdict_.reached.push_back(id);
    for (const FunctionId callee : unit_.function(id).calls) reach(callee);
  }

  /// Everything that `uses` may depend on.
  std::set<Use> closure(const UseList& uses) const {
    std::set<Use> seen(uses.begin(), uses.end());
    UseList open(seen.begin(), seen.end());
    while (!open.empty()) {
      const Use use = open.back();
      open.pop_back();
      const auto found = origins_.find(use);
      if (found == origins_.end()) continue;
      for (const Use origin : found->second) {
        if (seen.insert(origin).second) open.push_back(origin);
      }
    }
    return seen;
  }

  void steer(const Steering& steering, const std::string& file) {
    for (const Use use : closure(steering.uses)) {
      note_need(use);
      const Place& place = unit_.place(use.place);
      if (place.kind != Place::Kind::source) continue;
      need_source(use.place, boundary(file, steering.line, steering.what + " reads " + place.name));
    }
  }

  void choose(const Steering& choice, const std::string& file) {
    for (const Use use : closure(choice.uses)) {
      const Place& place = unit_.place(use.place);
      if (place.is_order)
        need_source(use.place, boundary(file, choice.line, choice.what + " depends on " + place.name));
    }
  }

  /// Only results of tasks matter here: all else is there in a dry run as well.
  void demand(const UseList& uses) {
    for (const Use use : closure(uses)) {
      const Place& place = unit_.place(use.place);
      if (place.kind != Place::Kind::source || !place.is_get) continue;
      if (verdict_.needed_sources.contains(use.place)) continue;
      const auto cut = boundary(place.file, place.line, "the result of " + place.name + " is used at once");
      // One cut is enough where an effect uses the result, as in std::cout << f.get().
      if (is_cut(cut))
        verdict_.needed_sources.try_emplace(use.place, cut);
      else
        need_source(use.place, cut);
    }
  }

  static formats::Boundary boundary(const std::string& file, int line, std::string reason) {
    return {static_cast<std::uint32_t>(line), std::move(reason), file};
  }

  bool is_cut(const formats::Boundary& at) const {
    return std::ranges::any_of(verdict_.boundaries,
                               [&](const auto& b) { return b.line == at.line && b.file == at.file; });
  }

  void note_need(Use use) {
    const ParameterNeed need = use.aspect == Aspect::size ? ParameterNeed::size : ParameterNeed::value;
    if (use.place == graph_.object) verdict_.object_need = std::max(verdict_.object_need, need);
    if (const auto member = std::ranges::find(graph_.members, use.place, &MemberRecord::place); member != graph_.members.end()) {
      ParameterNeed& known = verdict_.member_needs[static_cast<std::size_t>(member - graph_.members.begin())];
      known = std::max(known, need);
    }
    const auto found = std::ranges::find(graph_.parameters, use.place);
    if (found == graph_.parameters.end()) return;
    ParameterNeed& known = verdict_.needs[static_cast<std::size_t>(found - graph_.parameters.begin())];
    known = std::max(known, need);
  }

  void need_source(PlaceId source, const formats::Boundary& boundary) {
    verdict_.needed_sources.try_emplace(source, boundary);
    add_boundary(boundary);
  }

  void add_boundary(const formats::Boundary& boundary) {
    if (std::ranges::find(verdict_.boundaries, boundary) == verdict_.boundaries.end()) {
      verdict_.boundaries.push_back(boundary);
    }
  }

  const UnitRecord& unit_;
  const FunctionRecord& graph_;
  std::map<Use, UseList> origins_;
  Verdict verdict_;
};

}  // namespace

Verdict analyse(const UnitRecord& unit, FunctionId graph) { return Analysis(unit, graph).run(); }

}  // namespace dflow::compiler
