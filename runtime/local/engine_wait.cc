// Waiting for a task's end, and for all of an executor's tasks.

#include <cstdlib>
#include <thread>

#include "runtime/local/current.h"
#include "runtime/local/engine.h"
#include "runtime/local/parker.h"

namespace dflow::local {

namespace {

/// In-place execution of an awaited task nests on the waiter's stack, up to here. Beyond, the waiter suspends.
constexpr std::ptrdiff_t kNestedStack = 256 * 1024;

}  // namespace

bool Engine::ready_here(Node& node) const {
  if (node.pending.load(std::memory_order_acquire) != 0) return false;
  if (node.traits & (detail::kExternal | detail::kRemote)) return false;
  const Context& mine = *this_thread().context;
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
      hand_on(run_claimed(node));
      if (node.ended()) return true;
    }
  }
  Parker parker(*this);
  OneWatcher watcher(parker, this_thread().context->task);
  if (!watchers_.add(node, watcher)) return true;
  const bool notified = parker.park(deadline);
  watchers_.remove(node, watcher);
  return notified || node.ended();
}

void Engine::sweep(detail::Scope& scope) {
  std::vector<Node*> others;
  ThreadState& self = this_thread();
  const auto foreign = [&](const Node* node) {
    if (LaunchItem::is(node)) return launches_.at(LaunchItem(node).slot()).scope != &scope;
    return node->state() == State::pending && node->scope != &scope;
  };
  while (Node* node = next_node(self)) {
    if (foreign(node)) {
      others.push_back(node);
    } else {
      run_chain(node);  // the scope is cancelling: nothing of it runs
    }
  }
  for (Node* node : others) {
    if (LaunchItem::is(node)) self.deque.push(node);
    else push(*node);
  }
  if (!others.empty()) wake();
  cancel_waiting(scope);
}

void Engine::cancel_waiting(detail::Scope& scope) {
  for (const detail::NodeRef& node : externals_.waiting(scope)) cancel(*node.get());
}

void Engine::drain(detail::Scope& scope, std::int64_t most) {
  const auto few = [&] {
    std::int64_t ended = 0, submitted = 0;  // in this order: then the difference is never too small
    for (const auto& shard : scope.shards) ended += shard.ended.load(std::memory_order_seq_cst);
    for (const auto& shard : scope.shards) submitted += shard.submitted.load(std::memory_order_seq_cst);
    return submitted - ended <= most;
  };
  if (few()) return;
  release_held();
  const Substitute substitute(*this);  // a task of another executor may be who waits
  std::unique_lock lock(drain_mutex_);
  scope.waiting.fetch_add(1);
  // A task that ended just before it could see that we wait does not notify: look again now and then.
  while (!few()) {
    drained_.wait_for(lock, std::chrono::milliseconds(1));
    if (!scope.cancelling.load(std::memory_order_relaxed)) continue;
    lock.unlock();
    cancel_waiting(scope);  // running tasks may submit more
    lock.lock();
  }
  scope.waiting.fetch_sub(1);
}

void Engine::run_until(const std::atomic<bool>& enough) {
  const RunnerStack stack;
  while (!enough.load(std::memory_order_acquire)) {
    Node* node = next_node(this_thread());
    if (!node) node = steal_rest(this_thread());
    if (node) run_chain(node);
    else std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void Engine::start_substitute(std::shared_ptr<const std::atomic<bool>> enough) {
  {
    const std::lock_guard lock(drain_mutex_);
    ++substitutes_;
  }
  const auto end = [this] {
    const std::lock_guard lock(drain_mutex_);  // so that ~Engine does not end before the notification
    if (--substitutes_ == 0) drained_.notify_all();
  };
  try {
    std::thread([this, end, enough = std::move(enough)] {
      run_until(*enough);
      end();
    }).detach();
  } catch (...) {  // the system gives no more threads
    end();
    throw;
  }
}

Substitute::Substitute(Engine& engine) {
  const ThreadState& self = this_thread();
  if (self.context == &self.outside) return;
  enough_ = std::make_shared<std::atomic<bool>>(false);
  engine.start_substitute(enough_);
}

Substitute::~Substitute() {
  if (enough_) enough_->store(true, std::memory_order_release);
}

}  // namespace dflow::local
