// What tasks ask for: workers by name or host, and amounts of resources.
#include <algorithm>

#include "runtime/core/codec.h"
#include "runtime/core/placement.h"
#include "runtime/core/scheduler.h"

namespace dflow::core {

Index Scheduler::lane_for(const TaskSpec& spec) {
  if (!spec.options || (spec.options->workers.empty() && spec.options->resources.empty())) return 0;
  Encoder name;
  name.put(spec.options->workers);
  name.put(spec.options->resources);
  name.put(spec.options->other_workers);
  const auto [found, fresh] = lane_names_.insert({name.take(), static_cast<Index>(lanes_.size())});
  if (fresh) {
    lanes_.push_back({.demands = spec.options});
    fill_lane(found->second);
  }
  return found->second;
}

void Scheduler::fill_lane(Index number) {
  Lane& lane = lanes_[number];
  for (const Index worker : lane.workers) std::erase(fleet_[worker].lanes, number);
  lane.workers.clear();
  const auto fill = [&](bool named_only) {
    for (Index worker = 0; worker < fleet_.places(); ++worker) {
      Member& member = fleet_[worker];
      if (!member.live || (named_only && !Fleet::named(member, lane.demands->workers))) continue;
      const bool has =
          std::all_of(lane.demands->resources.begin(), lane.demands->resources.end(), [&](const auto& one) {
            const auto found = member.self.resources.find(one.first);
            return one.second <= 0 || (found != member.self.resources.end() && found->second >= one.second);
          });
      if (has) lane.workers.push_back(worker);
    }
  };
  fill(!lane.demands->workers.empty());
  if (lane.workers.empty() && lane.demands->other_workers) fill(false);
  for (const Index worker : lane.workers) {
    fleet_[worker].lanes.push_back(number);
    hungry_.push_back(worker);
  }
}

void Scheduler::refill_lanes() {
  for (Index lane = 1; lane < lanes_.size(); ++lane) fill_lane(lane);
}

bool Scheduler::may_run(Index worker, Index task) const {
  const Task& t = graph_[task];
  if (t.lane == 0) return true;
  const auto& workers = lanes_[t.lane].workers;
  if (!may_ever_run(worker, task) || !fits(fleet_[worker], *t.options)) return false;
  if (const Index bound = bound_to(task); bound != none) return bound == worker;
  // Others that lack what it needs may lack it until it has run: a body may hold that and wait for it.
  return t.avoid != worker || std::none_of(workers.begin(), workers.end(), [&](Index other) {
           return other != worker && fleet_[other].usable() && fits(fleet_[other], *t.options);
         });
}

bool Scheduler::fits(const Member& member, const TaskOptions& demands, double slack) const {
  return std::all_of(demands.resources.begin(), demands.resources.end(), [&](const auto& demand) {
    const auto found = member.free.find(demand.first);
    return demand.second <= 0 || (found != member.free.end() && found->second + slack >= demand.second);
  });
}

Index Scheduler::pick_constrained(Index task) const {
  Index best = none;
  Duration best_start = Duration::max();
  for (const Index worker : lanes_[graph_[task].lane].workers) {
    if (!fleet_.has_room(fleet_[worker]) || !may_run(worker, task)) continue;
    const Duration start = fleet_[worker].load() + fetch_time(graph_, settings_, task, worker);
    if (start >= best_start) continue;
    best = worker;
    best_start = start;
  }
  return best;
}

void Scheduler::use_resources(Index worker, Index task, double sign) {
  const Task& t = graph_[task];
  if (t.lane == 0 || !t.options) return;
  for (const auto& [name, amount] : t.options->resources) {
    if (amount > 0) fleet_[worker].free[name] += sign * amount;
  }
}

}  // namespace dflow::core
