// Values: where their copies are, who is told, and requests about them.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {

void Scheduler::add_copy(Index task, Index worker) {
  Member& member = fleet_[worker];
  graph_.add_copy(task, worker, member.first_copy);
  named_.clear();
  fleet_.holds_more(worker, graph_[task].bytes);
}

void Scheduler::remove_copy(Index copy) {
  const Copy gone = graph_.copy(copy);
  Member& member = fleet_[gone.worker];
  graph_.remove_copy(copy, member.first_copy);
  named_.clear();
  fleet_.holds_less(gone.worker, graph_[gone.task].bytes);
  if (graph_[gone.task].scattered) scattered_[gone.task].last_holder = member.self.name;
}

void Scheduler::free_copies(Index task) {
  const Task& t = graph_[task];
  while (t.first_copy != none) {
    emit(FreeValue{fleet_[graph_.copy(t.first_copy).worker].self.worker, t.id, Attempt{t.attempt}});
    remove_copy(t.first_copy);
  }
  end_transfers(task);
}

Input Scheduler::input(Index task, Index reader) const {
  const Task& t = graph_[task];
  Input result{.id = t.id, .version = Attempt{t.attempt}, .bytes = t.bytes};
  if (reader != none && graph_.find_copy(task, reader) != none) {
    result.holders.push_back(fleet_[reader].self.worker);
    return result;
  }
  for (Index c = t.first_copy; c != none && result.holders.size() < settings_.max_sources;) {
    result.holders.push_back(fleet_[graph_.copy(c).worker].self.worker);
    c = graph_.copy(c).next_of_task;
  }
  return result;
}

void Scheduler::announce(Index task) {
  Task& t = graph_[task];
  if (t.scattered && !t.announced && t.copies < std::min<std::size_t>(t.wanted_copies, copies_possible(task)))
    return;
  t.announced = true;
  Payload value = inline_value_.first == task ? inline_value_.second : nullptr;
  emit(TaskDone{client_of(t.id), input(task, none), std::move(value)});
}

/// What became of a value that no body makes (any more), for whoever needs it. Of a scattered one it is told, if nothing else
/// has become of it, that its last holder is gone.
FailureRef Scheduler::loss_of(Index task, std::string how) const {
  const Task& t = graph_[task];
  const auto known = scattered_.find(task);
  if (!t.scattered || known == scattered_.end()) {
    const auto kind = t.scattered ? Failure::Kind::data_lost : Failure::Kind::ran_and_lost;
    return std::make_shared<const Failure>(Failure{.kind = kind, .origin = t.id});
  }
  const auto& [names, what, last_holder] = known->second;
  if (how.empty()) {
    how = (last_holder.empty() ? "it never reached a worker" : "it was lost with " + last_holder) +
          ", and the program has no future of it any more; scatter(value, replicas) places more copies";
  }
  Failure failure{.kind = Failure::Kind::data_lost, .origin = t.id, .worker = last_holder};
  failure.message = (what.empty() ? "a value" : what) + " (" + std::to_string(t.bytes) + " bytes): " + std::move(how);
  return std::make_shared<const Failure>(std::move(failure));
}

void Scheduler::place_value(Index task) {
  const Index worker = fleet_.next_in_turn([&](Index one) { return may_hold(one, task); });
  scattering_[task] = worker;
  if (worker == none) return;
  emit(PlaceValue{client_of(graph_[task].id), graph_[task].id, fleet_[worker].self.worker});
}

void Scheduler::refuse_value(WorkerId worker, TaskId id, Attempt version) {
  const Index who = fleet_.find(worker);
  if (who == none) return;
  const Index task = graph_.find(id);
  const bool held = task != none && graph_[task].state == TaskState::stored &&
                    Attempt{graph_[task].attempt} == version && graph_.find_copy(task, who) != none;
  if (!held) emit(FreeValue{worker, id, version});
}

void Scheduler::value_missing(const MissingInput& missing) {
  const Index holder = fleet_.find(missing.holder);
  const Index task = graph_.find(missing.id);
  if (holder == none || task == none || !missing.gone || Attempt{graph_[task].attempt} != missing.version)
    return;
  const Index copy = graph_.find_copy(task, holder);
  if (copy == none) return;
  // It may have come back there since somebody did not find it: then it goes, so that all agree.
  emit(FreeValue{missing.holder, missing.id, missing.version});
  remove_copy(copy);
  if (graph_[task].copies == 0) return lose_value(task);
  later(task);
}

void Scheduler::on(const ValueAdded& event) {
  const Index worker = member(event.worker);
  if (worker == none) return;
  const Index task = graph_.find(event.id);
  const bool known = task != none && Attempt{graph_[task].attempt} == event.version;
  const bool arrives = known && graph_[task].state == TaskState::arriving;
  if (!arrives && !(known && graph_[task].state == TaskState::stored)) {
    return refuse_value(event.worker, event.id, event.version);
  }
  if (graph_.find_copy(task, worker) != none) return;
  if (arrives) {
    scattering_.erase(task);
    move(task, TaskState::stored);
    graph_[task].bytes = event.bytes;
  }
  add_copy(task, worker);
  if (arrives) input_ended(task);
  end_transfer(task, worker, true);
  later(task);
  if (few_are_asked_for()) {
    settle();
    review_requests();
  }
}

/// Requests about few values are answered when they are met; to look through many with each value that
/// arrives would take longer than they need, so others wait for the next tick.
bool Scheduler::few_are_asked_for() const {
  std::size_t count = 0;
  for (const Request& request : requests_) count += request.tasks.size() + request.transfers.size();
  return count > 0 && count <= 16;
}

void Scheduler::on(const ValueRemoved& event) {
  if (member(event.worker) == none) return;
  value_missing({event.id, event.version, event.worker, true, {}});
}

void Scheduler::on(const FetchFailed& event) {
  const Index worker = member(event.worker);
  const Index task = graph_.find(event.missing.id);
  if (worker == none || task == none) return;
  end_transfer(task, worker, false);
  if (!event.missing.reason.empty()) return copies_refused(task, worker, event.missing.reason);
  MissingInput missing = event.missing;
  bring_copy(task, worker, missing);
  value_missing(missing);
}

void Scheduler::on(const ValueUnavailable& event) {
  const Index task = graph_.find(event.id);
  if (task != none && client_of(event.id) == event.client && graph_[task].state == TaskState::arriving) {
    return fail(task, loss_of(task, event.reason));
  }
  if (task == none || !graph_[task].wanted || client_of(event.id) != event.client) {
    return refuse(event.client, event.id, "is not known to the scheduler");
  }
  if (graph_[task].state == TaskState::failed) {
    return emit(TaskEnded{event.client, event.id, failures_.at(task)});
  }
  MissingInput missing{event.id, event.version, event.worker, event.gone, {}};
  bring_to_client(task, clients_.at(event.client), missing);
  value_missing(missing);
  if (!graph_[task].wanted) return later(task);
  if (graph_[task].scattered) {
    if (graph_[task].state == TaskState::stored) announce(task);
    return;
  }
  graph_[task].announced = false;
  later(task);
}

void Scheduler::on(const LocateRequested& event) {
  Located answer{event.client, event.request, {}, {}};
  for (const TaskId id : event.tasks) {
    const Index task = graph_.find(id);
    if (task == none) continue;
    const Task& t = graph_[task];
    if (t.state == TaskState::assigned && t.started) answer.running.push_back(id);
    if (t.state != TaskState::stored) continue;
    Input& value =
        answer.values.emplace_back(Input{.id = id, .version = Attempt{t.attempt}, .bytes = t.bytes});
    for (Index c = t.first_copy; c != none; c = graph_.copy(c).next_of_task) {
      value.holders.push_back(fleet_[graph_.copy(c).worker].self.worker);
    }
  }
  emit(std::move(answer));
}

void Scheduler::review_requests() {
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    if (fleet_[worker].live && fleet_[worker].retiring && !fleet_[worker].closing) evacuate(worker);
  }
  for (auto it = requests_.begin(); it != requests_.end();) {
    if (!done(*it)) {
      ++it;
      continue;
    }
    emit(RequestDone{it->client, it->id, {}});
    it = requests_.erase(it);
  }
}

bool Scheduler::done(const Request& request) const {
  const auto there = [&](WorkerId id) { return fleet_.find(id) != none; };
  if (std::any_of(request.workers.begin(), request.workers.end(), there)) return false;
  const auto moving = [&](const Transfer& transfer) { return transfers_.contains(transfer); };
  if (std::any_of(request.transfers.begin(), request.transfers.end(), moving)) return false;
  return std::all_of(request.tasks.begin(), request.tasks.end(), [&](TaskId id) {
    const Index task = graph_.find(id);
    if (task == none || !graph_[task].wanted || graph_[task].state == TaskState::failed) return true;
    const std::size_t enough = std::min<std::size_t>(request.copies, copies_possible(task));
    return graph_[task].state == TaskState::stored && graph_[task].copies >= std::max<std::size_t>(enough, 1);
  });
}

}  // namespace dflow::core
