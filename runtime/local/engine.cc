#include "runtime/local/engine.h"

#include <array>
#include <exception>

#include <dflow/errors.h>

#include "runtime/local/current.h"
#include "runtime/local/parker.h"
#include "runtime/local/sanitizers.h"

namespace dflow::local {

namespace {

/// An idle runner looks for work this long before it gives its thread back; waking one costs some 30 us.
constexpr auto kSearchTime = std::chrono::microseconds(200);

/// Between two looks a runner rests, longer and longer: a submitter whose every task is taken at once shares all its
/// cache lines with the taker, and both are slower than one of them alone.
void rest(detail::Clock::duration idle) {
  if (idle > std::chrono::microseconds(20)) return std::this_thread::yield();
  for (int i = 0; i < 256; ++i) __builtin_ia32_pause();
}

/// Orders an earlier store before a later load. ThreadSanitizer does not know fences, but knows this.
void full_fence() {
  if constexpr (kThreadSanitizer) {
    static std::atomic<int> anything;
    anything.fetch_add(0, std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

/// Nodes taken at once from a thread that only submits.
constexpr std::size_t kMostStolen = 32;

/// In-place execution of an awaited task nests on the waiter's stack, up to here. Beyond, the waiter suspends.
constexpr std::ptrdiff_t kNestedStack = 256 * 1024;

std::exception_ptr cancelled_error(const Node& node) {
  return std::make_exception_ptr(CancelledError(detail::describe(node) + " was cancelled"));
}

/// The scheduler's view of a node's options; null where there are none.
const TaskOptions* options_of(const Node& node) {
  return node.extras && node.extras->options ? node.extras->options.get() : nullptr;
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

Engine::Engine(EngineOptions options, Recorder* recorder)
    : options_(options), recorder_(recorder), workers_(options.threads), random_(options.shuffle.value_or(0)) {}

Engine::~Engine() {
  std::unique_lock lock(drain_mutex_);
  drained_.wait(lock, [&] { return runners_.load() == 0; });
}

// ---- Submission --------------------------------------------------------------------------------------------------

void Engine::submit(Node& node) {
  // Producers that have ended are counted out only after the last edge, so the node cannot start before.
  std::uint32_t done = 0;
  const std::uint32_t count = node.edge_count;
  if (count > 0) {
    node.pending.store(count, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (detail::attach(node.edges[i])) continue;
      ++done;
      if (node.edges[i].producer->state() != State::done) node.mark(detail::kInputFailed);
    }
    if (done == 0) return;
    if (done == count) node.pending.store(0, std::memory_order_relaxed);  // nobody else knows the node
    else if (node.pending.fetch_sub(done, std::memory_order_acq_rel) != done) return;
  }
  if (options_.serial) return run_chain(&node);
  push(node);
  wake();
}

void Engine::submit_chunk(Node& first) {
  if (options_.serial) return run_chain(&first);
  push(first);
  wake();
}

void Engine::push(Node& node) {
  const TaskOptions* options = options_of(node);
  const int priority = options ? options->priority : 0;
  if (options_.shuffle || priority != 0) {
    const std::lock_guard lock(special_mutex_);
    if (options_.shuffle) shuffled_.push_back(&node);
    else ranked_.push({priority, order_++, &node});
    special_count_.fetch_add(1, std::memory_order_seq_cst);
    return;
  }
  this_thread().deque.push(&node);
}

// ---- Runners -----------------------------------------------------------------------------------------------------

void Engine::wake() {
  // Against a runner that stops searching and then looks once more (`runner`).
  full_fence();
  if (searching_.load(std::memory_order_relaxed) != 0) return;
  int runners = runners_.load(std::memory_order_relaxed);
  do {
    if (runners >= static_cast<int>(options_.threads)) return;
  } while (!runners_.compare_exchange_weak(runners, runners + 1, std::memory_order_seq_cst));
  searching_.fetch_add(1, std::memory_order_seq_cst);
  workers_.start([this] { runner(); });
}

void Engine::runner() {
  char here = 0;
  this_thread().context = {.stack_base = &here};
  bool searching = true;  // counted by whoever woke us
  detail::Clock::time_point idle_since{};
  for (;;) {
    if (Node* node = next_node(this_thread())) {
      if (searching) {
        searching = false;
        // The last to find something makes another look: there may be more.
        if (searching_.fetch_sub(1, std::memory_order_seq_cst) == 1 && work_left()) wake();
      }
      run_chain(node);
      if (resumes_.load(std::memory_order_relaxed) > 0) break;
      continue;
    }
    if (resumes_.load(std::memory_order_relaxed) > 0) break;
    if (!searching) {
      searching = true;
      searching_.fetch_add(1, std::memory_order_seq_cst);
      idle_since = detail::Clock::now();
      continue;
    }
    if (idle_since == detail::Clock::time_point{}) idle_since = detail::Clock::now();
    const auto idle = detail::Clock::now() - idle_since;
    if (idle < kSearchTime) {
      rest(idle);
      continue;
    }
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    searching = false;
    if (!work_left()) break;
    searching = true;
    searching_.fetch_add(1, std::memory_order_seq_cst);
    idle_since = {};
  }
  if (searching) searching_.fetch_sub(1, std::memory_order_seq_cst);
  this_thread().context = {};
  const std::lock_guard lock(drain_mutex_);  // so that ~Engine does not end between the count and the notification
  const bool last = runners_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  if (work_left()) wake();
  if (last && runners_.load() == 0) drained_.notify_all();
}

void Engine::runner_suspended() {
  runners_.fetch_sub(1, std::memory_order_seq_cst);
  if (work_left()) wake();
}

void Engine::runner_resumed() {
  runners_.fetch_add(1, std::memory_order_seq_cst);
  resumes_.fetch_sub(1, std::memory_order_seq_cst);
}

bool Engine::work_left() {
  if (special_count_.load(std::memory_order_seq_cst) > 0) return true;
  Threads& all = threads_table();
  for (std::size_t i = 0; i < all.count(); ++i) {
    if (!all.at(i)->deque.empty()) return true;
  }
  return false;
}

Node* Engine::next_node(ThreadState& self) {
  if (special_count_.load(std::memory_order_relaxed) > 0) {
    const std::lock_guard lock(special_mutex_);
    Node* node = nullptr;
    if (!shuffled_.empty()) {
      const std::size_t i = random_() % shuffled_.size();
      node = std::exchange(shuffled_[i], shuffled_.back());
      shuffled_.pop_back();
    } else if (!ranked_.empty() && (ranked_.top().priority > 0 || self.deque.empty())) {
      node = ranked_.top().node;
      ranked_.pop();
    }
    if (node) {
      special_count_.fetch_sub(1, std::memory_order_relaxed);
      return node;
    }
  }
  if (Node* node = self.owner_pops ? self.deque.pop() : self.deque.steal()) return node;
  return steal(self);
}

Node* Engine::steal(ThreadState& self) {
  Threads& all = threads_table();
  const std::size_t count = all.count();
  self.random = self.random * 6364136223846793005u + 1442695040888963407u;
  const std::size_t start = (self.random >> 33) % count;
  for (std::size_t i = 0; i < count; ++i) {
    ThreadState* victim = all.at((start + i) % count);
    if (victim == &self) continue;
    if (victim->owner_pops || !self.owner_pops) {
      if (Node* node = victim->deque.steal()) return node;
      continue;
    }
    std::array<Node*, kMostStolen> nodes;
    const std::size_t taken = victim->deque.steal_many(nodes);
    for (std::size_t k = 1; k < taken; ++k) self.deque.push(nodes[taken - k]);  // popped in their order
    if (taken > 0) return nodes[0];
  }
  return nullptr;
}

void Engine::run_chain(Node* node) {
  while (node) node = node->next_in_chunk ? execute_all(*node) : execute(*node);
}

Node* Engine::execute_all(Node& first) {
  Node* ready = nullptr;
  for (Node* node = &first; node;) {
    Node* next = std::exchange(node->next_in_chunk, nullptr);
    Node* now_ready = execute(*node);
    if (now_ready) {
      if (ready) push(*now_ready);
      else ready = now_ready;
    }
    node = next;
  }
  return ready;
}

// ---- One task ------------------------------------------------------------------------------------------------------

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

// ---- Waiting -----------------------------------------------------------------------------------------------------

bool Engine::ready_here(Node& node) const {
  if (node.pending.load(std::memory_order_acquire) != 0 || node.has(detail::kExternal)) return false;
  const Context& mine = this_thread().context;
  char here = 0;
  return mine.task && mine.stack_base && std::abs(mine.stack_base - &here) < kNestedStack;
}

namespace {

class OneWatcher final : public Watcher {
 public:
  OneWatcher(Parker& parker, Node* waiting) : parker_(parker) { waiter = waiting; }
  void notify(Node&) noexcept override { parker_.unpark(); }

 private:
  Parker& parker_;
};

}  // namespace

bool Engine::wait(Node& node, Deadline deadline) {
  if (node.ended()) return true;
  if (!deadline && ready_here(node)) {
    State expected = State::pending;
    if (node.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) {
      // The copy in the queue keeps the runtime's reference, and drops it when it finds the state.
      if (Node* next = run_claimed(node)) push(*next), wake();
      if (node.ended()) return true;
    }
  }
  Parker parker(*this);
  OneWatcher watcher(parker, this_thread().context.task);
  if (!watchers_.add(node, watcher)) return true;
  const bool notified = parker.park(deadline);
  watchers_.remove(node, watcher);
  return notified || node.ended();
}

void Engine::sweep(detail::Scope& scope) {
  std::vector<Node*> others;
  ThreadState& self = this_thread();
  while (Node* node = next_node(self)) {
    if (node->state() == State::pending && node->scope != &scope) {
      others.push_back(node);
    } else {
      run_chain(node);  // the scope is cancelling: nothing of it runs
    }
  }
  for (Node* node : others) push(*node);
  if (!others.empty()) wake();
}

void Engine::drain(detail::Scope& scope, std::int64_t most) {
  const auto few = [&] {
    std::int64_t ended = 0, submitted = 0;  // in this order: then the difference is never too small
    for (const auto& shard : scope.shards) ended += shard.ended.load(std::memory_order_seq_cst);
    for (const auto& shard : scope.shards) submitted += shard.submitted.load(std::memory_order_seq_cst);
    return submitted - ended <= most;
  };
  std::unique_lock lock(drain_mutex_);
  scope.waiting.fetch_add(1);
  // A task that ended just before it could see that we wait does not notify: look again now and then.
  while (!few()) drained_.wait_for(lock, std::chrono::milliseconds(1));
  scope.waiting.fetch_sub(1);
}

void Engine::run_until(const std::atomic<bool>& enough) {
  char here = 0;
  this_thread().context = {.stack_base = &here};
  while (!enough.load(std::memory_order_acquire)) {
    if (Node* node = next_node(this_thread())) run_chain(node);
    else std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  this_thread().context = {};
}

Substitute::Substitute(Engine& engine) {
  if (!this_thread().context.task) return;
  thread_ = std::thread([&engine, this] { engine.run_until(enough_); });
}

Substitute::~Substitute() {
  enough_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

}  // namespace dflow::local
