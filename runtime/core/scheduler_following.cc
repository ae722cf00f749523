// Tasks that follow others: they are sent to a worker while what they need is still made there, and it begins them by itself.
//
// Between two short tasks of a chain there would otherwise be the way to the scheduler and back, which takes longer than both. To
// the scheduler such a task waits as others do; when its last input is stored, it is assigned without another word. Until then
// its worker is told to forget it whenever something else becomes of an input, or of the task.
#include "runtime/core/scheduler.h"

namespace dflow::core {
namespace {

constexpr std::uint32_t most_missing = 16;  ///< Inputs, so that looking for where they are made takes little time.

}  // namespace

bool Scheduler::is_short(Index task) const {
  return std::chrono::microseconds(expect(task)) <= settings_.short_run_time;
}

/// The only task that was computed from this one, or is to be; `none` if there are none or several.
Index Scheduler::only_reader(Index task) const {
  const Index edge = graph_[task].first_reader;
  return edge != none && graph_.edge(edge).next_reader == none ? graph_.edge(edge).consumer : none;
}

/// Where the task's value is about to be, for nobody else than `reader`.
Index Scheduler::made_at(Index task, Index reader) const {
  const Task& t = graph_[task];
  const bool soon = t.follows || (t.state == TaskState::assigned && !t.suspended && !t.revoking && is_short(task));
  return soon && only_reader(task) == reader ? t.worker : none;
}

/// The worker that makes all that the task waits for, and has the rest, if it should have the task as well.
Index Scheduler::leader(Index task) const {
  const Task& t = graph_[task];
  if (t.missing == 0 || t.missing > most_missing || t.lane != 0 || t.once || t.suspicion > 0 || t.losses > 0) return none;
  if (t.avoid != none || bound_to(task) != none || !is_short(task)) return none;
  Index worker = none;
  bool all = true;
  graph_.for_inputs(task, [&](Index input) {
    if (!all || graph_[input].ended()) return;
    const Index place = made_at(input, task);
    all = place != none && (worker == none || worker == place);
    worker = place;
  });
  if (!all || !fleet_[worker].usable() || fleet_[worker].following >= settings_.max_following) return none;
  graph_.for_inputs(task, [&](Index input) {
    all = all && (!graph_[input].ended() || graph_.find_copy(input, worker) != none);
  });
  return all ? worker : none;
}

bool Scheduler::follow(Index task) {
  if (graph_[task].follows) return true;
  const Index worker = settings_.max_following > 0 ? leader(task) : none;
  if (worker == none || outranked(task, worker)) return false;
  Task& t = graph_[task];
  t.follows = true;
  t.started = t.suspended = false;
  t.worker = worker;
  ++fleet_[worker].following;
  order(task, worker);
  return true;
}

/// Those that can now follow the task, which is with its worker.
void Scheduler::lead(Index task) {
  if (fleet_[graph_[task].worker].following > settings_.max_following / 2) return;  // so that a row is not walked along for each
  for (std::uint32_t i = 0; i < settings_.max_following; ++i) {
    task = only_reader(task);
    if (task == none || graph_[task].state != TaskState::waiting || !follow(task)) return;
  }
}

/// The task, if this report is about one that follows at this worker.
Index Scheduler::following(WorkerId worker, TaskId id, Attempt attempt) const {
  const Index task = graph_.find(id);
  if (task == none || !graph_[task].follows || Attempt{graph_[task].attempt} != attempt) return none;
  return fleet_[graph_[task].worker].self.worker == worker ? task : none;
}

/// All that it waited for is there.
void Scheduler::take_up(Index task) {
  Task& t = graph_[task];
  t.follows = false;
  --fleet_[t.worker].following;
  move(task, TaskState::ready);
  begin_assigned(task, t.worker);
}

/// Its worker must not wait for it to begin.
void Scheduler::call_off(Index task) {
  Task& t = graph_[task];
  if (!t.follows) return;
  call_off_followers(task);
  Member& member = fleet_[t.worker];
  if (member.live) stop(t.worker, body_of(task));  // it may have begun
  --member.following;
  t.follows = false;
  t.worker = none;
}

void Scheduler::call_off_followers(Index task) {
  graph_.for_readers(task, [this](Index reader) { call_off(reader); });
}

}  // namespace dflow::core
