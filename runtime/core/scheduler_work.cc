// Tasks and workers: who runs what, and where it waits.
#include <algorithm>
#include <cmath>

#include "runtime/core/placement.h"
#include "runtime/core/scheduler.h"

namespace dflow::core {

void Scheduler::enqueue(Index task) {
  if (graph_[task].follows) return take_up(task);
  move(task, TaskState::ready);
  Task& t = graph_[task];
  ++t.ticket;
  t.expected = expect(task);
  const Index bound = bound_to(task);
  const Index worker = bound != none           ? bound
                       : t.lane != 0           ? pick_constrained(task)
                       : t.first_input == none ? fleet_.next_of_run(t.avoid)
                                               : soonest(graph_, fleet_, settings_, task, t.avoid);
  const bool room = worker != none && fleet_.has_room(fleet_[worker]) && may_run(worker, task);
  if (room && !outranked(task, worker)) return assign(task, worker);
  if (room) {
    const Index other = fleet_.idlest(worker);
    if (other != none) hungry_.push_back(other);
    hungry_.push_back(worker);
  }
  const bool root = t.first_input == none && t.avoid == none && bound == none;
  const bool anywhere = t.lane != 0 || worker == none || root;
  if (anywhere) return lanes_[t.lane].queue.push({t.rank(), task, t.ticket});
  push_home(task, worker);
}

bool Scheduler::outranked(Index task, Index worker) {
  const auto valid = [this](const ReadyQueue::Entry& entry) { return in_queue(entry); };
  const auto waits = [&](ReadyQueue& queue) {
    const auto* entry = queue.top(valid);
    return entry && entry->rank.priority > graph_[task].priority &&
           (graph_[entry->task].lane == 0 || may_run(worker, entry->task));
  };
  Member& member = fleet_[worker];
  return waits(lanes_[0].queue) || waits(member.home) ||
         std::any_of(member.lanes.begin(), member.lanes.end(), [&](Index lane) { return waits(lanes_[lane].queue); });
}

void Scheduler::push_home(Index task, Index worker) {
  Task& t = graph_[task];
  t.worker = worker;
  fleet_[worker].home.push({t.rank(), task, t.ticket});
  fleet_[worker].home_time += std::chrono::microseconds(t.expected);
  fleet_.changed(worker);
}

void Scheduler::dequeue(Index task) {
  Task& t = graph_[task];
  ++t.ticket;
  const auto valid = [this](const ReadyQueue::Entry& entry) { return in_queue(entry); };
  if (t.worker == none) return lanes_[t.lane].queue.left(valid);
  Member& member = fleet_[t.worker];
  member.home.left(valid);
  member.home_time -= std::chrono::microseconds(t.expected);
  fleet_.changed(t.worker);
  t.worker = none;
}

bool Scheduler::in_queue(const ReadyQueue::Entry& entry) const {
  const Task& t = graph_[entry.task];
  return t.ticket == entry.ticket && t.state == TaskState::ready;
}

void Scheduler::assign(Index task, Index worker) {
  if (graph_[task].once) note_given(task, true);
  order(task, worker);
  begin_assigned(task, worker);
}

void Scheduler::order(Index task, Index worker) {
  Task& t = graph_[task];
  t.attempt = std::max(t.attempt, settings_.epoch) + 1;
  emit(order_to_run(task, worker));
}

void Scheduler::begin_assigned(Index task, Index worker) {
  move(task, TaskState::assigned);
  Task& t = graph_[task];
  t.expected = expect(task);  // more may be known than when it began to wait
  t.started = t.suspended = t.revoking = false;
  put_on_list(task, worker);
  lead(task);
}

void Scheduler::note_given(Index task, bool given) {
  graph_[task].given = given;
  if (settings_.journal) emit(OnceGiven{graph_[task].id, given});
}

/// After a restart it may fail so often as if there had been none.
void Scheduler::note_tried(const Task& t) {
  if (settings_.journal) emit(TaskTried{t.id, t.retries, t.suspicion, t.losses});
}

void Scheduler::put_on_list(Index task, Index worker) {
  Task& t = graph_[task];
  Member& member = fleet_[worker];
  t.worker = worker;
  t.previous = member.last_task;
  t.next = none;
  (member.last_task == none ? member.first_task : graph_[member.last_task].next) = task;
  member.last_task = task;
  if (member.active() == 0 && member.threads() > 0) member.progress = now_;
  ++member.sent;
  member.occupancy += std::chrono::microseconds(t.expected);
  use_resources(worker, task, -1);
  fleet_.changed(worker);
}

/// Tasks that become ready together have the same inputs, often: what one was told is told to the next, as long as no value
/// has come or gone meanwhile.
SharedList<Input> Scheduler::inputs_of(Index task, Index worker) {
  const auto known = named_.find(worker);
  if (known != named_.end() && graph_.needs_just(task, known->second.producers)) return known->second.inputs;
  std::vector<Input> inputs;
  bool lasting = true;
  graph_.for_inputs(task, [&](Index i) {
    inputs.push_back(input(i, worker));
    lasting = lasting && graph_[i].ended();
  });
  SharedList<Input> list(std::move(inputs));
  if (!list.shared() || !lasting) return list;
  NamedInputs& named = named_[worker];
  named.producers.clear();
  graph_.for_inputs(task, [&](Index i) { named.producers.push_back(i); });
  return named.inputs = list;
}

RunTask Scheduler::order_to_run(Index task, Index worker) {
  const Task& t = graph_[task];
  RunTask order{.worker = fleet_[worker].self.worker, .id = t.id, .attempt = Attempt{t.attempt}};
  order.payload = t.payload;
  order.options = t.options;
  if (!t.default_value) order.inputs = inputs_of(task, worker);
  order.rank = t.rank();
  order.wanted = t.wanted;
  order.keep_inputs = t.retries > 0;
  order.on_failure = t.on_failure;
  order.default_value = t.default_value;
  order.alone = t.deaths() > 0;
  return order;
}

void Scheduler::unassign(Index task) {
  call_off_followers(task);
  take_off_list(task);
}

void Scheduler::take_off_list(Index task) {
  end_call_back(task);
  Task& t = graph_[task];
  const Index worker = t.worker;
  Member& member = fleet_[worker];
  (t.previous == none ? member.first_task : graph_[t.previous].next) = t.next;
  (t.next == none ? member.last_task : graph_[t.next].previous) = t.previous;
  --member.sent;
  if (t.suspended)
    --member.suspended;
  else
    member.occupancy -= std::chrono::microseconds(t.expected);
  use_resources(worker, task, 1);
  t.worker = none;
  t.suspended = t.started = false;
  fleet_.changed(worker);
  hungry_.push_back(worker);
}

void Scheduler::withdraw(Index task) {
  call_off_followers(task);
  const Index worker = graph_[task].worker;
  const HeldTask body = body_of(task);
  take_off_list(task);
  stop(worker, body);
}

void Scheduler::rehome(Index worker) {
  Member& member = fleet_[worker];
  std::vector<Index> tasks;
  for (const auto& entry : member.home.entries()) {
    if (in_queue(entry)) tasks.push_back(entry.task);
  }
  for (const Index task : tasks) {
    dequeue(task);
    wait_again(task);
  }
  member.home.clear();
  if (!bound_.empty()) refill_lanes();  // constrained tasks may be bound to it no longer
}

std::uint32_t Scheduler::expect(Index task) const {
  const double known = functions_[graph_[task].function].run_time;
  const double ns = known > 0 ? known : static_cast<double>(settings_.unknown_run_time.count());
  return static_cast<std::uint32_t>(std::clamp(ns / 1000, 1.0, 4e9));
}

void Scheduler::learn(Index task, Duration run_time) {
  double& known = functions_[graph_[task].function].run_time;
  const double seen = std::max(1.0, static_cast<double>(run_time.count()));
  known = known > 0 ? known * 0.75 + seen * 0.25 : seen;
}

}  // namespace dflow::core
