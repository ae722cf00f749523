#include "runtime/core/ledger.h"

#include <algorithm>
#include <utility>

namespace dflow::core {
namespace {

/// Tasks in one message of what is restated, and bytes of them: a journal's record has a bound.
constexpr std::size_t kTogether = 1000;
constexpr std::size_t kBytesTogether = 1 << 20;
constexpr std::size_t kReleasedTogether = 100'000;

/// What of its size has no bound.
std::size_t unbounded_bytes(const TaskSpec& task) {
  return size_of(task.payload) + task.inputs.size() * sizeof(TaskId);
}

}  // namespace

void Ledger::add(const Fact& fact) {
  std::visit([this](const auto& one) { on(one); }, fact);
  while (!idle_.empty()) {
    const TaskId id = idle_.back();
    idle_.pop_back();
    drop_if_idle(id);
  }
}

Ledger::Kept* Ledger::find(TaskId id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

void Ledger::on(const TasksSubmitted& event) {
  if (!is_there(event.client)) return;
  for (const TaskSpec& spec : event.tasks) {
    const auto known = [this](TaskId id) { return tasks_.contains(id); };
    if (client_of(spec.id) != event.client || known(spec.id)) continue;
    if (!std::all_of(spec.inputs.begin(), spec.inputs.end(), known)) continue;
    for (const TaskId input : spec.inputs) ++tasks_.at(input).consumers;
    Kept& kept = tasks_[spec.id];
    kept.what = spec;
    kept.order = next_order_++;
    kept.wanted = spec.wanted;
    kept.must_run = spec.must_run();
    if (!spec.wanted && !kept.must_run) idle_.push_back(spec.id);
  }
}

void Ledger::on(const ValueScattered& event) {
  if (!is_there(event.client) || client_of(event.id) != event.client || tasks_.contains(event.id)) return;
  tasks_[event.id] = Kept{.what = event, .order = next_order_++};
}

void Ledger::on(const TasksReleased& event) {
  for (const TaskId id : event.tasks) {
    Kept* kept = client_of(id) == event.client ? find(id) : nullptr;
    if (!kept) continue;
    kept->wanted = false;
    idle_.push_back(id);
  }
}

void Ledger::on(const ClientJoined& event) { clients_.insert({event.client, {.inside = event.inside}}); }

void Ledger::on(const ClientLeft& event) {
  const auto client = clients_.find(event.client);
  if (client == clients_.end()) return;
  client->second.left = true;
  bool any = false;
  for (auto task = tasks_.lower_bound(task_id(event.client, 0));
       task != tasks_.end() && client_of(task->first) == event.client; ++task) {
    Kept& kept = task->second;
    const auto* spec = std::get_if<TaskSpec>(&kept.what);
    kept.wanted = false;
    if (!spec || !spec->fire_and_forget) kept.must_run = false;
    idle_.push_back(task->first);
    any = true;
  }
  if (!any) clients_.erase(client);
}

void Ledger::on(const WorkerJoined& event) { workers_.insert({event.worker, event}); }

/// And the clients inside its tasks with it.
void Ledger::on(const WorkerGone& event) {
  workers_.erase(event.worker);
  std::vector<ClientId> inside;
  for (const auto& [id, client] : clients_) {
    if (client.inside == event.worker) inside.push_back(id);
  }
  for (const ClientId id : inside) on(ClientLeft{id});
}

void Ledger::on(const TaskRan& event) {
  Kept* kept = find(event.id);
  if (!kept) return;
  kept->ran = event;
  kept->must_run = false;
  idle_.push_back(event.id);
}

void Ledger::on(const TaskGone& event) {
  Kept* kept = find(event.id);
  if (!kept) return;
  kept->failure = event.failure;
  if (const Kept* other = event.like ? find(*event.like) : nullptr; other) kept->failure = other->failure;
  if (!kept->failure) {
    Failure unknown{.kind = Failure::Kind::invalid, .origin = event.like.value_or(event.id)};
    unknown.message = "failed before the scheduler was restarted";
    kept->failure = std::make_shared<Failure>(std::move(unknown));
  }
  kept->must_run = false;
  cut_inputs(*kept);
  if (auto* spec = std::get_if<TaskSpec>(&kept->what)) spec->payload.reset();
  idle_.push_back(event.id);
}

void Ledger::on(const OnceGiven& event) {
  if (Kept* kept = find(event.id)) kept->given = event.given;
}

void Ledger::on(const ClientHeard& event) {
  const auto found = clients_.find(event.client);
  if (found != clients_.end()) found->second.heard = event.messages;
}

void Ledger::on(const TaskTried& event) {
  if (Kept* kept = find(event.id)) kept->tried = event;
}

bool Ledger::is_there(ClientId client) const {
  const auto found = clients_.find(client);
  return found != clients_.end() && !found->second.left;
}

std::optional<std::uint64_t> Ledger::heard(ClientId client) const {
  if (!is_there(client)) return {};
  return clients_.at(client).heard;
}

void Ledger::hear(ClientId client) {
  const auto found = clients_.find(client);
  if (found != clients_.end()) ++found->second.heard;
}

void Ledger::doubt(const std::function<void(const Fact&)>& tell) {
  for (auto& [id, kept] : tasks_) {
    const auto* spec = std::get_if<TaskSpec>(&kept.what);
    if (!spec || !spec->once || kept.given || kept.ran || kept.failure) continue;
    kept.given = true;
    tell(OnceGiven{id});
  }
}

void Ledger::cut_inputs(Kept& kept) {
  auto* spec = std::get_if<TaskSpec>(&kept.what);
  if (!spec) return;
  for (const TaskId id : std::exchange(spec->inputs, {})) {
    Kept* input = find(id);
    if (input && --input->consumers == 0) idle_.push_back(id);
  }
}

void Ledger::drop_if_idle(TaskId id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return;
  Kept& kept = found->second;
  if (kept.wanted || kept.must_run || kept.consumers > 0) return;
  cut_inputs(kept);
  tasks_.erase(found);
  const auto client = clients_.find(client_of(id));
  if (client == clients_.end() || !client->second.left) return;
  const auto next = tasks_.lower_bound(task_id(client->first, 0));
  if (next == tasks_.end() || client_of(next->first) != client->first) clients_.erase(client);
}

void Ledger::restate(const std::function<void(const Fact&)>& tell) const {
  for (const auto& [id, worker] : workers_) tell(worker);
  for (const auto& [id, client] : clients_) tell(ClientJoined{id, client.inside});
  std::vector<std::pair<std::uint64_t, TaskId>> order;
  for (const auto& [id, kept] : tasks_) order.push_back({kept.order, id});
  std::ranges::sort(order);

  TasksSubmitted together;
  std::size_t bytes = 0;
  const auto submit = [&] {
    bytes = 0;
    if (!together.tasks.empty()) tell(std::exchange(together, {}));
  };
  for (const auto& [number, id] : order) {
    const Kept& kept = tasks_.at(id);
    if (const auto* scattered = std::get_if<ValueScattered>(&kept.what)) {
      submit();
      tell(*scattered);
      continue;
    }
    if (together.client != client_of(id) || together.tasks.size() == kTogether) submit();
    together.client = client_of(id);
    together.tasks.push_back(std::get<TaskSpec>(kept.what));
    together.tasks.back().wanted = true;  // until what is computed from it is there
    bytes += unbounded_bytes(together.tasks.back());
    if (bytes >= kBytesTogether) submit();
  }
  submit();

  std::map<const Failure*, TaskId> told;
  std::map<ClientId, TasksReleased> released;
  for (const auto& [number, id] : order) {
    const Kept& kept = tasks_.at(id);
    if (kept.given) tell(OnceGiven{id});
    if (kept.tried && !kept.failure) tell(*kept.tried);
    if (kept.ran) tell(*kept.ran);
    if (kept.failure) {
      const auto [first, fresh] = told.insert({kept.failure.get(), id});
      tell(fresh ? TaskGone{id, kept.failure, {}} : TaskGone{id, nullptr, first->second});
    }
    if (kept.wanted) continue;
    TasksReleased& of_client = released[client_of(id)];
    of_client.client = client_of(id);
    of_client.tasks.push_back(id);
    if (of_client.tasks.size() == kReleasedTogether) tell(std::exchange(of_client, {}));
  }
  for (const auto& [client, tasks] : released) {
    if (!tasks.tasks.empty()) tell(tasks);
  }
  for (const auto& [id, client] : clients_) {
    if (client.left) tell(ClientLeft{id});
    else if (client.heard > 0) tell(ClientHeard{id, client.heard});
  }
}

}  // namespace dflow::core
