// What workers say of tasks that they have, and what is believed.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {

Index Scheduler::member(WorkerId id) {
  const Index worker = fleet_.find(id);
  if (worker == none)
    emit(FenceWorker{id});
  else
    fleet_[worker].heard = now_;
  return worker;
}

Index Scheduler::current(WorkerId worker, TaskId id, Attempt attempt) {
  const Index who = member(worker);
  const Index task = who == none ? none : graph_.find(id);
  if (task == none) return none;
  const Task& t = graph_[task];
  const bool is = t.state == TaskState::assigned && t.worker == who && Attempt{t.attempt} == attempt;
  return is ? task : none;
}

void Scheduler::on(const TaskStarted& event) {
  Index task = current(event.worker, event.id, event.attempt);
  if (task == none) task = following(event.worker, event.id, event.attempt);
  if (task != none) graph_[task].started = true;
}

void Scheduler::on(const TaskSuspended& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none) return note_stopping(event.worker, event.id, event.attempt, true);
  if (graph_[task].suspended) return;
  Task& t = graph_[task];
  t.suspended = t.started = true;
  ++fleet_[t.worker].suspended;
  fleet_[t.worker].occupancy -= std::chrono::microseconds(t.expected);
  fleet_.changed(t.worker);
  hungry_.push_back(t.worker);
}

void Scheduler::on(const TaskResumed& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none) return note_stopping(event.worker, event.id, event.attempt, false);
  if (!graph_[task].suspended) return;
  Task& t = graph_[task];
  t.suspended = false;
  --fleet_[t.worker].suspended;
  fleet_[t.worker].occupancy += std::chrono::microseconds(t.expected);
  fleet_.changed(t.worker);
}

void Scheduler::on(const TaskFinished& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none) {
    let_go(event.worker, event.id, event.attempt);
    return refuse_value(event.worker, event.id, event.attempt);
  }
  Task& t = graph_[task];
  const Index worker = t.worker;
  if (!t.default_value) learn(task, event.run_time);
  fleet_[worker].got_on(now_);
  take_off_list(task);
  deactivate(task);
  if (const auto found = bound_.find(task); found != bound_.end()) found->second.times = 0;
  move(task, TaskState::stored);
  has_run(t);
  t.ran = true;
  t.bytes = event.bytes;
  if (settings_.journal) emit(TaskRan{t.id, event.attempt, event.bytes});
  add_copy(task, worker);
  inline_value_ = {task, event.value};
  input_ended(task);
  later(task);
}

void Scheduler::on(const TaskFailed& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none) return event.runs_on ? void() : let_go(event.worker, event.id, event.attempt);
  Task& t = graph_[task];
  const Index worker = t.worker;
  const HeldTask body = body_of(task);
  fleet_[worker].got_on(now_);
  unassign(task);
  if (event.runs_on) hold(worker, body);
  if (event.retry && t.retries > 0) {
    --t.retries;
    t.avoid = worker;
    note_tried(t);
    return wait_again(task);
  }
  if (t.default_value && !deadly(t)) {  // it has none: so it fails of its input, as in one process
    t.on_failure = OnFailure::fail;
    return resolve(task);
  }
  auto failure = std::make_shared<Failure>(event.failure ? *event.failure : Failure{});
  failure->origin = t.id;
  failure->worker = fleet_[worker].self.name;
  fail(task, std::move(failure));
}

/// No worker had a part in it: none is named.
void Scheduler::on(const TaskNotGiven& event) {
  const Index assigned = current(event.worker, event.id, event.attempt);
  const Index task = assigned != none ? assigned : following(event.worker, event.id, event.attempt);
  if (task == none) return;
  if (assigned != none) unassign(task);
  fail(task, std::make_shared<const Failure>(Failure{.kind = Failure::Kind::invalid, .origin = event.id, .message = event.why}));
}

void Scheduler::on(const TaskReturned& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none) {
    let_go(event.worker, event.id, event.attempt);
    // One that followed, and whose input was lost to its worker, waits again as others do.
    const Index follower = following(event.worker, event.id, event.attempt);
    return follower != none ? call_off(follower) : void();
  }
  const Index reader = graph_[task].worker;
  graph_[task].avoid = reader;
  std::vector<MissingInput> missing = event.missing;
  const bool go_on = bring_together(task, reader, missing);
  unassign(task);
  if (graph_[task].given) note_given(task, false);
  if (!go_on) {
    const auto one = std::ranges::find_if(missing, [this](const auto& each) { return unreachable(each); });
    return fail(task, apart(task, fleet_[reader].self.name, *one));
  }
  wait_again(task);
  for (const MissingInput& each : missing) value_missing(each);
}

}  // namespace dflow::core
