// Clients and workers: who comes, who goes, and what that means to their tasks.
#include <algorithm>
#include <utility>

#include "runtime/core/codec.h"
#include "runtime/core/scheduler.h"

namespace dflow::core {

void Scheduler::on(const Tick& event) {
  now_ = std::max(now_, event.now);
  if (recovery_) {
    if (!recovery_->reading && !recovery_->until) recovery_->until = now_ + settings_.recovery;
    if (!recovery_->until || (now_ < *recovery_->until && !recovery_->workers.empty())) return;
    end_recovery();
  }
  for (Index worker = 0; settings_.silence.count() > 0 && worker < fleet_.places(); ++worker) {
    const Member& member = fleet_[worker];
    if (!member.live || now_ - member.heard <= settings_.silence) continue;
    const WorkerLost lost{member.self.worker, {.kind = WorkerEnd::Kind::silent}, {}};
    emit(FenceWorker{lost.worker});
    lose_worker(worker, lost);
  }
  const auto lacking = std::exchange(short_of_copies_, {});
  for (const Index task : lacking) later(task);
  for (const Index worker : fleet_.look_for_overdue(now_)) hungry_.push_back(worker);
  settle();
  review_requests();
  balance();
}

void Scheduler::on(const ClientJoined& event) {
  if (event.inside) {
    const Index worker = fleet_.find(*event.inside);
    if (worker == none) return;
    fleet_[worker].clients.push_back(event.client);
  }
  clients_.insert({event.client, {event.inside}});
}

void Scheduler::on(const ClientLeft& event) {
  const auto found = clients_.find(event.client);
  if (found == clients_.end()) return;
  if (found->second.inside) {
    const Index worker = fleet_.find(*found->second.inside);
    if (worker != none) std::erase(fleet_[worker].clients, event.client);
  }
  leave(event.client);
}

void Scheduler::leave(ClientId client) {
  clients_.erase(client);
  again_.erase(client);
  std::erase_if(requests_, [&](const Request& request) { return request.client == client; });
  std::vector<Index> unsent;
  graph_.for_tasks_of(client, [&](Index task) {
    Task& t = graph_[task];
    t.wanted = false;
    if (!t.fire_and_forget) t.must_run = false;
    if (t.state == TaskState::arriving && !recovery_) unsent.push_back(task);  // else a worker may have it
    later(task);
  });
  for (const Index task : unsent) {
    fail(task, loss_of(task, "the program that has it ended before it could be sent"));
  }
}

void Scheduler::refuse(ClientId client, TaskId id, std::string why) {
  if (!clients_.contains(client)) return;
  Failure failure{.kind = Failure::Kind::invalid, .origin = id};
  failure.message = Story<TaskState>::name(id) + " " + std::move(why);
  emit(TaskEnded{client, id, std::make_shared<Failure>(std::move(failure))});
}

void Scheduler::on(const TasksSubmitted& event) {
  if (!clients_.contains(event.client)) return;
  const bool again = said_before(event.client);
  Places inputs;
  for (const TaskSpec& spec : event.tasks) submit(event.client, spec, again, inputs);
}

void Scheduler::Places::find(const SharedList<TaskId>& inputs, const Graph& graph) {
  const bool as_before = inputs.is(of);
  of = inputs;
  if (as_before && std::ranges::find(all, none) == all.end()) return;
  all.clear();
  for (const TaskId id : inputs) all.push_back(graph.find(id));
}

void Scheduler::submit(ClientId client, const TaskSpec& spec, bool again, Places& inputs) {
  if (client_of(spec.id) != client)
    return refuse(client, spec.id, "was submitted under another client's name");
  if (graph_.find(spec.id) != none) return refuse(client, spec.id, "was submitted before");
  inputs.find(spec.inputs, graph_);
  if (const auto unknown = std::ranges::find(inputs.all, none); unknown != inputs.all.end()) {
    const TaskId id = spec.inputs[static_cast<std::size_t>(unknown - inputs.all.begin())];
    return refuse(client, spec.id, "needs " + Story<TaskState>::name(id) + ", which is not known");
  }
  if (spec.options) {
    for (const auto& [name, amount] : spec.options->resources) {
      if (!is_amount(amount))
        return refuse(client, spec.id, "asks for " + std::to_string(amount) + " of '" + name + "', which is no amount");
    }
  }
  if (spec.once && (spec.retries > 0 || spec.pure))
    return refuse(client, spec.id, "is to run once at most, which goes neither with retries nor with being pure");
  const Index task = graph_.add(spec.id);
  Task& t = graph_[task];
  t.once = spec.once;
  t.given = spec.once && again;
  t.payload = spec.payload;
  t.options = spec.options;
  t.priority = spec.priority;
  t.path = spec.path;
  t.retries = spec.retries;
  t.on_failure = spec.on_failure;
  t.wanted = spec.wanted;
  t.must_run = spec.must_run();
  t.fire_and_forget = spec.fire_and_forget;
  errands_ += t.fire_and_forget;
  t.lane = lane_for(spec);
  t.function =
      function_names_.insert({spec.function, static_cast<std::uint32_t>(functions_.size())}).first->second;
  if (t.function == functions_.size()) functions_.emplace_back();
  const Index parent = spec.inside ? graph_.find(*spec.inside) : none;
  t.order = parent != none ? graph_[parent].order : next_order_++;
  Index last = none;
  for (const Index input : inputs.all) last = graph_.link(task, input, last);
  later(task);
}

void Scheduler::on(const ValueScattered& event) {
  if (!clients_.contains(event.client)) return;
  (void)said_before(event.client);
  if (client_of(event.id) != event.client || graph_.find(event.id) != none) {
    return refuse(event.client, event.id, "was scattered under a name that is taken");
  }
  const Index task = graph_.add(event.id);
  Task& t = graph_[task];
  t.scattered = true;
  t.wanted = true;
  t.bytes = event.bytes;
  t.wanted_copies = std::max<std::uint16_t>(event.copies, 1);
  scattered_[task] = {.workers = event.workers, .what = event.what, .last_holder = {}};
  move(task, TaskState::arriving);
  place_value(task);
}

void Scheduler::on(const TasksReleased& event) {
  (void)said_before(event.client);
  for (const TaskId id : event.tasks) {
    const Index task = graph_.find(id);
    if (task == none || client_of(id) != event.client) continue;
    graph_[task].wanted = false;
    later(task);
  }
}

void Scheduler::on(const TasksCancelled& event) {
  (void)said_before(event.client);
  for (const TaskId id : event.tasks) {
    if (client_of(id) != event.client) continue;
    if (event.force) end_stopping(id);
    const Index task = graph_.find(id);
    if (task == none || graph_[task].state == TaskState::failed) continue;
    Task& t = graph_[task];
    const Index worker = event.force && t.state == TaskState::assigned ? t.worker : none;
    t.cancelled_by_client = true;
    cancel(task);
    if (worker != none) replace(worker);
  }
}

void Scheduler::cancel(Index task) {
  fail(task, std::make_shared<Failure>(Failure{.kind = Failure::Kind::cancelled, .origin = graph_[task].id}));
}

void Scheduler::on(const RestartRequested& event) {
  std::vector<Index> tasks;
  graph_.for_tasks_of(event.client, [&](Index task) {
    if (graph_[task].state != TaskState::failed) tasks.push_back(task);
  });
  for (const Index task : tasks) cancel(task);
  Request request{.client = event.client, .id = event.request};
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    if (!fleet_[worker].live) continue;
    request.workers.push_back(fleet_[worker].self.worker);
    replace(worker);
  }
  requests_.push_back(std::move(request));
}

void Scheduler::on(const ReplaceRequested& event) {
  Request request{.client = event.client, .id = event.request};
  for (const WorkerId id : event.workers) {
    const Index worker = fleet_.find(id);
    if (worker == none) continue;
    request.workers.push_back(id);
    replace(worker);
  }
  requests_.push_back(std::move(request));
  settle();
  review_requests();
}

void Scheduler::replace(Index worker) {
  if (fleet_[worker].closing) return;
  fleet_[worker].closing = true;
  fleet_.changed(worker);
  rehome(worker);
  emit(ReplaceWorker{fleet_[worker].self.worker});
}

void Scheduler::on(const RetireRequested& event) {
  Request request{.client = event.client, .id = event.request};
  for (const WorkerId id : event.workers) {
    const Index worker = fleet_.find(id);
    if (worker == none) continue;
    fleet_[worker].retiring = true;
    fleet_.changed(worker);
    rehome(worker);
    request.workers.push_back(id);
  }
  requests_.push_back(std::move(request));
  settle();
  review_requests();
}

void Scheduler::on(const WorkerJoined& event) {
  if (fleet_.find(event.worker) != none) return;
  const Index worker = fleet_.add(event, now_);
  refill_lanes();
  hungry_.push_back(worker);
  for (auto& [task, to] : scattering_) {
    if (to == none) place_value(task);
  }
  const auto lacking = std::exchange(short_of_copies_, {});
  for (const Index task : lacking) later(task);
}

void Scheduler::on(const WorkerLost& event) {
  if (recovery_ && recovery_->workers.erase(event.worker) > 0) {
    if (!recovery_->reading && recovery_->workers.empty()) end_recovery();
    return;
  }
  const Index worker = fleet_.find(event.worker);
  if (worker == none) return;
  lose_worker(worker, event);
  settle();
  review_requests();
}

void Scheduler::lose_worker(Index worker, const WorkerLost& lost) {
  Member& gone = fleet_[worker];
  gone.live = false;
  fleet_.changed(worker);
  refill_lanes();
  const Index large = too_large(gone, lost);
  const std::string crowd = crowd_of(gone, lost);
  std::vector<Suspect> suspects;
  suspect(gone, lost, suspects);
  std::vector<Index> values;
  while (gone.first_copy != none) {
    values.push_back(graph_.copy(gone.first_copy).task);
    remove_copy(gone.first_copy);
  }
  for (const Index task : values) {
    if (graph_[task].state == TaskState::stored && graph_[task].copies == 0)
      lose_value(task);
    else
      later(task);
  }
  rehome(worker);
  std::vector<Index> tasks;
  for (Index task = gone.first_task; task != none; task = graph_[task].next) tasks.push_back(task);
  for (const Index task : tasks) unassign(task);
  const bool ran = std::ranges::any_of(suspects, [](const Suspect& each) { return each.suspicion > 0; });
  if (large != none && !ran && graph_[large].active()) suspects.push_back({large, Task::kSuspicion, true});
  for (const Suspect& each : suspects) blame(each, gone, lost.end);
  if (!crowd.empty()) {
    for (const Index task : values) crowd_out(task, gone, lost.end, crowd);
  }
  for (const Index task : tasks) {
    if (graph_[task].state != TaskState::assigned) continue;
    if (graph_[task].given) fail_once(task, gone.self.name, lost.end);
    else wait_again(task);
  }
  for (auto& [task, thief] : thieves_) {
    if (thief == worker) thief = none;
  }
  std::erase_if(transfers_, [&](const auto& transfer) {
    if (transfer.first.to != worker) return false;
    later(transfer.first.task);
    return true;
  });
  for (auto& [transfer, end] : transfers_) {
    if (end.drop_from == worker) end.drop_from = none;
  }
  for (auto& [task, to] : scattering_) {
    if (to == worker) place_value(task);
  }
  for (const ClientId client : std::exchange(gone.clients, {})) leave(client);
  gone.live = false;
  forget_breaks(gone.self.worker);
  fleet_.remove(worker);
}

void Scheduler::on(const Heartbeat& event) {
  const Index worker = member(event.worker);
  if (worker == none) return;
  Member& member = fleet_[worker];
  member.process = event.memory;
  member.limit = event.limit;
  member.spilled = event.spilled;
  if (event.paused) drop_surplus(worker);
  if (member.paused == event.paused) return;
  member.paused = event.paused;
  fleet_.changed(worker);
  if (event.paused)
    rehome(worker);
  else
    hungry_.push_back(worker);
}}  // namespace dflow::core
