// Values that come from workers, and go to them.

#include <algorithm>

#include <dflow/errors.h>

#include "formats/machine_memory.h"
#include "runtime/cluster/client_session.h"
#include "runtime/cluster/task_codec.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;

namespace {

/// To so many workers at once, or some of them, values go.
constexpr std::size_t kMostPushers = 8;
/// So many values at once are brought from one worker for those who wait for a limited time. It may be silent, and others are not.
constexpr std::size_t kMostBringing = 16;
/// So long the end of a session waits for a worker to take a value, and a millisecond more for so many of its bytes.
constexpr std::chrono::milliseconds kForPush{1000};
constexpr std::uint64_t kSlowest = 10'000;

}  // namespace

bool ClientSession::fetch(Node& node, detail::Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto may_begin = [&] {
    if (fetching_.contains(&node)) return false;  // another does
    if (!deadline || !node.marked(detail::kElsewhere)) return true;
    reap_bringing();
    return may_bring(node);
  };
  if (!deadline) changed_.wait(lock, may_begin);
  else if (!changed_.wait_until(lock, *deadline, may_begin)) return false;
  if (!node.marked(detail::kElsewhere)) return true;
  if (!deadline) {
    fetching_.insert(&node);
    lock.unlock();
    return bring(node);
  }
  const std::shared_ptr<Bringing> mine = start_bringing(node);
  if (!changed_.wait_until(lock, *deadline, [&] { return mine->over; })) return false;
  if (mine->error) std::rethrow_exception(mine->error);
  return !node.marked(detail::kElsewhere);
}

/// Brings the value of a node that is in `fetching_`; false if the session ends first. Throws what is wrong with it.
bool ClientSession::bring(Node& node) {
  const core::TaskId id{node.extras()->remote_id};
  bool there = false;
  try {
    for (std::optional<core::Input> place; !there && (place = find_value(id));) there = fetch_from(*place, node);
  } catch (...) {
    brought(node, false);
    throw;
  }
  brought(node, there);
  return there;
}

void ClientSession::brought(Node& node, bool there) {
  const std::lock_guard lock(mutex_);
  fetching_.erase(&node);
  if (there) elsewhere_.erase(&node);
  changed_.notify_all();
}

/// The lock is held. Who is to be asked first: of a value that is on its way to another worker, nobody.
std::optional<core::WorkerId> ClientSession::holder_of(const Node& node) const {
  const auto place = places_.find(core::TaskId{node.extras()->remote_id});
  if (place == places_.end() || place->second.value.holders.empty()) return std::nullopt;
  return place->second.value.holders[0];
}

/// The lock is held.
bool ClientSession::may_bring(const Node& node) const {
  const auto holder = holder_of(node);
  return std::ranges::count_if(bringing_, [&](const auto& each) { return each->from == holder; }) <
         static_cast<std::ptrdiff_t>(kMostBringing);
}

/// The lock is held. What has come until somebody's deadline is not lost: the next who asks gets it, or waits for the rest.
std::shared_ptr<ClientSession::Bringing> ClientSession::start_bringing(Node& node) {
  const auto made = std::make_shared<Bringing>(Bringing{.node = &node, .from = holder_of(node)});
  node.retain();
  made->thread = std::thread([this, made = made.get(), value = NodeRef(&node)]() mutable {
    std::exception_ptr error;
    try {
      bring(*value.get());
    } catch (...) {
      error = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    made->node = nullptr;
    lock.unlock();
    value = NodeRef();  // the end of a node takes the lock; and before all is told: who has waited may be its only reader
    lock.lock();
    made->error = std::move(error);
    made->over = true;
    changed_.notify_all();
  });
  bringing_.push_back(made);
  fetching_.insert(&node);
  return made;
}

/// The lock is held.
void ClientSession::reap_bringing() {
  std::erase_if(bringing_, [](const auto& each) {
    if (each->over) each->thread.join();
    return each->over;
  });
}

/// The lock is held. Nobody has a future of it any more.
bool ClientSession::is_only_brought(const Node& node) const {
  const bool brought = std::ranges::any_of(bringing_, [&](const auto& each) { return each->node == &node; });
  return brought && (node.refs_.load(std::memory_order_acquire) & ~Node::kRuntime) == 1;
}

/// The session is over.
void ClientSession::end_bringing() {
  for (const auto& each : bringing_) each->thread.join();
}

std::optional<core::Input> ClientSession::find_value(core::TaskId id) {
  std::unique_lock lock(mutex_);
  Place& place = places_[id];
  changed_.wait(lock, [&] { return place.error || !place.asked_again || over_; });
  if (place.error) std::rethrow_exception(place.error);
  if (place.asked_again) return std::nullopt;
  return place.value;
}

namespace {

std::string result_of(const Node& node) {
  return "dflow: the result of " + detail::describe(node) + " cannot be brought here: ";
}

/// The value, from its bytes to its place in the node. An error if they did not come.
Result<void> read_into(Node& node, transfer::Source& source, std::exception_ptr& failure) {
  failure = nullptr;
  const std::uint64_t size = source.left();
  try {
    if (!formats::fits_into_machine(size)) throw std::bad_alloc();  // it is what another process says
    Reader in(source, size);
    node.value_form()->read(node, in);
  } catch (const std::bad_alloc&) {
    failure = std::make_exception_ptr(Error(result_of(node) + "there is no memory for its " + std::to_string(size) +
                                            " bytes: let a task make less of it where it is, and get() that"));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!source.broken().empty()) return formats::Error{source.broken()};
  return {};
}

}  // namespace

bool ClientSession::fetch_from(const core::Input& value, Node& node) {
  Pulled pulled;
  core::WorkerId asked{};
  for (const core::WorkerId holder : value.holders) {
    asked = holder;
    std::exception_ptr failure;
    const Wanted wanted{value.id, value.version};
    pulled = links_->pull(holder, {&wanted, 1}, [&](std::size_t, transfer::Source& source, const net::Value&) {
      return read_into(node, source, failure);
    })[0];
    if (pulled.outcome == Pulled::Outcome::cannot_cross) throw SerializeError(pulled.error);
    if (pulled.outcome != Pulled::Outcome::here) continue;
    if (failure) std::rethrow_exception(failure);
    node.marks_.fetch_and(static_cast<std::uint8_t>(~detail::kElsewhere), std::memory_order_release);
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    Place& place = places_[value.id];
    if (place.value == value) place.asked_again = true;  // else it has been told already
  }
  send(core::ValueUnavailable{.client = id_,
                              .id = value.id,
                              .version = value.version,
                              .worker = asked,
                              .gone = pulled.outcome == Pulled::Outcome::gone});
  return false;
}

/// For the first time, or since the workers that had the value are lost.
void ClientSession::on(core::PlaceValue& message) {
  const std::lock_guard lock(mutex_);
  if (pushers_end_) return;
  NodeRef& value = scattered_[message.id];
  const auto placed = placed_.find(message.id);
  if (!value && placed != placed_.end()) value = if_alive(*placed->second);
  if (!value) {
    scattered_.erase(message.id);
    send(core::ValueUnavailable{.client = id_, .id = message.id, .worker = message.worker, .gone = true});
    return;
  }
  std::erase_if(pushers_, [](Pusher& pusher) {
    if (pusher.done) pusher.thread.join();
    return pusher.done;
  });
  placing_.emplace_back(message.id, message.worker);
  if (pushers_.size() >= kMostPushers) return;
  Pusher& pusher = pushers_.emplace_back();
  pusher.thread = std::thread([this, &pusher] { push_all(pusher); });
}

void ClientSession::push_all(Pusher& pusher) {
  std::unique_lock lock(mutex_);
  while (!placing_.empty()) {
    const auto [id, worker] = placing_.front();
    placing_.pop_front();
    lock.unlock();
    push(pusher, id, worker);
    lock.lock();
  }
  pusher.done = true;
  changed_.notify_all();
}

/// It is on its way, or not any more.
void ClientSession::note_push(Pusher& pusher, std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  pusher.sent.reset();
  pusher.bytes = bytes.value_or(0);
  if (bytes) pusher.sent = Pusher::Clock::now();
  changed_.notify_all();
}

/// While a value is packed, that long; and then as long as a slow network needs.
ClientSession::Pusher::Clock::time_point ClientSession::Pusher::worth_waiting_for(Clock::time_point ending) const {
  if (done) return ending;
  if (!sent) return Clock::now() + std::chrono::hours(1);
  return std::max(*sent, ending) + kForPush + std::chrono::milliseconds(bytes / kSlowest);
}

/// Tasks that run on when their program has ended may need what is on its way to workers. One that is stopped does not take it.
void ClientSession::await_pushers() {
  const auto ending = Pusher::Clock::now();
  std::unique_lock lock(mutex_);
  for (;;) {
    auto until = ending;
    for (const Pusher& pusher : pushers_) until = std::max(until, pusher.worth_waiting_for(ending));
    if (until <= Pusher::Clock::now()) break;
    changed_.wait_until(lock, until);
  }
  pushers_end_ = true;
}

void ClientSession::push(Pusher& pusher, core::TaskId id, core::WorkerId worker) {
  NodeRef value;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = scattered_.find(id); found != scattered_.end()) {
      found->second.get()->retain();
      value = NodeRef(found->second.get());
    }
  }
  try {
    if (value) {
      const ValueBytes bytes = write_value(*value.get());
      note_push(pusher, bytes.writer.size());
      const Result<std::string> refusal = links_->push(worker, id, bytes);
      // If that worker is lost, the scheduler names another one.
      if (refusal && !refusal.value().empty()) {
        send(core::ValueUnavailable{.client = id_, .id = id, .worker = worker, .reason = refusal.value()});
      }
    }
  } catch (const std::exception&) {
  }
  note_push(pusher, {});
}

}  // namespace dflow::cluster
