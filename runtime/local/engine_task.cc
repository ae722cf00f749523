// One task: from the right to run it to the end that everybody is told of.

#include <exception>

#include <dflow/errors.h>

#include "runtime/local/current.h"
#include "runtime/local/engine.h"

namespace dflow::local {

namespace {

std::exception_ptr cancelled_error(const Node& node) {
  return std::make_exception_ptr(CancelledError(detail::describe(node) + " was cancelled"));
}

Edge* reversed(Edge* list) {
  Edge* result = nullptr;
  while (list) {
    Edge* next = list->next;
    list->next = result;
    result = list;
    list = next;
  }
  return result;
}

}  // namespace

Node* Engine::execute(Node& node) {
  State expected = State::pending;
  if (!node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) {
    node.release();  // cancelled, or run in place by somebody who waits for it
    return nullptr;
  }
  Node* next = run_claimed(node);
  node.release();
  return next;
}

Node* Engine::run_claimed(Node& node) {
  if (node.scope->cancelling.load(std::memory_order_relaxed)) {
    node.release_arguments();
    return complete(node, State::cancelled);
  }
  if (node.marked(detail::kInputFailed)) {
    const bool cancel = fail_from_inputs(node);
    node.release_arguments();
    if (!cancel && node.error == nullptr) return complete(node, State::done);
    return complete(node, cancel ? State::cancelled : State::failed);
  }
  const bool limited = node.extras && node.extras->options && node.extras->options->timeout;
  if (limited) start_timer(node);
  return finish_body(node, run_body(node));
}

Engine::Outcome Engine::run_body(Node& node) {
  const TaskOptions* options = options_of(node);
  const CurrentTask current(node);
  for (unsigned attempt = 0;; ++attempt) {
    const auto start = recorder_ ? detail::Clock::now() : detail::Clock::time_point{};
    bool succeeded = false;
    std::exception_ptr error;
    try {
      node.run();
      succeeded = true;
    } catch (...) {
      error = std::current_exception();
    }
    if (recorder_) recorder_->ran(node, start, detail::Clock::now());
    if (succeeded && node.has(detail::kForwards)) return Outcome::succeeded;  // settled when the inner task ends
    const bool again = !succeeded && options && attempt < options->retries && node.state() == State::running;
    if (again) continue;
    if (!settle(node)) {
      if (succeeded) node.discard_value();
      return Outcome::timed_out;
    }
    if (succeeded) return Outcome::succeeded;
    node.error = std::move(error);
    return Outcome::failed;
  }
}

bool Engine::settle(Node& node) {
  const bool limited = node.extras && node.extras->timer != 0;
  if (!limited) return true;
  State expected = State::running;
  return node.state_.compare_exchange_strong(expected, State::ending, std::memory_order_acq_rel);
}

Node* Engine::finish_body(Node& node, Outcome outcome) {
  if (outcome == Outcome::succeeded && node.has(detail::kForwards)) return finish_forwarded(node);
  if (node.extras && node.extras->timer != 0) timers_.cancel(node.extras->timer);
  node.release_arguments();
  if (outcome == Outcome::timed_out) return nullptr;  // everybody has been told
  if (outcome == Outcome::succeeded) return complete(node, State::done);
  const TaskOptions* options = options_of(node);
  if (options && options->on_failure == OnFailure::ignore && node.write_default()) {
    node.error = nullptr;
    return complete(node, State::done);
  }
  if (options && options->on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  return complete(node, State::failed);
}

bool Engine::fail_from_inputs(Node& node) {
  const TaskOptions* options = options_of(node);
  bool cancel = false;
  for (std::uint32_t i = 0; i < node.edge_count && !node.error; ++i) {
    Node& producer = *node.edges[i].producer;
    const State state = producer.state();
    if (producer.marked(detail::kSuccessorsCancel)) {
      node.mark(detail::kSuccessorsCancel);
      cancel = true;
      return true;
    }
    if (state == State::failed) node.error = producer.error;
    if (state == State::cancelled) node.error = cancelled_error(producer);
  }
  if (options && options->on_failure == OnFailure::ignore && node.write_default()) node.error = nullptr;
  if (options && options->on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  return cancel;
}

/// Ends a task whose body returned a future, when that future's task has ended.
class ForwardObserver final : public Observer {
 public:
  ForwardObserver(Engine& engine, Node& node) : engine_(engine), node_(node) { node_.retain(); }

  void ended(Node& inner) noexcept override {
    Engine& engine = engine_;
    Node& node = node_;
    State outcome = inner.state();
    std::exception_ptr error = outcome == State::failed ? inner.error : nullptr;
    if (outcome == State::done) {
      try {
        node.adopt_inner();
      } catch (...) {
        error = std::current_exception();
        outcome = State::failed;
      }
    }
    delete this;
    if (!engine.settle(node)) {
      if (outcome == State::done) node.discard_value();
    } else {
      if (node.extras && node.extras->timer != 0) engine.timers_.cancel(node.extras->timer);
      node.error = std::move(error);
      if (Node* ready = engine.complete(node, outcome)) engine.push(*ready), engine.wake();
    }
    node.release();
  }

 private:
  Engine& engine_;
  Node& node_;
};

Node* Engine::finish_forwarded(Node& node) {
  node.release_arguments();
  Node& inner = *node.inner();
  detail::observe_node(inner, *new ForwardObserver(*this, node));
  return nullptr;
}

// ---- Time limits -------------------------------------------------------------------------------------------------

void Engine::start_timer(Node& node) {
  node.retain();  // the timer's action holds it, whether it runs or not
  const auto hold = std::make_shared<detail::NodeRef>(&node);
  node.extras->timer = timers_.add(detail::Clock::now() + *node.extras->options->timeout,
                                   [this, hold] { time_out(*hold->get()); });
}

void Engine::time_out(Node& node) {
  State expected = State::running;
  if (!node.state_.compare_exchange_strong(expected, State::ending, std::memory_order_acq_rel)) return;
  node.extras->stop.request_stop();
  const TaskOptions& options = *node.extras->options;
  node.error = std::make_exception_ptr(TimeoutError(
      detail::describe(node) + " ran longer than its limit of " +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*options.timeout).count()) + " ms"));
  if (options.on_failure == OnFailure::cancel_successors) node.mark(detail::kSuccessorsCancel);
  if (Node* next = complete(node, State::failed)) push(*next), wake();
}

// ---- The end of a task -------------------------------------------------------------------------------------------

Node* Engine::complete(Node& node, State state) {
  detail::Scope* scope = node.scope;
  node.state_.store(state, std::memory_order_release);
  Edge* list = node.dependents.exchange(detail::closed(), std::memory_order_seq_cst);
  Node* next = list ? notify(node, reversed(list), state) : nullptr;
  if (node.marks_.load(std::memory_order_seq_cst) & detail::kWatched) watchers_.fire(node);
  if (node.has(detail::kExternal)) return next;  // not counted: an executor does not wait for promises
  // The last touch of the scope: whoever waits for it may destroy it now.
  const std::size_t thread = this_thread().index;
  if (scope->waiting.load(std::memory_order_relaxed) > 0) {
    const std::lock_guard lock(drain_mutex_);
    scope->count_ended(thread);
    drained_.notify_all();
  } else {
    scope->count_ended(thread);
  }
  return next;
}

Node* Engine::notify(Node& producer, Edge* list, State state) {
  Node* first = nullptr;
  bool pushed = false;
  while (list) {
    Edge* next = list->next;
    if (Node* consumer = list->consumer) {
      if (state != State::done) consumer->mark(detail::kInputFailed);
      if (consumer->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const bool plain = !options_.shuffle && !consumer->extras;
        if (!first && plain) {
          first = consumer;
        } else {
          push(*consumer);
          pushed = true;
        }
      }
    } else {
      static_cast<Observer*>(list)->ended(producer);
    }
    list = next;
  }
  if (pushed) {
    if (options_.serial) {
      while (Node* node = next_node(this_thread())) run_chain(node);
    } else {
      wake();
    }
  }
  return first;
}

bool Engine::cancel(Node& node) {
  State expected = State::pending;
  if (!node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) {
    if (expected == State::cancelled) return true;
    node.mark(detail::kCancelRequested);
    if (node.extras) node.extras->stop.request_stop();
    return false;
  }
  node.release_arguments();
  if (Node* next = complete(node, State::cancelled)) push(*next), wake();
  if (node.has(detail::kExternal)) node.release();  // no queue will drop the runtime's reference
  return true;
}

void Engine::end_external(Node& node, State state) {
  if (Node* next = complete(node, state)) {
    if (options_.serial) run_chain(next);
    else push(*next), wake();
  }
  node.release();
}
}  // namespace dflow::local
