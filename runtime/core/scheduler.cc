// The states of tasks: what a change of circumstances makes of them.
#include "runtime/core/scheduler.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dflow::core {
namespace {

constexpr std::array event_names = {"Tick",
                                    "ClientJoined",
                                    "ClientLeft",
                                    "TasksSubmitted",
                                    "ValueScattered",
                                    "TasksReleased",
                                    "TasksCancelled",
                                    "ValueUnavailable",
                                    "LocateRequested",
                                    "ReplicateRequested",
                                    "RebalanceRequested",
                                    "RetireRequested",
                                    "RestartRequested",
                                    "WorkerJoined",
                                    "WorkerLost",
                                    "Heartbeat",
                                    "TaskStarted",
                                    "TaskSuspended",
                                    "TaskResumed",
                                    "TaskFinished",
                                    "TaskFailed",
                                    "TaskReturned",
                                    "TaskRevoked",
                                    "ValueAdded",
                                    "ValueRemoved",
                                    "FetchFailed",
                                    "RecoveryBegan",
                                    "WorkerAwaited",
                                    "ClientAwaited",
                                    "TaskRan",
                                    "TaskGone",
                                    "OnceGiven",
                                    "JournalRead",
                                    "WorkerReturned",
                                    "ClientReturned",
                                    "TaskTried",
                                    "TaskStopped",
                                    "ReplaceRequested",
                                    "TaskNotGiven"};
static_assert(event_names.size() == std::variant_size_v<Event>);

}  // namespace

Scheduler::Scheduler(Settings settings) : settings_(settings), fleet_(settings_), lanes_(1) {}

std::vector<Action> Scheduler::apply(const Event& event) {
  ++event_number_;
  event_name_ = event_names[event.index()];
  actions_.clear();
  if (recovery_ && put_off(event)) return {};
  std::visit([this](const auto& one) { on(one); }, event);
  settle();
  inline_value_ = {none, nullptr};
  named_.clear();
  return std::exchange(actions_, {});
}

void Scheduler::move(Index task, TaskState to) {
  Task& t = graph_[task];
  if (!legal(t.state, to)) {
    throw BrokenRule(Story<TaskState>::name(t.id) + " must not go from " + std::string(name_of(t.state)) +
                     " to " + std::string(name_of(to)) + " in event " + std::to_string(event_number_) + " (" +
                     event_name_ + "); its last transitions:" + story_.of(t.id));
  }
  story_.add(t.id, t.state, to, event_name_, event_number_);
  t.state = to;
}

void Scheduler::later(Index task) {
  if (graph_[task].on_agenda) return;
  graph_[task].on_agenda = true;
  agenda_.push_back(task);
}

void Scheduler::settle() {
  if (recovery_) return;
  while (!agenda_.empty() || !hungry_.empty()) {
    for (std::size_t i = 0; i < agenda_.size(); ++i) {
      const Index task = agenda_[i];
      graph_[task].on_agenda = false;
      review(task);
    }
    agenda_.clear();
    place_resolved();
    if (hungry_.empty()) continue;
    const Index worker = hungry_.back();
    hungry_.pop_back();
    refill(worker);
  }
  if (fleet_.paused() > 0) feed_paused();
  for (const Index task : forgotten_) graph_.recycle(task);
  forgotten_.clear();
}

void Scheduler::review(Index task) {
  const Task& t = graph_[task];
  switch (t.state) {
    case TaskState::fresh:
      return t.given ? fail_once(task, {}, {}) : activate(task);
    case TaskState::waiting:
      if (!t.needed()) return drop(task);
      return t.missing == 0 ? resolve(task) : (void)follow(task);
    case TaskState::ready:
    case TaskState::assigned:
      return t.needed() ? void() : drop(task);
    case TaskState::arriving:
      if (t.needed()) return;
      return fail(task, std::make_shared<Failure>(Failure{.kind = Failure::Kind::cancelled, .origin = t.id}));
    case TaskState::stored:
      return review_stored(task);
    case TaskState::released:
      if (!t.needed()) return t.first_reader == none ? forget(task) : void();
      if (t.irreplaceable()) return fail(task, loss_of(task, "it had been freed, since nothing needed it"));
      return t.given ? fail_once(task, {}, {}) : activate(task);
    case TaskState::failed:
      return !t.wanted && t.first_reader == none ? forget(task) : void();
    case TaskState::forgotten:
      return;
  }
}

void Scheduler::review_stored(Index task) {
  Task& t = graph_[task];
  if (!t.needed()) {
    free_copies(task);
    move(task, TaskState::released);
    return later(task);
  }
  if (t.copies < t.wanted_copies) replicate(task);
  if (t.wanted && !t.announced) announce(task);
}

void Scheduler::activate(Index task) {
  move(task, TaskState::waiting);
  Task& t = graph_[task];
  t.missing = 0;
  graph_.for_inputs(task, [&](Index input) {
    Task& producer = graph_[input];
    ++producer.readers;
    if (!producer.ended()) ++t.missing;
    if (producer.state == TaskState::released) later(input);
  });
  later(task);
}

void Scheduler::wait_again(Index task) {
  move(task, TaskState::waiting);
  Task& t = graph_[task];
  t.missing = 0;
  graph_.for_inputs(task, [&](Index input) { t.missing += graph_[input].ended() ? 0 : 1; });
  later(task);
}

void Scheduler::deactivate(Index task) {
  graph_.for_inputs(task, [&](Index input) {
    --graph_[input].readers;
    if (!graph_[input].needed()) later(input);
  });
}

void Scheduler::resolve(Index task) {
  Task& t = graph_[task];
  Index failed = none;
  graph_.for_inputs(task, [&](Index input) {
    if (failed == none && graph_[input].state == TaskState::failed) failed = input;
  });
  if (failed != none && sweeps(failed)) {
    const TaskId origin = failures_.at(failed)->origin;
    return fail(task, std::make_shared<Failure>(Failure{.kind = Failure::Kind::swept, .origin = origin}));
  }
  t.default_value = t.on_failure == OnFailure::ignore && (failed != none || deadly(t));
  if (t.default_value) call_off(task);  // what it was sent is not what it is
  if (failed == none || t.default_value) return resolved_.push_back(task);
  fail(task, failures_.at(failed));
}

/// Tasks without inputs that have come together are shared out so that each worker has neighbours.
void Scheduler::expect_runs() {
  Duration work{};
  for (const Index task : resolved_) {
    const bool root = graph_[task].first_input == none && graph_[task].lane == 0;
    if (root) work += std::chrono::microseconds(expect(task));
  }
  fleet_.expect_runs(work);
}

/// Those that have become ready in one event get workers in the order of their ranks, not in that of their submission.
void Scheduler::place_resolved() {
  const auto before = [&](Index a, Index b) { return graph_[a].rank().before(graph_[b].rank()); };
  if (!std::is_sorted(resolved_.begin(), resolved_.end(), before)) {
    std::stable_sort(resolved_.begin(), resolved_.end(), before);
  }
  if (resolved_.size() > 1) expect_runs();
  for (const Index task : resolved_) {
    if (graph_[task].state == TaskState::waiting && graph_[task].missing == 0) enqueue(task);
  }
  if (resolved_.size() > 1) fleet_.expect_runs({});
  resolved_.clear();
}

bool Scheduler::sweeps(Index failed) const {
  const Failure& why = *failures_.at(failed);
  if (why.kind == Failure::Kind::swept) return true;
  const bool itself_cancelled = why.kind == Failure::Kind::cancelled && why.origin == graph_[failed].id;
  return graph_[failed].on_failure == OnFailure::cancel_successors && !itself_cancelled;
}

void Scheduler::drop(Index task) {
  call_off(task);
  if (graph_[task].state == TaskState::assigned) withdraw(task);
  if (graph_[task].state == TaskState::ready) dequeue(task);
  deactivate(task);
  move(task, TaskState::released);
  later(task);
}

void Scheduler::forget(Index task) {
  graph_.for_inputs(task, [&](Index input) { later(input); });
  move(task, TaskState::forgotten);
  failures_.erase(task);
  scattered_.erase(task);
  short_of_copies_.erase(task);
  bound_.erase(task);
  graph_.remove(task);
  forgotten_.push_back(task);
}

void Scheduler::fail(Index task, FailureRef failure) {
  Task& t = graph_[task];
  call_off(task);
  if (t.state == TaskState::assigned && t.worker != none) withdraw(task);
  if (t.state == TaskState::ready) dequeue(task);
  if (t.active()) deactivate(task);
  if (t.state == TaskState::stored) {
    input_lost(task);
    free_copies(task);
  }
  scattering_.erase(task);
  move(task, TaskState::failed);
  graph_.for_inputs(task, [&](Index input) { later(input); });
  graph_.cut_inputs(task);
  has_run(t);
  t.payload.reset();
  if (t.wanted && !t.cancelled_by_client) emit(TaskEnded{client_of(t.id), t.id, failure});
  if (settings_.journal) note_failure(t, failure);
  failures_[task] = std::move(failure);
  input_ended(task);
  later(task);
}

void Scheduler::lose_value(Index task) {
  Task& t = graph_[task];
  end_transfers(task);
  if (t.irreplaceable() && !(t.scattered && t.wanted)) return fail(task, loss_of(task));
  input_lost(task);
  if (t.scattered) {  // whoever still has a future of it has the value
    t.announced = false;
    move(task, TaskState::arriving);
    return place_value(task);
  }
  if (t.needed()) return activate(task);
  move(task, TaskState::released);
  later(task);
}

void Scheduler::has_run(Task& t) {
  errands_ -= t.must_run && t.fire_and_forget;
  t.must_run = false;
}

/// With each task: the one where it began may be forgotten before the last that failed for it is told of.
void Scheduler::note_failure(const Task& t, const FailureRef& failure) { emit(TaskGone{t.id, failure, {}}); }

void Scheduler::input_ended(Index producer) {
  graph_.for_readers(producer, [&](Index consumer) {
    Task& t = graph_[consumer];
    if (t.state == TaskState::waiting && --t.missing == 0) later(consumer);
  });
}

void Scheduler::input_lost(Index producer) {
  graph_.for_readers(producer, [&](Index consumer) {
    Task& t = graph_[consumer];
    if (t.state == TaskState::ready) {
      dequeue(consumer);
      move(consumer, TaskState::waiting);
      t.missing = 0;
    }
    call_off(consumer);
    if (t.state == TaskState::waiting) ++t.missing;
  });
}

}  // namespace dflow::core
