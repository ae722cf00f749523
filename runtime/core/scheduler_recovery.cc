// A scheduler that takes a killed one's place: what its journal says, and what those who come back tell.
#include <algorithm>
#include <utility>

#include "runtime/core/scheduler.h"

namespace dflow::core {
namespace {

/// What is taken in at once, whatever else waits.
template <class T>
constexpr bool of_recovery =
    std::is_same_v<T, Tick> || std::is_same_v<T, RecoveryBegan> || std::is_same_v<T, WorkerAwaited> ||
    std::is_same_v<T, ClientAwaited> || std::is_same_v<T, TaskRan> || std::is_same_v<T, TaskGone> || std::is_same_v<T, OnceGiven> ||
    std::is_same_v<T, TaskTried> || std::is_same_v<T, JournalRead> || std::is_same_v<T, WorkerReturned> ||
    std::is_same_v<T, ClientReturned>;

}  // namespace

void Scheduler::on(const RecoveryBegan&) {
  if (recovery_ || graph_.size() > 0 || !clients_.empty() || fleet_.live() > 0) return;
  recovery_ = std::make_unique<Recovery>();
}

bool Scheduler::put_off(const Event& event) {
  const auto* lost = std::get_if<WorkerLost>(&event);
  if (lost && recovery_->workers.contains(lost->worker)) return false;  // it need not be waited for
  const bool now = recovery_->reading ||
                   std::visit([]<class T>(const T&) { return of_recovery<T>; }, event);
  if (!now) recovery_->later.push_back(event);
  return !now;
}

// ---- The journal -----------------------------------------------------------------------------------------------------

void Scheduler::on(const WorkerAwaited& event) {
  if (recovery_ && recovery_->reading) recovery_->workers.insert(event.worker);
}

void Scheduler::on(const ClientAwaited& event) {
  if (!recovery_ || !recovery_->reading) return;
  clients_.insert({event.client, {event.inside}});
}

void Scheduler::on(const TaskRan& event) {
  const Index task = recovery_ && recovery_->reading ? graph_.find(event.id) : none;
  if (task == none || graph_[task].copies > 0) return;  // who has the value has said how large it is
  Task& t = graph_[task];
  t.ran = !t.scattered;
  has_run(t);
  t.bytes = event.bytes;
}

void Scheduler::on(const TaskGone& event) {
  const Index task = recovery_ && recovery_->reading ? graph_.find(event.id) : none;
  if (task == none) return;
  FailureRef failure = event.failure;
  if (const auto like = recovery_->gone.find(event.like ? graph_.find(*event.like) : none); like != recovery_->gone.end())
    failure = like->second;
  if (failure) recovery_->gone[task] = std::move(failure);
}

void Scheduler::on(const OnceGiven& event) {
  const Index task = recovery_ && recovery_->reading ? graph_.find(event.id) : none;
  if (task != none && graph_[task].once) graph_[task].given = event.given;
}

void Scheduler::on(const TaskTried& event) {
  const Index task = recovery_ && recovery_->reading ? graph_.find(event.id) : none;
  if (task == none) return;
  Task& t = graph_[task];
  t.retries = std::min(t.retries, event.retries);
  t.suspicion = event.suspicion;
  t.losses = event.losses;
}

void Scheduler::on(const JournalRead&) {
  if (!recovery_ || !recovery_->reading) return;
  recovery_->reading = false;
  if (recovery_->workers.empty()) end_recovery();
}

// ---- Those who come back ---------------------------------------------------------------------------------------------

void Scheduler::on(const WorkerReturned& event) {
  if (!recovery_ || recovery_->workers.erase(event.self.worker) == 0) {
    if (fleet_.find(event.self.worker) == none) emit(FenceWorker{event.self.worker});
    return;
  }
  recovery_->back.push_back(event);
  if (!recovery_->reading && recovery_->workers.empty()) end_recovery();
}

void Scheduler::on(const ClientReturned& event) {
  if (event.again > 0) again_[event.client] = event.again;
  if (recovery_ || !clients_.contains(event.client)) return;
  graph_.for_tasks_of(event.client, [&](Index task) {
    Task& t = graph_[task];
    t.announced = false;
    if (t.wanted && t.state == TaskState::failed) emit(TaskEnded{event.client, t.id, failures_.at(task)});
    if (t.state == TaskState::arriving) place_value(task);  // it says if it has let go of it
    later(task);
  });
}

/// Counts one of the client's messages. True if a scheduler may have taken it up of which the journal says nothing any more.
bool Scheduler::said_before(ClientId client) {
  const auto found = again_.find(client);
  if (found == again_.end()) return false;
  if (--found->second == 0) again_.erase(found);
  return true;
}

void Scheduler::end_recovery() {
  const std::unique_ptr<Recovery> past = std::exchange(recovery_, nullptr);
  for (const WorkerId id : past->workers) emit(FenceWorker{id});  // too late now
  for (const WorkerReturned& worker : past->back) hungry_.push_back(fleet_.add(worker.self, now_));
  refill_lanes();
  take_values(*past);
  take_tasks(*past);
  take_stopping(*past);
  for (const auto& [task, failure] : past->gone) {
    if (graph_[task].state != TaskState::failed) fail(task, failure);  // it was cancelled again meanwhile
  }
  take_the_rest();
  std::vector<ClientId> lost;
  for (const auto& [id, client] : clients_) {
    const Index worker = client.inside ? fleet_.find(*client.inside) : none;
    if (worker != none) fleet_[worker].clients.push_back(id);
    else if (client.inside) lost.push_back(id);
  }
  for (const ClientId id : lost) leave(id);
  settle();
  for (const Event& event : past->later) {
    std::visit([this](const auto& one) { on(one); }, event);
    settle();
    inline_value_ = {none, nullptr};
  }
}

/// The task whose value that may be. What the journal says was cancelled has none, though a worker was not told.
Index Scheduler::owner(const HeldValue& value, const Recovery& past) const {
  const Index task = graph_.find(value.id);
  if (task == none || past.gone.contains(task) || graph_[task].state == TaskState::failed) return none;
  return graph_[task].scattered && value.version != Attempt{0} ? none : task;
}

/// Of a task's value the latest version that anybody has counts.
void Scheduler::take_values(const Recovery& past) {
  std::map<Index, Attempt> best;
  for (const WorkerReturned& worker : past.back) {
    for (const HeldValue& value : worker.values) {
      const Index task = owner(value, past);
      if (task != none) best[task] = std::max(best[task], value.version);
    }
  }
  for (const WorkerReturned& worker : past.back) {
    const Index holder = fleet_.find(worker.self.worker);
    for (const HeldValue& value : worker.values) {
      const Index task = owner(value, past);
      const auto found = best.find(task);
      if (found == best.end() || found->second != value.version || graph_.find_copy(task, holder) != none) {
        emit(FreeValue{worker.self.worker, value.id, value.version});
        continue;
      }
      if (graph_[task].state != TaskState::stored) take_value(task, value);
      add_copy(task, holder);
    }
  }
}

void Scheduler::take_value(Index task, const HeldValue& value) {
  Task& t = graph_[task];
  scattering_.erase(task);
  move(task, TaskState::stored);
  t.attempt = static_cast<std::uint32_t>(value.version);
  t.bytes = value.bytes;
  has_run(t);
  t.ran = !t.scattered;
  if (t.ran && settings_.journal) emit(TaskRan{t.id, value.version, value.bytes});
  later(task);
}

/// Of two workers that do the same the one goes on that was told last.
void Scheduler::take_tasks(const Recovery& past) {
  struct Claim {
    HeldTask held;
    WorkerId worker{};
    std::size_t place = 0;
  };
  std::vector<Claim> claims;
  for (const WorkerReturned& worker : past.back) {
    for (const HeldTask& held : worker.tasks) {
      if (!held.stopping) claims.push_back({held, worker.self.worker, claims.size()});
    }
  }
  // Not a stable sort: clang++ warns of what libstdc++ does there.
  std::ranges::sort(claims, [](const Claim& a, const Claim& b) {
    return a.held.attempt != b.held.attempt ? a.held.attempt > b.held.attempt : a.place < b.place;
  });
  std::vector<const Claim*> unwanted;
  for (const Claim& claim : claims) {
    const Index task = graph_.find(claim.held.id), worker = fleet_.find(claim.worker);
    // It was started with other resources, perhaps, or says what cannot be.
    const auto lacks = [&] {
      const auto& options = graph_[task].options;
      return options && !fits(fleet_[worker], *options, resource_rounding / 2);
    };
    if (task == none || past.gone.contains(task) || graph_[task].state != TaskState::fresh || waits(task, claim.held) || lacks())
      unwanted.push_back(&claim);
    else take_task(task, worker, claim.held);
  }
  for (const Claim* claim : unwanted) stop(fleet_.find(claim->worker), claim->held);
}

/// What has failed for its time limit, and whose end was not heard of, is assigned until it is told again.
void Scheduler::take_stopping(const Recovery& past) {
  for (const WorkerReturned& worker : past.back) {
    for (const HeldTask& held : worker.tasks) {
      const bool assigned = current(worker.self.worker, held.id, held.attempt) != none;
      if (held.stopping && !assigned) hold(fleet_.find(worker.self.worker), held);
    }
  }
}

/// It may have followed others, and what becomes of those is another matter. What is to run once never does.
bool Scheduler::waits(Index task, const HeldTask& held) const {
  bool all = true;
  graph_.for_inputs(task, [&](Index input) { all = all && graph_[input].state == TaskState::stored; });
  return !all && !held.started && !held.suspended && !graph_[task].once;
}

void Scheduler::take_task(Index task, Index worker, const HeldTask& held) {
  move(task, TaskState::assigned);
  Task& t = graph_[task];
  t.attempt = static_cast<std::uint32_t>(held.attempt);
  t.expected = expect(task);
  t.started = held.started || held.suspended;
  t.given = t.once;
  graph_.for_inputs(task, [&](Index input) { ++graph_[input].readers; });
  put_on_list(task, worker);
  if (held.suspended) {
    t.suspended = true;
    ++fleet_[worker].suspended;
    fleet_[worker].occupancy -= std::chrono::microseconds(t.expected);
    fleet_.changed(worker);
  }
  later(task);
}

void Scheduler::take_the_rest() {
  std::vector<Index> tasks;
  graph_.for_tasks([&](Index task) { tasks.push_back(task); });
  for (const Index task : tasks) {
    Task& t = graph_[task];
    if (t.state == TaskState::arriving && clients_.contains(client_of(t.id))) place_value(task);
    else if (t.state == TaskState::arriving) fail(task, loss_of(task));
    if (t.state != TaskState::fresh) continue;
    if (t.ran) move(task, TaskState::released);
    else if (t.given) fail_once(task, {}, {});
    later(task);
  }
}

}  // namespace dflow::core
