// A worker's fetchers: they get the values that its tasks need from other workers.
#include "runtime/cluster/arrival.h"
#include "runtime/cluster/worker_process.h"
#include "runtime/net/heap.h"

namespace dflow::cluster {

namespace {

/// The values that one question asks for, and their size.
constexpr std::size_t kMostFetches = 256;
constexpr std::uint64_t kSmallFetch = 32 << 10;
/// Workers with more peers than that do not call them before they need something: there would be a connection for each two of
/// them.
constexpr std::size_t kCalledAhead = 3;

}  // namespace

/// The next value, and others from the same peer with it, as far as they are small: they cost little more than one.
std::vector<core::StartFetch> WorkerProcess::next_fetches() {
  std::vector<core::StartFetch> orders{std::move(to_fetch_.front())};
  to_fetch_.pop_front();
  const core::WorkerId from = orders.front().from;
  if (orders.front().bytes > kSmallFetch) return orders;
  for (auto order = to_fetch_.begin(); order != to_fetch_.end() && orders.size() < kMostFetches;) {
    const bool along = order->from == from && order->bytes <= kSmallFetch;
    if (along) orders.push_back(*order);
    order = along ? to_fetch_.erase(order) : std::next(order);
  }
  return orders;
}

/// One at a time, so that others stay to fetch when it takes long. The lock is given up meanwhile.
void WorkerProcess::call_ahead(std::unique_lock<std::mutex>& lock) {
  const core::WorkerId peer = to_call_.front();
  to_call_.pop_front();
  if (links_->known() > kCalledAhead + 1) return to_call_.clear();  // this worker is among them
  calling_ = true;
  lock.unlock();
  links_->call_ahead(peer);
  lock.lock();
  calling_ = false;
}

void WorkerProcess::fetch() {
  net::prepare_heap(net::kSmallHeap);
  std::unique_lock lock(mutex_);
  for (;;) {
    fetch_wanted_.wait(lock, [&] { return over_ || !to_fetch_.empty() || may_call_ahead(); });
    if (over_) return;
    if (to_fetch_.empty()) {
      call_ahead(lock);
      continue;
    }
    const std::vector<core::StartFetch> orders = next_fetches();
    if (!to_fetch_.empty()) fetch_wanted_.notify_one();
    lock.unlock();
    const std::vector<core::WorkerEvent> ends = fetch(orders);
    lock.lock();
    std::uint64_t came = 0;
    for (const core::WorkerEvent& end : ends) {
      if (const auto* value = std::get_if<core::FetchSucceeded>(&end)) came += value->bytes;
    }
    if (came > 0) measure(came);
    events_.insert(events_.end(), ends.begin(), ends.end());
    apply_all();
  }
}

std::vector<core::WorkerEvent> WorkerProcess::fetch(const std::vector<core::StartFetch>& orders) {
  std::vector<Wanted> wanted;
  for (const core::StartFetch& order : orders) wanted.push_back({order.id, order.version});
  std::vector<ValueStore::Held> held(orders.size());
  std::vector<std::string> untaken(orders.size());
  const std::vector<Pulled> pulled = links_->pull(
      orders.front().from, wanted,
      [&](std::size_t which, transfer::Source& source, const net::Value& value) -> Result<void> {
        untaken[which] = admit(value.size, orders[which]);
        if (!untaken[which].empty()) return formats::Error{untaken[which]};  // nor is what he says listened to any longer
        Result<ValueStore::Held> received = receive_value(source, value.form);
        if (value.size > orders[which].bytes) arrived(value.size - orders[which].bytes);
        if (!received && !source.broken().empty()) return received.error();
        if (!received) return (untaken[which] = received.message(), Result<void>());
        held[which] = std::move(received).value();
        return {};
      });
  std::vector<core::WorkerEvent> ends;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const core::StartFetch& order = orders[i];
    if (pulled[i].outcome == Pulled::Outcome::cannot_cross) {
      held[i].failure = std::make_exception_ptr(SerializeError(pulled[i].error));
    }
    if (held[i]) {
      store_.put(order.id, order.version, std::move(held[i]));
      ends.emplace_back(core::FetchSucceeded{order.id, order.version, order.from, pulled[i].size});
    } else {
      ends.emplace_back(core::FetchBroken{order.id, order.version, order.from, pulled[i].outcome == Pulled::Outcome::gone,
                                          untaken[i]});
    }
  }
  return ends;
}

}  // namespace dflow::cluster
