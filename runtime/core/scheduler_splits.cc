// Members that reach the scheduler and not each other: where that is made which cannot be brought together.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {
namespace {

// Times that something was asked for in vain.
constexpr std::uint32_t elsewhere_after = 2;  ///< Another worker may reach what the first did not.
constexpr std::uint32_t anew_after = 4;
constexpr std::uint32_t given_up_after = 16;

std::string so_often(std::uint32_t times, Duration span) {
  return " (asked " + std::to_string(times) + " times in " + std::to_string(span / std::chrono::seconds(1)) + " s)";
}

}  // namespace

/// Where a task has to go, if anywhere: that worker may be short of memory, but not about to end.
Index Scheduler::bound_to(Index task) const {
  if (bound_.empty()) return none;
  const auto found = bound_.find(task);
  const Index worker = found == bound_.end() || !found->second.to ? none : fleet_.find(*found->second.to);
  if (worker == none || !fleet_[worker].holds_for_others()) return none;
  if (graph_[task].lane == 0) return worker;
  return fleet_[worker].paused || !may_ever_run(worker, task) ? none : worker;
}

bool Scheduler::may_ever_run(Index worker, Index task) const {
  const Index lane = graph_[task].lane;
  return lane == 0 || std::ranges::binary_search(lanes_[lane].workers, worker);
}

void Scheduler::bind(Index task, Index worker, bool for_good) {
  Bound& bound = bound_[task];
  bound.to = fleet_[worker].self.worker;
  bound.for_good |= for_good;
}

/// One time more in vain. False if that was too often and for too long: a network that is mended soon makes nothing fail.
bool Scheduler::try_on(Index task) {
  Bound& bound = bound_[task];
  if (bound.times++ == 0) bound.since = now_;
  return bound.times < given_up_after || now_ - bound.since < settings_.apart;
}

/// Of a worker that is gone nothing is remembered, and with the next one all may be otherwise.
void Scheduler::forget_breaks(WorkerId worker) {
  for (auto& [task, bound] : bound_) bound.times = 0;
  std::erase_if(broken_, [&](const auto& one) { return one.first.first == worker || one.first.second == worker; });
}

bool Scheduler::unreachable(const MissingInput& missing) const {
  const Index task = graph_.find(missing.id);
  return !missing.gone && missing.reason.empty() && task != none && graph_[task].state == TaskState::stored &&
         Attempt{graph_[task].attempt} == missing.version && fleet_.find(missing.holder) != none;
}

/// As far as is known: whom it did not reach a while ago it may reach now.
bool Scheduler::reaches_inputs(Index worker, Index task) const {
  bool all = true;
  graph_.for_inputs(task, [&](Index input) {
    bool any = graph_[input].first_copy == none;
    for (Index c = graph_[input].first_copy; c != none && !any; c = graph_.copy(c).next_of_task) {
      const Index holder = graph_.copy(c).worker;
      const auto broken = broken_.find({fleet_[worker].self.worker, fleet_[holder].self.worker});
      any = holder == worker || broken == broken_.end() || now_ - broken->second >= settings_.apart;
    }
    all &= any;
  });
  return all;
}

/// Beside the worker that has given it back and those that this one does not reach: the least loaded that may run it and reaches
/// all it needs; `none` if nobody does.
Index Scheduler::middle(Index task) const {
  const Index reader = graph_[task].worker;
  Index best = none;
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    const bool third = worker != reader && !broken_.contains({fleet_[reader].self.worker, fleet_[worker].self.worker});
    if (!third || !fleet_[worker].usable()) continue;
    if (!may_ever_run(worker, task) || !reaches_inputs(worker, task)) continue;
    if (best == none || fleet_[worker].load() < fleet_[best].load()) best = worker;
  }
  return best;
}

/// A task is back from `reader`, which got no answer from those who hold an input, however often it asked. Then it goes to
/// a third who reaches all that it needs. If there is nobody, it has to do with one of the two that do not reach each other:
/// the task goes where its input is, or the input is made where the task was, and added to what is gone. If nothing forbids it,
/// all go the same way, to the older worker, so that nothing is made here and there in turns. False if there is no way.
bool Scheduler::bring_together(Index task, Index reader, std::vector<MissingInput>& missing) {
  const auto first = std::ranges::find_if(missing, [this](const auto& one) { return unreachable(one); });
  if (first == missing.end()) return true;
  for (const MissingInput& one : missing) {
    if (unreachable(one)) broken_[{fleet_[reader].self.worker, one.holder}] = now_;
  }
  if (!try_on(task)) return false;
  const Bound& bound = bound_[task];
  if (bound.times < elsewhere_after) return true;
  const Index input = graph_.find(first->id), holder = fleet_.find(first->holder);
  if (const Index other = middle(task); other != none) {
    bind(task, other, false);
    return true;
  }
  const bool stays = bound.for_good && bound_to(task) == reader;
  const bool can_make = !graph_[input].irreplaceable() && may_ever_run(reader, input);
  const bool can_go = !stays && may_ever_run(holder, task);
  if (!can_make && !can_go) return true;
  const bool older = fleet_[reader].self.worker < fleet_[holder].self.worker;
  const bool here = can_make && (older || !can_go), for_good = can_make != can_go;
  bind(task, here ? reader : holder, for_good);
  if (here) make_here(task, reader, holder, for_good, missing);
  return true;
}

/// What could not be had there, and what only that holder has.
void Scheduler::make_here(Index task, Index reader, Index holder, bool for_good, std::vector<MissingInput>& missing) {
  graph_[task].avoid = none;
  for (MissingInput& one : missing) {
    const Index input = graph_.find(one.id);
    if (!unreachable(one) || graph_[input].irreplaceable() || !may_ever_run(reader, input)) continue;
    bind(input, reader, for_good);
    one.gone = true;
  }
  graph_.for_inputs(task, [&](Index input) {
    const Task& t = graph_[input];
    if (t.state != TaskState::stored || t.irreplaceable() || !may_ever_run(reader, input)) return;
    if (t.copies != 1 || graph_.find_copy(input, holder) == none) return;
    bind(input, reader, for_good);
    missing.push_back({t.id, Attempt{t.attempt}, fleet_[holder].self.worker, true, {}});
  });
}

FailureRef Scheduler::apart(Index task, const std::string& reader, const MissingInput& missing) {
  const Bound& bound = bound_[task];
  Failure failure{.kind = Failure::Kind::invalid, .origin = graph_[task].id, .worker = reader};
  failure.message = reader + " does not reach " + fleet_[fleet_.find(missing.holder)].self.name +
                    so_often(bound.times, now_ - bound.since) + ", which has " + Story<TaskState>::name(missing.id) +
                    ", and no worker was found that reaches both: mend the network between them";
  return std::make_shared<const Failure>(std::move(failure));
}

/// A program, or a task's body that waits, does not get a value from who holds it. A copy goes to somebody else, or it is made
/// again where the body is; if that does not help either, the program is told so, and others keep the value.
void Scheduler::bring_to_client(Index task, const Client& client, MissingInput& missing) {
  if (!unreachable(missing)) return;
  Task& t = graph_[task];
  if (!try_on(task)) {
    const Index inside = client.inside ? fleet_.find(*client.inside) : none;
    emit(TaskEnded{client_of(t.id), t.id, apart(task, inside == none ? "the program" : fleet_[inside].self.name, missing)});
    t.wanted = false;
    return;
  }
  const std::uint32_t times = bound_[task].times;
  if (times < elsewhere_after) return;
  const Index inside = client.inside ? fleet_.find(*client.inside) : none;
  const auto may = [&](Index one) {
    return one != inside && graph_.find_copy(task, one) == none && !transfers_.contains({task, one}) && may_hold(one, task);
  };
  const Index to = times < anew_after ? fleet_.next_in_turn(may) : none;
  if (to != none) return transfer(task, to, none);
  if (inside == none || t.irreplaceable() || !may_ever_run(inside, task)) return;
  bind(task, inside, false);
  missing.gone = true;
}

/// A copy did not come to `worker`. What is to leave its holder is made again, others stay where they are.
void Scheduler::bring_copy(Index task, Index worker, MissingInput& missing) {
  if (!unreachable(missing)) return;
  if (!try_on(task)) return copies_refused(task, worker, apart(task, fleet_[worker].self.name, missing)->message);
  const bool leaves = fleet_[fleet_.find(missing.holder)].retiring;
  const bool anew = leaves && !graph_[task].irreplaceable() && may_ever_run(worker, task);
  if (!anew || bound_[task].times < anew_after) return;
  bind(task, worker, false);
  missing.gone = true;
}

}  // namespace dflow::core
