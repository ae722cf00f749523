// What the scheduler says to a client, and values that come from workers.

#include <algorithm>

#include <dflow/detail/task_node.h>
#include <dflow/errors.h>

#include "runtime/cluster/client_session.h"
#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/print.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/local/machine_memory.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;
using detail::State;

namespace {

/// To so many workers at once, or some of them, values go.
constexpr std::size_t kMostPushers = 8;

}  // namespace

/// Tells of a task's end on one of the engine's threads: callbacks are the user's code, and may wait for other tasks.
class ClientSession::Ending final : public detail::Value<void> {
 public:
  Ending(detail::Session& local, Node& node, State state) : local_(local), node_(node), end_(state) {}
  void run() override {
    std::construct_at(&value_);
    local_.end_external(node_, end_);
  }
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return node_type_; }
  void destroy() noexcept override { delete this; }

 private:
  detail::Session& local_;
  Node& node_;
  State end_;
  const std::type_info& node_type_ = typeid(Ending);
};

/// The node is claimed, and its value or error written.
void ClientSession::end(Node& node, State state) {
  node.state_.store(state, std::memory_order_release);
  detail::Edge* nobody = nullptr;
  if (node.dependents.compare_exchange_strong(nobody, detail::closed(), std::memory_order_acq_rel)) {
    return local_.end_external(node, state);
  }
  auto* ending = new Ending(local_, node, state);
  const NodeRef handle(ending);
  detail::run_here(*node.scope, *ending);
}

void ClientSession::received(const std::vector<std::string>& messages) {
  for (const std::string& bytes : messages) {
    Result<ToClient> message = core::decode<ToClient>(bytes);
    if (!message) return lose("dflow: " + message.message());
    std::visit([&](auto& m) { on(m); }, message.value());
  }
}

/// The node of a task that has not ended, which is the caller's to end; null if it is cancelled.
Node* ClientSession::take(core::TaskId id) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || !detail::claim_external(*found->second)) return nullptr;
  Node* node = found->second;
  nodes_.erase(found);
  settled_ = std::max(settled_, core::number_of(id));
  return node;
}

void ClientSession::on(core::TaskDone& message) {
  const core::TaskId id = message.value.id;
  Node* node = take(id);
  if (!node) {
    NodeRef scattered;
    const std::lock_guard lock(mutex_);
    if (const auto found = scattered_.find(id); found != scattered_.end()) {
      scattered = std::move(found->second);
      scattered_.erase(found);
    }
    if (const auto place = places_.find(id); place != places_.end()) place->second = {.value = message.value};
    changed_.notify_all();
    return;
  }
  if (fails_for_inputs(*node)) return;  // what it needed was cancelled here before the end of either was heard
  if (message.inline_value) {
    try {
      Reader in(std::as_bytes(std::span(*message.inline_value)));
      node->value_form()->read(*node, in);
    } catch (...) {
      node->set_error(std::current_exception());
      return end(*node, State::failed);
    }
    return end(*node, State::done);
  }
  node->mark(detail::kElsewhere);
  {
    const std::lock_guard lock(mutex_);
    places_[id] = {.value = message.value};
    elsewhere_.insert(node);
  }
  end(*node, State::done);
}

namespace {

/// Of a scattered value that is lost.
std::string needs(const core::Failure& failure) {
  const bool placed = failure.kind == core::Failure::Kind::data_lost;
  return placed ? ": it needs what scatter() has placed, " + failure.message : "";
}

}  // namespace

void ClientSession::on(core::TaskEnded& message) {
  const core::Failure& failure = *message.failure;
  Node* node = take(message.id);
  if (!node) {
    const std::lock_guard lock(mutex_);
    scattered_.erase(message.id);
    const auto place = places_.find(message.id);
    if (place == places_.end()) return;
    const auto named = [&](const Node* each) { return each->extras()->remote_id == static_cast<std::uint64_t>(message.id); };
    const auto owner = std::ranges::find_if(elsewhere_, named);
    const bool once = failure.kind == core::Failure::Kind::ran_and_lost || failure.kind == core::Failure::Kind::may_have_run;
    if (once && owner != elsewhere_.end()) {  // its value came to a worker, and never here
      place->second.error = error_of(failure, **owner);
      changed_.notify_all();
      return;
    }
    place->second.error = failure.kind == core::Failure::Kind::cancelled
                              ? std::make_exception_ptr(CancelledError("dflow: the value was forgotten by restart()"))
                              : std::make_exception_ptr(
                                    Error("dflow: the value was lost with its worker, and cannot be computed again" + needs(failure)));
    changed_.notify_all();
    return;
  }
  using Kind = core::Failure::Kind;
  if (failure.kind == Kind::swept) node->mark(detail::kSuccessorsCancel);
  if (failure.kind == Kind::swept || (failure.kind == Kind::cancelled && failure.origin == message.id)) {
    return end(*node, State::cancelled);
  }
  if (fails_for_inputs(*node)) return;  // as above
  const TaskOptions* options = detail::options_of(*node);
  if (options && options->on_failure == OnFailure::cancel_successors) node->mark(detail::kSuccessorsCancel);
  node->set_error(error_of(failure, *node));
  end(*node, State::failed);
}

std::exception_ptr ClientSession::error_of(const core::Failure& failure, const Node& node) const {
  using Kind = core::Failure::Kind;
  switch (failure.kind) {
    case Kind::exception:
      return read_exception(failure.payload ? *failure.payload : "", failure.worker);
    case Kind::cancelled:
      return std::make_exception_ptr(
          CancelledError("dflow: " + detail::describe(node) + " needed the result of a task that was cancelled"));
    case Kind::worker_lost: {
      const core::WorkerEnd end = failure.end.value_or(core::WorkerEnd{});
      return std::make_exception_ptr(WorkerLost(detail::describe(node), failure.worker, how_it_ended(end), end.last_words));
    }
    case Kind::timeout:
      return std::make_exception_ptr(TimeoutError("dflow: " + detail::describe(node) + ": " + failure.message));
    case Kind::data_lost:
      return std::make_exception_ptr(Error("dflow: " + detail::describe(node) + " cannot run" + needs(failure)));
    case Kind::may_have_run:
      return std::make_exception_ptr(MayHaveRun(
          detail::describe(node), "it was given to " + (failure.worker.empty() ? "a worker" : failure.worker) +
                                      ", which was lost before it told, and may have run"));
    case Kind::ran_and_lost:
      return std::make_exception_ptr(MayHaveRun(detail::describe(node), "a task has run, and its result was lost with the worker that had it"));
    default:
      return std::make_exception_ptr(Error("dflow: " + detail::describe(node) + ": " + failure.message +
                                           (failure.worker.empty() ? "" : " (on " + failure.worker + ")")));
  }
}

// ---- Values ----------------------------------------------------------------------------------------------------------

bool ClientSession::fetch(Node& node, detail::Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto nobody_else = [&] { return !fetching_.contains(&node); };
  if (!deadline) changed_.wait(lock, nobody_else);
  else if (!changed_.wait_until(lock, *deadline, nobody_else)) return false;
  if (!node.marked(detail::kElsewhere)) return true;
  fetching_.insert(&node);
  lock.unlock();
  const core::TaskId id{node.extras()->remote_id};
  std::exception_ptr error;
  bool there = false;
  try {
    for (std::optional<core::Input> place; !there && (place = find_value(id, deadline));) there = fetch_from(*place, node);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  fetching_.erase(&node);
  if (there) elsewhere_.erase(&node);
  changed_.notify_all();
  lock.unlock();
  if (error) std::rethrow_exception(error);
  return there;
}

std::optional<core::Input> ClientSession::find_value(core::TaskId id, detail::Deadline deadline) {
  std::unique_lock lock(mutex_);
  Place& place = places_[id];
  const auto known = [&] { return place.error || !place.asked_again; };
  if (!deadline) changed_.wait(lock, known);
  else if (!changed_.wait_until(lock, *deadline, known)) return std::nullopt;
  if (place.error) std::rethrow_exception(place.error);
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
    if (!local::fits_into_machine(size)) throw std::bad_alloc();  // it is what another process says
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
    push(id, worker);
    lock.lock();
  }
  pusher.done = true;
}

void ClientSession::push(core::TaskId id, core::WorkerId worker) {
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
      const Result<std::string> refusal = links_->push(worker, id, write_value(*value.get()));
      // If that worker is lost, the scheduler names another one.
      if (refusal && !refusal.value().empty()) {
        send(core::ValueUnavailable{.client = id_, .id = id, .worker = worker, .reason = refusal.value()});
      }
    }
  } catch (const std::exception&) {
  }
}

// ---- Everything else -------------------------------------------------------------------------------------------------

void ClientSession::on(PeerJoined& message) {
  links_->add(message.worker, message.address);
  const std::lock_guard lock(mutex_);
  workers_[message.worker] = message;
  changed_.notify_all();
}

void ClientSession::on(PeerLeft& message) {
  links_->remove(message.worker);
  const std::lock_guard lock(mutex_);
  workers_.erase(message.worker);
  changed_.notify_all();
}

void ClientSession::on(Printed& message) { print_lines(message); }

void ClientSession::on(AllEnded&) {
  const std::lock_guard lock(mutex_);
  all_ended_ = true;
  changed_.notify_all();
}

void ClientSession::on(Sync&) {
  const std::lock_guard lock(mutex_);
  ++syncs_answered_;
  changed_.notify_all();
}

void ClientSession::on(FilesWanted&) {
  if (options_.files) send(options_.files->describe());
}

void ClientSession::on(PieceWanted& message) {
  if (options_.files) send(options_.files->piece(message));
}

void ClientSession::on(GivenUp& message) { lose("dflow: " + message.reason); }

}  // namespace dflow::cluster
