// What headers and generated code call.

#include <cxxabi.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include <dflow/detail/coroutine_scope.h>
#include <dflow/detail/graph_scope.h>
#include <dflow/detail/throw_watch.h>
#include <dflow/errors.h>
#include <dflow/executor.h>
#include <dflow/wait.h>

#include "runtime/local/current.h"
#include "runtime/local/fork.h"
#include "runtime/local/local_session.h"
#include "runtime/local/names.h"
#include "runtime/local/origins.h"

namespace dflow::inline v0::detail {

using local::active;
using local::this_thread;

void Node::destroy_extras() noexcept { delete extras_; }

Extras& Node::make_extras() {
  if (!has(kHasExtras)) {
    auto made = std::make_unique<Extras>();
    std::destroy_at(&error_);
    extras_ = made.release();
    traits |= kHasExtras;
  }
  return *extras_;
}

const std::exception_ptr& Node::error() const noexcept { return has(kHasExtras) ? extras_->error : error_; }

void Node::set_error(std::exception_ptr error) noexcept {
  std::exception_ptr& mine = has(kHasExtras) ? extras_->error : error_;
  local::hold_origin(error);
  local::drop_origin(mine);
  mine = std::move(error);
}

namespace {

void forget_remote(Node& node) noexcept {
  if (local::forked()) return;  // the scheduler knows the process that this one was forked from
  if (active().session && active().id == node.session_id) active().session->forget(node);
}

/// Of a cluster's session, all nodes may become known to other processes.
void prepare_to_travel(Node& node) {
  if (!active().travels) return;
  node.make_extras();
  node.traits |= kRemote;
}

}  // namespace

bool Session::fetch(Node&, Deadline) { return true; }

void Session::blocked(Node&) noexcept {}

void Session::unblocked(Node&) noexcept {}

void Session::overran(Node&) noexcept {}

void Session::body_over(Node&) noexcept {}

bool Session::cancel_by_force(Node& node) { return cancel(node); }

void Session::end_body(Node&) {}

bool Session::running(Node& node) {
  const State state = node.state();
  return state == State::running || state == State::ending;
}

ClusterControl* Session::control() noexcept { return nullptr; }

void Session::close() noexcept {}

void Session::forget(Node&) noexcept {}

void Node::reclaim(Node& node) noexcept {
  // A value may hold the last handles of other nodes: destroying a long chain of them must not recurse.
  thread_local Node* waiting = nullptr;
  thread_local bool busy = false;
  node.next = waiting;
  waiting = &node;
  if (busy) return;
  busy = true;
  while (Node* next = waiting) {
    waiting = next->next;
    if (next->has(kRemote)) [[unlikely]] forget_remote(*next);
    if (next->state_.load(std::memory_order_relaxed) == State::failed) [[unlikely]] local::drop_origin(next->error());
    next->destroy();
  }
  busy = false;
}

bool in_dry_run() noexcept { return active().session && !active().local; }

Scope* current_scope() noexcept { return this_thread().context->scope; }

Node* current_task() noexcept { return this_thread().context->task; }

Executor& executor_of_current_task() { return *current_scope()->executor; }

std::stop_token stop_token_of(Node& node) {
  const Extras* extras = node.extras();
  return extras ? extras->stop.get_token() : std::stop_token();
}

Edge* attach_edges(Node& node, std::size_t count) {
  Extras& extras = node.make_extras();
  extras.edges = std::make_unique<Edge[]>(count);
  return extras.edges.get();
}

namespace {

void check_open(const Scope& scope) {
  local::refuse_if_forked();
  if (scope.closed.load(std::memory_order_relaxed) && current_scope() != &scope) {
    throw SessionError("dflow: the executor has been shut down and takes no more tasks");
  }
}

void check_producers(const Scope& scope, const Node& node) {
  for (std::uint32_t i = 0; i < node.edge_count; ++i) {
    if (node.edges[i].producer->session_id != scope.session_id) {
      throw SessionError("dflow: a future of an earlier session was given to a task of this one");
    }
  }
}

/// Waits until the executor's bound on unfinished tasks allows more. Looks only every so often: counting is dear.
void respect_bound(Scope& scope) {
  if (scope.max_pending == 0 || current_scope()) return;
  thread_local std::size_t since_last = 0;
  const std::size_t interval = std::clamp<std::size_t>(scope.max_pending / 4, 1, 64);
  if (++since_last % interval != 0) return;
  scope.session->drain(scope, static_cast<std::int64_t>(scope.max_pending - interval));
}

void prepare(Scope& scope, Node& node, const Site* site, const void* return_address) {
  node.scope = &scope;
  node.session_id = scope.session_id;
  node.where = site ? static_cast<const void*>(site) : return_address;
  if (!site) node.traits |= kReturnAddress;
  if (active().recorder) active().recorder->submitted(node, *this_thread().context);
}

void count(Scope& scope, std::int64_t tasks) {
  scope.count_submitted(this_thread().index, tasks);
}

}  // namespace

void submit_node(Scope& scope, Node& node, const Site* site) {
  check_open(scope);
  if (node.edge_count > 0) check_producers(scope, node);
  if (scope.max_pending != 0) respect_bound(scope);
  prepare(scope, node, site, __builtin_return_address(0));
  count(scope, 1);
  scope.session->submit(node);
}

void submit_chunk(Scope& scope, Node& first, const Site* site) {
  check_open(scope);
  std::int64_t tasks = 0;
  for (Node* node = &first; node; node = node->next_in_chunk(), ++tasks) {
    if (scope.max_pending != 0) respect_bound(scope);
    prepare(scope, *node, site, __builtin_return_address(0));
  }
  count(scope, tasks);
  scope.session->submit_chunk(first);
}

/// No trace tells of it: it is what a task that ran elsewhere needs here.
void run_here(Scope& scope, Node& node) {
  node.scope = &scope;
  node.session_id = scope.session_id;
  node.where = nullptr;
  node.traits |= kReturnAddress;
  count(scope, 1);
  active().local->submit(node);
}

std::exception_ptr run_apart(Scope& scope, Node& node) {
  node.scope = &scope;
  node.session_id = scope.session_id;
  node.state_.store(State::running, std::memory_order_release);
  const local::CurrentTask current(node);
  std::exception_ptr error;
  try {
    node.run();
  } catch (const ThrowWatch&) {  // notes the stack, and never takes anything
  } catch (...) {
    error = thrown_by_body();
  }
  node.release_arguments();
  node.set_error(error);
  node.state_.store(error ? State::failed : State::done, std::memory_order_release);
  node.dependents.store(closed(), std::memory_order_release);
  node.release_from_runtime();
  return error;
}

void hold_value(Scope& scope, Node& node) {
  check_open(scope);
  node.session_id = scope.session_id;
  prepare_to_travel(node);
  if (Extras* extras = node.extras()) extras->after.clear();  // it waits for nothing, and would hold that as long as it lives
  node.state_.store(State::done, std::memory_order_release);
  node.dependents.store(closed(), std::memory_order_release);
  node.release_from_runtime();  // the runtime has no more to do with it; the handle remains
}

Scope& scope_for(const Node& node) {
  local::refuse_if_forked();
  if (active().id != node.session_id || !active().session) {
    throw SessionError("dflow: the session of this future is over: no executor of it is left");
  }
  Scope* scope = local::default_scope();
  if (!scope) throw SessionError("dflow: the session of this future is ending: it takes no more tasks");
  return *scope;
}

void start_external(Node& node) {
  local::refuse_if_forked();
  if (!active().session) throw SessionError("dflow: a promise needs a living Executor");
  node.session_id = active().id;
  prepare_to_travel(node);
  if (active().local) active().local->engine().externals().add(node);
}

bool claim_external(Node& node) {
  State expected = State::pending;
  return node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel);
}

void end_external(Node& node, State state) {
  const bool is_over = local::forked() || !active().session || active().id != node.session_id;
  if (!is_over) return active().session->end_external(node, state);
  // The session is over; only handles are left to see the outcome.
  node.state_.store(state, std::memory_order_release);
  // Tasks that waited for it would have kept the session: these are callbacks only.
  for (Edge* edge = reversed(node.dependents.exchange(closed())); edge;) {
    Edge* next = edge->next;
    if (!edge->consumer) static_cast<Observer*>(edge)->ended(node);
    edge = next;
  }
  node.release_from_runtime();
}

bool wait_until(Node* node, Deadline deadline) {
  if (!node) throw_empty_future("wait()");
  if (node->ended()) return true;
  local::refuse_if_forked();
  if (!active().session || active().id != node->session_id) {
    throw SessionError("dflow: the session of this future ended before its task did");
  }
  return active().session->wait(*node, deadline);
}

namespace {

[[noreturn]] void throw_timeout(const Node& node) {
  throw TimeoutError("dflow: " + describe(node) + " did not end in time");
}

}  // namespace

void wait_or_throw(Node* node, Deadline deadline) {
  if (!node) throw_empty_future("get()");
  if (!wait_until(node, deadline)) throw_timeout(*node);
}

void fetch_value(Node& node, Deadline deadline) {
  local::refuse_if_forked();
  if (!active().session || active().id != node.session_id) {
    throw SessionError("dflow: the session of this future ended while the result was on a worker: get() it earlier");
  }
  if (!active().session->fetch(node, deadline)) throw_timeout(node);
}

void rethrow(Node& node) {
  if (node.state() == State::cancelled || !node.error()) throw CancelledError("dflow: " + describe(node) + " was cancelled");
  std::rethrow_exception(node.error());
}

void throw_empty_future(const char* what) {
  throw InvalidStateError(std::string("dflow: ") + what +
                          " of an empty future: it was default-constructed, or moved from");
}

void throw_consumed() {
  throw InvalidStateError("dflow: this move-only result has been given to another task (or taken by get()) already");
}

bool cancel_node(Node& node, bool by_force) {
  const bool reachable = !local::forked() && active().session && active().id == node.session_id;
  if (node.ended()) {
    if (by_force && reachable) active().session->end_body(node);
    return node.state() == State::cancelled;
  }
  if (!reachable) return false;
  return by_force ? active().session->cancel_by_force(node) : active().session->cancel(node);
}

bool is_running(Node& node) noexcept {
  if (node.ended() || local::forked() || !active().session || active().id != node.session_id) return false;
  try {
    return active().session->running(node);
  } catch (...) {  // the cluster is gone: nothing runs
    return false;
  }
}

void observe_node(Node& node, Observer& observer) {
  observer.producer = &node;
  if (!attach(observer)) observer.ended(node);
}

void report_callback_error() noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    std::cerr << "dflow: a callback of on_done threw: " << error.what() << '\n';
  } catch (...) {
    std::cerr << "dflow: a callback of on_done threw something that is no std::exception\n";
  }
}

std::string describe(const Node& node) {
  const auto* site = local::site_of(node);
  const TaskOptions* options = options_of(node);
  const bool named = options && !options->name.empty();
  std::string text;
  if (named) text = options->name;
  else if (node.has(kExternal) && !site) text = "a promise";
  else text = local::shown_name(site, node.callable_type(), node.callable_address());
  if (site) {
    text += " submitted at " + std::string(site->file) + ":" + std::to_string(site->line);
  } else if (node.where) {
    const std::string caller = local::symbol_at(node.where);
    if (!caller.empty()) text += " submitted in " + caller;
  }
  static constexpr const char* kStates[] = {"pending", "running", "running", "done", "failed", "cancelled"};
  text += std::string(" (") + kStates[static_cast<int>(node.state())];
  const std::uint32_t missing = node.pending.load(std::memory_order_relaxed);
  if (node.state() == State::pending && missing > 0) {
    text += ", " + std::to_string(missing) + " of " + std::to_string(node.edge_count) + " inputs missing";
  }
  return text + ")";
}

GraphScope::GraphScope(const GraphSite& site) {
  local::Context& context = *this_thread().context;
  if (!active().recorder || context.graph || context.coroutine || context.task) return;
  context.graph = active().recorder->enter(site);
  entered_ = true;
}

GraphScope::~GraphScope() {
  if (entered_) this_thread().context->graph = nullptr;
}

void CoroutineScope::enter(const GraphSite& site) {
  const local::Context& context = *this_thread().context;
  if (!active().recorder || context.task) return;
  const auto* outer = context.coroutine ? context.coroutine : context.graph;
  graph_ = outer ? outer : active().recorder->enter(site);
  resume();
}

void CoroutineScope::leave() noexcept {
  if (!inside_) return;
  this_thread().context->coroutine = static_cast<const local::GraphInstance*>(before_);
  inside_ = false;
}

void CoroutineScope::resume() noexcept {
  if (graph_ == nullptr) return;
  local::Context& context = *this_thread().context;
  before_ = context.coroutine;
  context.coroutine = static_cast<const local::GraphInstance*>(graph_);
  inside_ = true;
}

}  // namespace dflow::inline v0::detail
