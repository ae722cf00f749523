// What a program asks of its cluster, beyond running tasks.

#include <algorithm>
#include <span>
#include <stdexcept>

#include <dflow/errors.h>

#include "runtime/cluster/client_session.h"
#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/value_forms.h"
#include "runtime/local/resources.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;
using detail::State;

namespace {

core::TaskId id_of(const Node& node) {
  const detail::Extras* extras = node.extras();
  return core::TaskId{extras ? extras->remote_id : 0};
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// What `call` has workers run, and no task.
std::string write_alone(Node& task, const std::string& call) {
  return write_task(task, [&](Node&) -> InputRef { throw std::invalid_argument("dflow: " + call + " takes no futures: get() them first"); });
}

}  // namespace

template <class Message>
std::optional<ClientSession::Answer> ClientSession::ask_until(Message message, Deadline deadline) {
  if (!scheduler_) connect();
  core::RequestId request{};
  message.client = id_;
  {
    const std::lock_guard lock(mutex_);
    request = core::RequestId{++last_request_};
    message.request = request;
    answers_[request].question = core::encode(FromClient(message));
  }
  flush();
  {
    const std::lock_guard order(sending_);
    send(FromClient(std::move(message)));
  }
  std::unique_lock lock(mutex_);
  const auto ended = [&] { return answers_[request].there || !lost_.empty(); };
  const bool in_time = deadline ? changed_.wait_until(lock, *deadline, ended) : (changed_.wait(lock, ended), true);
  Answer answer = std::move(answers_[request]);
  answers_.erase(request);
  if (!in_time) return std::nullopt;
  if (!answer.there) throw Error(lost_);
  if (answer.error) std::rethrow_exception(answer.error);
  return answer;
}

void ClientSession::answer(core::RequestId request, Answer answer) {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(request);
  if (found == answers_.end()) return;
  answer.calls = std::move(found->second.calls);
  found->second = std::move(answer);
  found->second.there = true;
  changed_.notify_all();
}

void ClientSession::on(core::Located& message) { answer(message.request, {.located = std::move(message)}); }

void ClientSession::on(core::RequestDone& message) {
  Answer done;
  if (!message.error.empty()) done.error = std::make_exception_ptr(Error("dflow: " + message.error));
  answer(message.request, std::move(done));
}

void ClientSession::on(SetUpEnded& message) {
  Answer done;
  if (!message.exception.empty()) done.error = read_exception(message.exception, message.worker);
  answer(message.request, std::move(done));
}

void ClientSession::on(CallEnded& message) {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(message.request);
  if (found != answers_.end()) found->second.calls[message.worker] = std::move(message);
}

// ---- Workers ---------------------------------------------------------------------------------------------------------

/// The workers of a program's own cluster are on their way when its first Executor is there.
void ClientSession::wait_for_start() {
  std::size_t expected = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!started_) expected = options_.workers.size();
  }
  if (expected > 0) wait_for_workers(expected, std::nullopt);
}

std::vector<WorkerInfo> ClientSession::workers() {
  if (options_.inside_worker) ask(core::LocateRequested{});  // whoever had joined when it was asked is known afterwards
  wait_for_start();
  const std::lock_guard lock(mutex_);
  std::vector<WorkerInfo> infos;
  for (const auto& [id, worker] : workers_) {
    infos.push_back({.name = worker.name,
                     .host = worker.host,
                     .pid = worker.pid,
                     .threads = static_cast<std::size_t>(worker.threads),
                     .resources = worker.resources});
  }
  std::ranges::sort(infos, {}, [](const WorkerInfo& info) { return std::pair(info.name.size(), info.name); });
  return infos;
}

bool ClientSession::wait_for_workers(std::size_t count, Deadline deadline) {
  if (!scheduler_) connect();
  std::unique_lock lock(mutex_);
  if (!options_.workers.empty() && count > options_.workers.size()) {
    throw std::invalid_argument("dflow: wait_for_workers(" + std::to_string(count) + "): this program has " +
                                std::to_string(options_.workers.size()) + " (DFLOW_WORKERS)");
  }
  const auto there = [&] { return workers_.size() >= count || !lost_.empty(); };
  if (!deadline) changed_.wait(lock, there);
  else if (!changed_.wait_until(lock, *deadline, there)) return false;
  if (!lost_.empty()) throw Error(lost_);
  if (count >= options_.workers.size()) started_ = true;
  return true;
}

/// Throws std::invalid_argument for a name that no worker has.
std::map<core::WorkerId, std::string> ClientSession::named(const std::vector<std::string>& names, const std::string& call) {
  const std::vector<WorkerInfo> all = workers();
  std::map<core::WorkerId, std::string> found;
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    const auto worker = std::ranges::find_if(workers_, [&](const auto& each) { return each.second.name == name; });
    if (worker == workers_.end()) {
      std::vector<std::string> known;
      for (const WorkerInfo& info : all) known.push_back(info.name);
      throw std::invalid_argument("dflow: " + call + ": there is no worker '" + name + "', only " + listed(known));
    }
    found.insert({worker->first, name});
  }
  return found;
}

/// Those of now.
std::map<core::WorkerId, std::string> ClientSession::all_workers() {
  wait_for_start();
  std::map<core::WorkerId, std::string> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, worker] : workers_) found.insert({id, worker.name});
  return found;
}

void ClientSession::retire(const std::vector<std::string>& names) {
  core::RetireRequested request;
  for (const auto& [id, name] : named(names, "retire_workers()")) request.workers.push_back(id);
  {
    const std::lock_guard lock(mutex_);
    if (!request.workers.empty() && request.workers.size() >= workers_.size()) {
      throw std::invalid_argument("dflow: retire_workers() would leave nobody to run tasks: at least one has to stay");
    }
    for (const std::string& name : names) options_.workers.erase(name);
  }
  if (!request.workers.empty()) ask(std::move(request));
}

void ClientSession::restart() {
  std::vector<NodeRef> held;
  {
    const std::lock_guard lock(mutex_);
    for (Node* node : held_) {
      node->retain();
      held.emplace_back(node);
    }
  }
  ask(core::RestartRequested{});
  for (const NodeRef& node : held) cancel(*node.get());
}

bool ClientSession::restart(const std::vector<std::string>& names, Deadline deadline) {
  core::ReplaceRequested request;
  for (const auto& [id, name] : named(names, "restart_workers()")) request.workers.push_back(id);
  return request.workers.empty() || ask_until(std::move(request), deadline);
}

void ClientSession::set_up(Node& task) {
  wait_for_start();
  SetUpRequested request;
  request.task = write_alone(task, "on_worker()");
  ask(request);
  request.again = true;
  const std::lock_guard lock(mutex_);
  set_ups_.push_back(core::encode(FromClient(std::move(request))));
}

std::map<std::string, NodeRef> ClientSession::call(Node& task, const std::vector<std::string>* names) {
  check_result_crosses(task);
  CallRequested request;
  request.task = write_alone(task, "run_on_workers()");
  const std::map<core::WorkerId, std::string> called = names ? named(*names, "run_on_workers()") : all_workers();
  for (const auto& [id, name] : called) request.workers.push_back(id);
  std::map<std::string, CallEnded> ends;
  std::map<core::WorkerId, CallEnded> answers = ask(std::move(request)).calls;
  for (const auto& [id, name] : called) ends[name] = std::move(answers[id]);
  std::map<std::string, NodeRef> values;
  for (const auto& [name, end] : ends) {
    if (end.lost) throw Error("dflow: run_on_workers(): " + name + " was lost before it had answered");
    if (!end.exception.empty()) std::rethrow_exception(read_exception(end.exception, name));
    Reader value(std::as_bytes(std::span(end.value)));
    values[name] = hold_value(value, *task.value_form());
  }
  return values;
}

/// What none of the workers that there will ever be may have would wait for ever: a task, or a scattered value.
void ClientSession::check_demands(const Node* task, const TaskOptions& options) const {
  if (options_.workers.empty() || (options.workers.empty() && options.resources.empty())) return;
  const auto named = [&](const std::string& name) {
    return options.workers.empty() || std::ranges::any_of(options.workers, [&](const std::string& wanted) {
             return wanted == name || wanted == options_.self.host;
           });
  };
  const auto has = [&](const std::map<std::string, double>& resources) {
    return std::ranges::all_of(options.resources, [&](const auto& demand) {
      const auto found = resources.find(demand.first);
      return demand.second <= 0 || (found != resources.end() && found->second >= demand.second);
    });
  };
  bool any_named = false;
  for (const auto& [name, resources] : options_.workers) {
    if (!named(name)) continue;
    any_named = true;
    if (has(resources)) return;
  }
  std::vector<std::string> names;
  for (const auto& [name, resources] : options_.workers) names.push_back(name);
  if (!any_named) {
    throw Error("dflow: " + (task ? detail::describe(*task) : "a scattered value") + " is for " + listed(options.workers) +
                " (TaskOptions::workers), and the workers are " + listed(names));
  }
  std::vector<std::string> demands;
  for (const auto& [name, amount] : options.resources) {
    demands.push_back(local::print_amount(amount) + " " + name);
  }
  throw Error("dflow: " + detail::describe(*task) + " needs " + listed(demands) +
              " (TaskOptions::resources), and no worker that may run it has that: DFLOW_WORKER_RESOURCES says what they have");
}

// ---- Values ----------------------------------------------------------------------------------------------------------

bool ClientSession::running(Node& node) {
  if (node.ended()) return false;
  core::LocateRequested request;
  {
    const std::lock_guard lock(mutex_);
    const core::TaskId id = id_of(node);
    if (!nodes_.contains(id)) return false;
    request.tasks = {id};
  }
  return !ask(std::move(request)).located.running.empty() && !node.ended();
}

std::vector<std::vector<std::string>> ClientSession::who_has(const std::vector<Node*>& nodes) {
  core::LocateRequested request;
  {
    const std::lock_guard lock(mutex_);
    for (const Node* node : nodes) {
      if (id_of(*node) != core::TaskId{}) request.tasks.push_back(id_of(*node));
    }
  }
  std::map<core::TaskId, std::vector<std::string>> holders;
  const core::Located located = ask(std::move(request)).located;
  const std::lock_guard lock(mutex_);
  for (const core::Input& value : located.values) {
    std::vector<std::string>& names = holders[value.id];
    for (const core::WorkerId id : value.holders) {
      if (const auto worker = workers_.find(id); worker != workers_.end()) names.push_back(worker->second.name);
    }
    std::ranges::sort(names);
  }
  std::vector<std::vector<std::string>> result;
  for (const Node* node : nodes) result.push_back(holders[id_of(*node)]);
  return result;
}

void ClientSession::replicate(const std::vector<Node*>& nodes, std::size_t copies) {
  if (!scheduler_) connect();
  wait_for_start();
  core::ReplicateRequested request{.copies = static_cast<std::uint16_t>(std::min<std::size_t>(copies, 0xffff))};
  for (Node* node : nodes) {
    if (node->state() != State::done) continue;
    core::TaskId id{};
    {
      const std::lock_guard lock(mutex_);
      id = id_of(*node);
    }
    request.tasks.push_back(id != core::TaskId{} ? id : scatter(*node));
  }
  if (!request.tasks.empty()) ask(std::move(request));
}

void ClientSession::rebalance() {
  wait_for_start();
  ask(core::RebalanceRequested{});
}

}  // namespace dflow::cluster
