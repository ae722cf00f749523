// Waiting for several nodes.

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include <dflow/errors.h>
#include <dflow/wait.h>

#include "runtime/local/fork.h"
#include "runtime/local/local_session.h"
#include "runtime/local/parker.h"

namespace dflow::inline v0::detail {

namespace {

using local::Parker;
using local::Watcher;

/// Unparks when enough of the watched nodes have ended.
class CountWatcher final : public Watcher {
 public:
  CountWatcher(Parker& parker, When when, std::size_t count) : parker_(parker), when_(when), left_(count) {}

  void notify(Node& node) noexcept override {
    const bool failed = node.state() != State::done;
    const bool last = left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    if (last || when_ == When::first || (when_ == When::first_exception && failed)) {
      satisfied_.store(true);
      parker_.unpark();
    }
  }
  bool satisfied() const { return satisfied_.load(); }

 private:
  Parker& parker_;
  When when_;
  std::atomic<std::size_t> left_;
  std::atomic<bool> satisfied_{false};
};

}  // namespace

bool wait_many(const std::vector<Node*>& nodes, When when, Deadline deadline) {
  if (nodes.empty()) return true;
  for (Node* node : nodes) {
    if (!node) throw_empty_future("wait()");
  }
  if (in_dry_run()) local::end_dry_run_at_wait();
  if (!std::ranges::all_of(nodes, &Node::ended)) local::refuse_if_forked();
  if (!local::active().local) return std::ranges::all_of(nodes, [](Node* n) { return n->ended(); });
  local::Engine& engine = local::active().local->engine();
  Parker parker(engine);
  CountWatcher watcher(parker, when, nodes.size());
  watcher.waiter = local::this_thread().context->task;
  std::size_t added = 0;
  for (Node* node : nodes) {
    if (!engine.watchers().add(*node, watcher)) watcher.notify(*node);
    ++added;
    if (watcher.satisfied()) break;
  }
  const bool notified = watcher.satisfied() || parker.park(deadline);
  for (std::size_t i = 0; i < added; ++i) engine.watchers().remove(*nodes[i], watcher);
  return notified;
}

/// Shared by the queue and the observers that are in nodes' lists, which may outlive it.
struct CompletionQueue::Impl : std::enable_shared_from_this<Impl> {
  class Entry final : public Observer {
   public:
    Entry(std::shared_ptr<Impl> owner, std::size_t number) : owner_(std::move(owner)), number_(number) {}
    void ended(Node&) noexcept override {
      owner_->put(number_);
      delete this;
    }

   private:
    std::shared_ptr<Impl> owner_;
    std::size_t number_;
  };

  void put(std::size_t number) {
    const std::lock_guard lock(mutex);
    ready.push_back(number);
    if (waiter) waiter->unpark();
  }

  std::optional<std::size_t> take() {
    if (ready.empty()) return std::nullopt;
    const std::size_t number = ready.front();
    ready.pop_front();
    return number;
  }

  std::mutex mutex;
  std::deque<std::size_t> ready;
  Parker* waiter = nullptr;
};

CompletionQueue::CompletionQueue() : impl_(std::make_shared<Impl>()) {}

void CompletionQueue::add(Node& node, std::size_t number) { observe_node(node, *new Impl::Entry(impl_, number)); }

std::optional<std::size_t> CompletionQueue::next_if_ready() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->take();
}

std::optional<std::size_t> CompletionQueue::next(Deadline deadline) {
  if (std::optional<std::size_t> number = next_if_ready()) return number;
  local::refuse_if_forked();
  if (in_dry_run()) local::end_dry_run_at_wait();
  if (!local::active().local) throw SessionError("dflow: the session ended before these futures did");
  Parker parker(local::active().local->engine());
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::optional<std::size_t> number = impl_->take()) return number;
    impl_->waiter = &parker;
  }
  parker.park(deadline);
  const std::lock_guard lock(impl_->mutex);
  impl_->waiter = nullptr;
  return impl_->take();
}

}  // namespace dflow::inline v0::detail
