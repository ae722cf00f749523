// One task: from the right to run it to the end that everybody is told of.

#include <exception>
#include <utility>

#include <dflow/detail/throw_watch.h>
#include <dflow/errors.h>
#include <dflow/exceptions.h>

#include "runtime/local/current.h"
#include "runtime/local/engine.h"
#include "runtime/local/local_session.h"
#include "runtime/local/names.h"
#include "runtime/local/origins.h"
#include "runtime/local/pace.h"

namespace dflow::local {

namespace {

std::exception_ptr cancelled_error(const Node& node) {
  return std::make_exception_ptr(CancelledError(detail::describe(node) + " was cancelled"));
}

/// One more input is there; true if it was the last. The last needs no locked instruction: nobody else counts down. It
/// hands the inputs on to whoever sees the zero, such as a `get()` that runs the task in place.
bool count_down(Node& consumer) {
  if (consumer.pending.load(std::memory_order_acquire) != 1) {
    return consumer.pending.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  consumer.pending.store(0, std::memory_order_release);
  return true;
}

/// In a chain the first consumer runs next, and its lines are in the cache of whoever submitted it. Its edges stand in it.
void prefetch_consumer(const Node& node) {
  const auto* edge = reinterpret_cast<const char*>(node.dependents.load(std::memory_order_relaxed));
  if (!edge) return;
  __builtin_prefetch(edge - 64);
  __builtin_prefetch(edge);
}

bool has_timer(const Node& node) {
  const detail::Extras* extras = node.extras();
  return extras && extras->timer != 0;
}

}  // namespace

Node* Engine::execute(Node& node) {
  State expected = State::pending;
  if (!node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) {
    if (claim_inner(node)) {
      Node* next = finish_inner(node);
      node.release();  // the reference that waited for the inner task
      return next;
    }
    node.release_from_runtime();  // cancelled, or run in place by somebody who waits for it
    return nullptr;
  }
  prefetch_consumer(node);
  Node* next = run_claimed(node);
  node.release_from_runtime();
  return next;
}

void Engine::release_inputs(Node& node) {
  node.release_arguments();
  if (detail::Extras* extras = node.extras()) extras->after.clear();
}

Node* Engine::run_claimed(Node& node) {
  if (node.scope->cancelling.load(std::memory_order_relaxed)) {
    release_inputs(node);
    return complete(node, State::cancelled);
  }
  if (node.marked(detail::kInputFailed)) {
    const bool cancel = fail_from_inputs(node);
    release_inputs(node);
    if (!cancel && node.error() == nullptr) return complete(node, State::done);
    return complete(node, cancel ? State::cancelled : State::failed);
  }
  const TaskOptions* options = options_of(node);
  if (options && options->timeout) start_timer(node);
  return finish_body(node, run_body(node));
}

Engine::Outcome Engine::run_body(Node& node) {
  const TaskOptions* options = options_of(node);
  const CurrentTask current(node);
  for (unsigned attempt = 0;; ++attempt) {
    const bool timed = recorder_ || node.has(detail::kTimed);
    const auto start = timed ? detail::Clock::now() : detail::Clock::time_point{};
    bool succeeded = false;
    std::exception_ptr error;
    try {
      if (options_.through_bytes == ThroughBytes::none) node.run();
      else run_through_bytes(node, attempt == 0);
      succeeded = true;
    } catch (const detail::ThrowWatch&) {  // notes the stack, and never takes anything
    } catch (...) {
      error = detail::thrown_by_body();
      if (options_.through_bytes != ThroughBytes::none) {
        const std::exception_ptr thrown = std::exchange(error, detail::pass_through_bytes(error));
        copy_origin(thrown, error);
      }
    }
    const auto end = timed ? detail::Clock::now() : start;
    if (recorder_) recorder_->ran(node, start, end, succeeded && !node.has(detail::kForwards));
    if (node.has(detail::kTimed)) note_duration(node, end - start);
    if (succeeded && node.has(detail::kForwards)) return Outcome::succeeded;  // settled when the inner task ends
    const bool again = !succeeded && options && attempt < options->retries && node.state() == State::running;
    if (again && renew_timer(node)) continue;
    if (!settle(node)) {
      if (succeeded) node.discard_value();
      return Outcome::timed_out;
    }
    if (succeeded) return Outcome::succeeded;
    node.set_error(std::move(error));
    return Outcome::failed;
  }
}

void Engine::run_through_bytes(Node& node, bool first) {
  const bool must = options_.through_bytes == ThroughBytes::all;
  if (first) node.pass_through_bytes(detail::Crossing::arguments, must);
  node.run();
  if (node.has(detail::kForwards)) return;  // has no value yet
  try {
    node.pass_through_bytes(detail::Crossing::value, must);
  } catch (...) {
    node.discard_value();
    throw;
  }
}

bool Engine::settle(Node& node) {
  if (!has_timer(node)) return true;
  State expected = State::running;
  return node.state_.compare_exchange_strong(expected, State::ending, std::memory_order_acq_rel);
}

Node* Engine::finish_body(Node& node, Outcome outcome) {
  if (outcome == Outcome::succeeded && node.has(detail::kForwards)) return finish_forwarded(node);
  if (has_timer(node)) timers_.forget(node.extras()->timer);
  release_inputs(node);
  if (outcome == Outcome::timed_out) {  // everybody has been told, or is being told now
    if (active().travels) active().session->body_over(node);
    end_overdue(node, detail::kBodyReturned, detail::kTimedOut);
    return nullptr;
  }
  return outcome == Outcome::succeeded ? complete(node, State::done) : fail(node);
}

Node* Engine::fail(Node& node) {
  const TaskOptions* options = options_of(node);
  if (ignored(node)) return complete(node, State::done);
  if (options && options->on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  return complete(node, State::failed);
}

bool Engine::ignored(Node& node) {
  const TaskOptions* options = options_of(node);
  if (!options || options->on_failure != OnFailure::ignore) return false;
  try {
    if (!node.write_default()) return false;
  } catch (...) {
    return false;  // the value's constructor throws: the task's own failure says more
  }
  node.set_error(nullptr);
  return true;
}

bool Engine::fail_from_inputs(Node& node) {
  const TaskOptions* options = options_of(node);
  bool cancel = false;
  for (std::uint32_t i = 0; i < node.edge_count && !node.error(); ++i) {
    Node& producer = *node.edges[i].producer;
    const State state = producer.state();
    if (producer.marked(detail::kSuccessorsCancel)) {
      node.mark(detail::kSuccessorsCancel);
      cancel = true;
      return true;
    }
    if (state == State::failed) node.set_error(producer.error());
    if (state == State::cancelled) node.set_error(cancelled_error(producer));
  }
  if (!ignored(node) && options && options->on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  return cancel;
}

// ---- A body that returned a future ---------------------------------------------------------------------------------

/// The task becomes a consumer of the inner one, so that long rows of such tasks end one after another, not inside
/// each other.
Node* Engine::finish_forwarded(Node& node) {
  release_inputs(node);
  if (has_timer(node) && active().travels) active().session->body_over(node);
  if (has_timer(node) && end_overdue(node, detail::kBodyReturned, detail::kTimedOut)) return nullptr;
  return await_inner(node);
}

Node* Engine::await_inner(Node& node) {
  if (active().travels) active().session->blocked(node);  // before the inner one can end
  node.pending.store(1, std::memory_order_relaxed);
  node.retain();
  node.mark(detail::kAwaitsInner);
  if (detail::attach(*node.inner())) return nullptr;
  node.pending.store(0, std::memory_order_release);
  Node* next = claim_inner(node) ? finish_inner(node) : nullptr;
  node.release();
  return next;
}

bool Engine::claim_inner(Node& node) {
  if (!node.has(detail::kForwards) || node.pending.load(std::memory_order_acquire) != 0) return false;
  constexpr auto others = static_cast<std::uint8_t>(~detail::kAwaitsInner);
  return (node.marks_.fetch_and(others, std::memory_order_acq_rel) & detail::kAwaitsInner) != 0;
}

Node* Engine::finish_inner(Node& node) {
  if (active().travels) active().session->unblocked(node);
  Node& inner = *node.inner()->producer;
  State outcome = inner.state();
  std::exception_ptr error = outcome == State::failed ? inner.error() : nullptr;
  const bool cancels = inner.marked(detail::kSuccessorsCancel);
  if (outcome == State::done) {
    try {
      if (node.claim_inner_value()) return await_inner(node);
      node.adopt_inner();
    } catch (...) {
      error = std::current_exception();
      outcome = State::failed;
    }
  }
  if (!settle(node)) {
    if (outcome == State::done) node.discard_value();
    return nullptr;
  }
  if (has_timer(node)) timers_.forget(node.extras()->timer);
  if (outcome == State::done) return complete(node, outcome);
  if (cancels) node.mark(detail::kSuccessorsCancel);
  node.set_error(std::move(error));
  return outcome == State::failed ? fail(node) : complete(node, outcome);
}

// ---- Time limits -------------------------------------------------------------------------------------------------

void Engine::start_timer(Node& node) {
  detail::Extras& extras = *node.extras();
  const detail::Deadline limit = detail::deadline_in(*extras.options->timeout);
  if (!limit) return;  // beyond what clocks show
  node.retain();  // the timer's action holds it, whether it runs or not
  const auto hold = std::make_shared<detail::NodeRef>(&node);
  extras.timer = timers_.add(*limit, [this, hold] { time_out(*hold->get()); });
}

/// Its body is about to be tried again. False if it was too late for that.
bool Engine::renew_timer(Node& node) {
  if (!has_timer(node)) return true;
  timers_.forget(std::exchange(node.extras()->timer, 0));
  start_timer(node);
  return node.state() == State::running;
}

void Engine::time_out(Node& node) {
  State expected = State::running;
  if (!node.state_.compare_exchange_strong(expected, State::ending, std::memory_order_acq_rel)) return;
  node.extras()->stop.request_stop();
  const TaskOptions& options = *options_of(node);
  node.set_error(std::make_exception_ptr(TimeoutError(
      detail::describe(node) + " ran longer than its limit of " +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*options.timeout).count()) + " ms")));
  if (options.on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  if (active().travels) active().session->overran(node);
  hand_on(publish(node, State::failed));
  end_overdue(node, detail::kTimedOut, detail::kBodyReturned);
}

/// A task over its limit has ended for the executor when its future and its body have: whoever is second counts it.
bool Engine::end_overdue(Node& node, detail::Mark mine, detail::Mark other) {
  const bool second = (node.marks_.fetch_or(mine, std::memory_order_acq_rel) & other) != 0;
  if (second) count_ended(*node.scope);
  return second;
}

// ---- The end of a task -------------------------------------------------------------------------------------------

Node* Engine::complete(Node& node, State state) {
  detail::Scope* scope = node.scope;
  const bool counted = !node.has(detail::kExternal);  // an executor does not wait for promises
  if (!counted) externals_.remove(node);
  Node* next = publish(node, state);
  if (counted) count_ended(*scope);
  return next;
}

Node* Engine::publish(Node& node, State state) {
  node.state_.store(state, std::memory_order_release);
  Edge* list = node.dependents.exchange(detail::closed(), std::memory_order_seq_cst);
  // Closed before: of a task that ran elsewhere, and that nobody here waited for in this list.
  Node* next = list && list != detail::closed() ? notify(node, detail::reversed(list), state) : nullptr;
  if (node.marks_.load(std::memory_order_seq_cst) & detail::kWatched) watchers_.fire(node);
  return next;
}

/// The last touch of the scope: whoever waits for it may destroy it now.
void Engine::count_ended(detail::Scope& scope) {
  const std::size_t thread = this_thread().index;
  if (scope.waiting.load(std::memory_order_relaxed) > 0) {
    const std::lock_guard lock(drain_mutex_);
    scope.count_ended(thread);
    drained_.notify_all();
  } else {
    scope.count_ended(thread);
  }
}

Node* Engine::notify(Node& producer, Edge* list, State state) {
  Node* first = nullptr;
  bool pushed = false;
  Edge* observers = nullptr;
  Edge** last_observer = &observers;
  const bool by_level = options_.priorities != Priorities::none;
  while (list) {
    Edge* next = list->next;
    if (Node* consumer = list->consumer) {
      if (state != State::done) consumer->mark(detail::kInputFailed);
      if (count_down(*consumer)) {
        const bool plain = !options_.shuffle && !consumer->extras();
        if (!first && plain) {
          first = consumer;
        } else if (plain && by_level && level_of(*consumer) > level_of(*first)) {
          push(*std::exchange(first, consumer));
          pushed = true;
        } else {
          push(*consumer);
          pushed = true;
        }
      }
    } else {
      list->next = nullptr;
      *last_observer = list;
      last_observer = &list->next;
    }
    list = next;
  }
  // A callback may wait for any of the consumers: none may be left in this function's hands.
  if (observers && first) {
    push(*std::exchange(first, nullptr));
    pushed = true;
  }
  if (pushed && !options_.serial) wake();
  while (observers) {
    auto* observer = static_cast<Observer*>(std::exchange(observers, observers->next));
    observer->ended(producer);
  }
  if (pushed && options_.serial) {
    while (Node* node = next_node(this_thread())) run_chain(node);
  }
  return first;
}

void Engine::hand_on(Node* ready) {
  if (!ready) return;
  if (options_.serial) return run_chain(ready);
  push(*ready);
  wake();
}

bool Engine::cancel(Node& node) {
  State expected = State::pending;
  if (!node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) {
    if (expected == State::cancelled) return true;
    if (detail::Extras* extras = node.extras()) extras->stop.request_stop();
    return false;
  }
  const bool in_no_queue = (node.traits & (detail::kExternal | detail::kRemote)) != 0;
  release_inputs(node);
  hand_on(complete(node, State::cancelled));
  if (in_no_queue) node.release_from_runtime();  // which a queue would do otherwise
  return true;
}

void Engine::end_external(Node& node, State state) {
  if (!node.has(detail::kExternal)) release_inputs(node);
  hand_on(complete(node, state));
  node.release_from_runtime();
}
}  // namespace dflow::local
