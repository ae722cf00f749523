// What the scheduler says to a client.

#include <algorithm>

#include <dflow/detail/task_node.h>
#include <dflow/errors.h>

#include "formats/printable.h"
#include "runtime/cluster/client_session.h"
#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/print.h"
#include "runtime/local/progress.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;
using detail::State;

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
  if (message.failure) last_failure_ = message.failure;
  const core::FailureRef told = last_failure_ ? last_failure_ : std::make_shared<const core::Failure>();
  const core::Failure& failure = *told;
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
      return std::make_exception_ptr(TimeoutError(detail::describe(node) + " " + failure.message));
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

void ClientSession::on(Printed& message) { print_lines(message, local::bars_are_shown()); }

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

void ClientSession::on(GivenUp& message) { lose("dflow: " + formats::printable_lines(message.reason)); }

}  // namespace dflow::cluster
