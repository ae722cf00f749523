// Bodies that nobody wants any more: cancelled, dropped, or over their time limit. To ask one to stop does not stop it.
//
// Until its worker says that it has ended, a body has a thread there, unless it waits for other tasks, and what it asked for. What the
// scheduler takes from a worker it therefore keeps counting there. Were the thread taken for free, tasks would be sent to wait behind
// the body, and the first of them would be taken for one that runs, so that nobody could have it instead.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {

/// As its worker has it, as far as is known. To be asked for before it is taken off the worker's list.
HeldTask Scheduler::body_of(Index task) const {
  const Task& t = graph_[task];
  HeldTask body{.id = t.id, .attempt = Attempt{t.attempt}, .started = t.started, .suspended = t.suspended};
  if (t.lane != 0 && t.options) body.resources = t.options->resources;
  return body;
}

void Scheduler::stop(Index worker, const HeldTask& body) {
  emit(CancelTask{fleet_[worker].self.worker, body.id, body.attempt});
  hold(worker, body);
}

void Scheduler::hold(Index worker, const HeldTask& body) {
  Member& member = fleet_[worker];
  const auto [found, fresh] = member.stopping.try_emplace({body.id, body.attempt});
  if (!fresh) return;
  found->second.suspended = body.suspended;
  if (!body.suspended) ++member.held;
  for (const auto& [name, amount] : body.resources) {
    const auto free = member.free.find(name);
    if (free == member.free.end() || !is_amount(amount)) continue;
    const double taken = std::min(amount, free->second);  // a worker that came back may say what cannot be
    if (taken <= 0) continue;
    free->second -= taken;
    found->second.resources[name] = taken;
  }
  fleet_.changed(worker);
}

/// The body has ended, if this is one.
void Scheduler::let_go(WorkerId worker, TaskId id, Attempt attempt) {
  const Index who = fleet_.find(worker);
  if (who == none) return;
  Member& member = fleet_[who];
  const auto found = member.stopping.find({id, attempt});
  if (found == member.stopping.end()) return;
  if (!found->second.suspended) --member.held;
  for (const auto& [name, amount] : found->second.resources) member.free[name] += amount;
  member.stopping.erase(found);
  member.got_on(now_);
  fleet_.changed(who);
  hungry_.push_back(who);
}

void Scheduler::on(const TaskStopped& event) {
  if (member(event.worker) != none) let_go(event.worker, event.id, event.attempt);
}

/// It has given its thread away, or has one again.
void Scheduler::note_stopping(WorkerId worker, TaskId id, Attempt attempt, bool suspended) {
  const Index who = fleet_.find(worker);
  if (who == none) return;
  Member& member = fleet_[who];
  const auto found = member.stopping.find({id, attempt});
  if (found == member.stopping.end() || found->second.suspended == suspended) return;
  found->second.suspended = suspended;
  suspended ? --member.held : ++member.held;
  fleet_.changed(who);
  hungry_.push_back(who);
}

/// By force: the task has ended, and no body of it may run on.
void Scheduler::end_stopping(TaskId id) {
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    const Member& member = fleet_[worker];
    const auto body = member.stopping.lower_bound({id, Attempt{}});
    if (member.live && body != member.stopping.end() && body->first.first == id) replace(worker);
  }
}

}  // namespace dflow::core
