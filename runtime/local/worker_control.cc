// What programs ask of their workers; in one process, what that means there.

#include <unistd.h>

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <dflow/detail/launch.h>
#include <dflow/errors.h>
#include <dflow/executor.h>

#include "runtime/local/cluster_library.h"
#include "runtime/local/fork.h"
#include "runtime/local/local_session.h"

namespace dflow::inline v0 {

namespace {

using detail::ClusterControl;
using detail::Node;
using detail::NodeRef;
using detail::Scope;
using detail::State;

constexpr const char* kThisProcess = "local";

ClusterControl* control_of(const Scope& scope) {
  local::refuse_if_forked();
  return scope.session->control();
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// Whoever asks waits, and a task would wait for its own end.
void refuse_inside_tasks(const char* call) {
  if (detail::current_task() || local::inside_worker()) {
    throw InvalidStateError(std::string("dflow: ") + call + " is for the program, not for its tasks: it would wait for the "
                            "task that calls it");
  }
}

ClusterControl& needed(const Scope& scope, const char* call) {
  refuse_inside_tasks(call);
  if (ClusterControl* control = control_of(scope)) return *control;
  throw InvalidStateError(std::string("dflow: ") + call +
                          " needs worker processes, and this program runs its tasks itself: DFLOW_WORKERS=N starts some");
}

void check(const Scope& scope, const std::vector<Node*>& nodes, const char* call) {
  for (const Node* node : nodes) {
    if (!node) detail::throw_empty_future(call);
    if (node->session_id != scope.session_id) {
      throw SessionError(std::string("dflow: ") + call + " was given a future of an earlier session");
    }
  }
}

}  // namespace

namespace detail {

std::vector<std::vector<std::string>> who_has(Scope& scope, const std::vector<Node*>& nodes) {
  check(scope, nodes, "who_has()");
  if (ClusterControl* control = control_of(scope)) return control->who_has(nodes);
  std::vector<std::vector<std::string>> holders;
  for (const Node* node : nodes) {
    holders.emplace_back();
    if (node->state() == State::done) holders.back().emplace_back(kThisProcess);
  }
  return holders;
}

void replicate(Scope& scope, const std::vector<Node*>& nodes, std::size_t copies) {
  if (copies == 0) throw std::invalid_argument("dflow: replicate() to 0 workers: a value lies on at least one");
  check(scope, nodes, "replicate()");
  for (Node* node : nodes) wait_until(node, std::nullopt);
  if (ClusterControl* control = control_of(scope)) control->replicate(nodes, copies);
}

bool set_up_workers(Scope& scope, Node& task) {
  refuse_inside_tasks("on_worker()");
  if (task.edge_count > 0) throw std::invalid_argument("dflow: on_worker() takes no futures: get() them first");
  ClusterControl* control = control_of(scope);
  if (control) control->set_up(task);
  return control != nullptr;
}

std::optional<std::map<std::string, NodeRef>> call_workers(Scope& scope, Node& task, const std::vector<std::string>* names) {
  refuse_inside_tasks("run_on_workers()");
  if (task.edge_count > 0) throw std::invalid_argument("dflow: run_on_workers() takes no futures: get() them first");
  if (task.inner()) throw std::invalid_argument("dflow: run_on_workers() brings no futures: return what get() gives there");
  if (ClusterControl* control = control_of(scope)) return control->call(task, names);
  for (std::size_t i = 0; names && i < names->size(); ++i) {
    if ((*names)[i] == kThisProcess) continue;
    throw std::invalid_argument("dflow: run_on_workers(): there is no worker '" + (*names)[i] + "', only " + kThisProcess);
  }
  if (names && names->empty()) return std::map<std::string, NodeRef>();
  return std::nullopt;
}

}  // namespace detail

std::vector<WorkerInfo> Executor::workers() const {
  if (ClusterControl* control = control_of(*scope_)) return control->workers();
  return {{.name = kThisProcess, .host = host_name(), .pid = ::getpid(), .threads = threads(), .resources = {}}};
}

namespace {

void wait_for(const Scope& scope, std::size_t count, detail::Deadline deadline) {
  ClusterControl* control = control_of(scope);
  if (!control && count > 1) {
    throw std::invalid_argument("dflow: wait_for_workers(" + std::to_string(count) +
                                "): this program runs its tasks itself, as one worker; DFLOW_WORKERS=N starts others");
  }
  if (control && !control->wait_for_workers(count, deadline)) {
    throw TimeoutError("dflow: " + std::to_string(control->workers().size()) + " of " + std::to_string(count) +
                       " workers came in time");
  }
}

}  // namespace

void Executor::wait_for_workers(std::size_t count) const { wait_for(*scope_, count, std::nullopt); }

void Executor::wait_for_workers(std::size_t count, Duration timeout) const {
  wait_for(*scope_, count, detail::deadline_in(timeout));
}

void Executor::rebalance() const {
  if (ClusterControl* control = control_of(*scope_)) control->rebalance();
}

void Executor::restart() { needed(*scope_, "restart()").restart(); }

void Executor::restart_workers(const std::vector<std::string>& names) {
  needed(*scope_, "restart_workers()").restart(names, std::nullopt);
}

void Executor::restart_workers(const std::vector<std::string>& names, Duration timeout) {
  if (needed(*scope_, "restart_workers()").restart(names, detail::deadline_in(timeout))) return;
  throw TimeoutError("dflow: restart_workers(): not all of them came back in time; those that have not still may");
}

void Executor::retire_workers(const std::vector<std::string>& names) { needed(*scope_, "retire_workers()").retire(names); }

void Executor::retire_workers(std::size_t count) {
  ClusterControl& control = needed(*scope_, "retire_workers()");
  const std::vector<WorkerInfo> workers = control.workers();
  if (count >= workers.size() && count > 0) {
    throw std::invalid_argument("dflow: retire_workers(" + std::to_string(count) + ") of " +
                                std::to_string(workers.size()) + " workers: at least one has to stay");
  }
  std::vector<std::string> names;
  for (std::size_t i = workers.size() - count; i < workers.size(); ++i) names.push_back(workers[i].name);
  control.retire(names);
}

}  // namespace dflow::inline v0
