#include "runtime/local/launches.h"

#include <unordered_map>

#include <dflow/detail/throw_watch.h>
#include <dflow/errors.h>

#include "runtime/local/fork.h"
#include "runtime/local/local_session.h"

namespace dflow::local {

Launches::Launches() {
  free_.reserve(LaunchItem::kSlots);
  for (std::uint32_t slot = LaunchItem::kSlots; slot-- > 0;) free_.push_back(slot);
}

bool Launches::add(Launch& launch, std::uint32_t& slot) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return false;
  slot = free_.back();
  free_.pop_back();
  at_[slot].store(&launch, std::memory_order_release);
  return true;
}

void Launches::remove(std::uint32_t slot) {
  const std::lock_guard lock(mutex_);
  free_.push_back(slot);
}

}  // namespace dflow::local

namespace dflow::inline v0::detail {

using local::active;

/// Few tasks fail: they are looked up under a lock.
struct Launch::Failures {
  struct Failure {
    State state;
    std::exception_ptr error;
    bool cancels;
    bool overdue = false;  ///< Its body may still be running.
  };
  mutable std::mutex mutex;
  std::unordered_map<TaskId, Failure> of;
};

struct Launch::Order : local::LaunchOrder {
  using LaunchOrder::LaunchOrder;
};

void Launch::OrderDeleter::operator()(Order* order) const noexcept { delete order; }

local::LaunchOrder* LaunchAccess::order(Launch& launch) { return launch.order_.get(); }

void Launch::FailuresDeleter::operator()(Failures* failures) const noexcept { delete failures; }

bool Launch::has_failed(TaskId id) const {
  if (!failed_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(failures_->mutex);
  return failures_->of.contains(id);
}

void Launch::fail(TaskId id, State state, std::exception_ptr error, bool cancels) {
  const std::lock_guard lock(failures_->mutex);
  failures_->of.insert_or_assign(id, Failures::Failure{state, std::move(error), cancels});
  failed_.store(true, std::memory_order_relaxed);  // whoever gets a result of this task gets this too
}

bool Launch::fails_from(TaskId id, const TaskId* inputs, std::size_t count, Node* output, bool own_cancels, bool ignores) {
  State state = State::cancelled;
  std::exception_ptr error;
  bool cancels = false;
  if (!scope->cancelling.load(std::memory_order_relaxed)) {
    const std::lock_guard lock(failures_->mutex);
    for (const TaskId* input = inputs; input != inputs + count; ++input) {
      const auto found = failures_->of.find(*input);
      if (found == failures_->of.end()) continue;
      error = found->second.error;
      cancels = found->second.cancels;
      break;
    }
    if (!error || (ignores && !cancels)) return false;
    if (!cancels) state = State::failed;
  } else {
    error = std::make_exception_ptr(CancelledError("a task of " + describe(*this) + " was cancelled"));
  }
  if (output && !claim(*output, id)) return true;
  cancels = cancels || (own_cancels && state == State::failed);
  fail(id, state, error, cancels);
  if (!output) return true;
  if (state == State::failed) output->set_error(std::move(error));
  if (cancels) output->mark(kSuccessorsCancel);
  end(*output, state);
  return true;
}

void Launch::rethrow_from(const TaskId* inputs, std::size_t count) const {
  std::exception_ptr error;
  {
    const std::lock_guard lock(failures_->mutex);
    for (const TaskId* input = inputs; input != inputs + count && !error; ++input)
      if (const auto found = failures_->of.find(*input); found != failures_->of.end()) error = found->second.error;
  }
  if (error) std::rethrow_exception(std::move(error));
}

bool Launch::was_overdue(TaskId id) const {
  const std::lock_guard lock(failures_->mutex);
  const auto found = failures_->of.find(id);
  return found != failures_->of.end() && found->second.overdue;
}

void Launch::end_overdue(TaskId id, Node* output, std::exception_ptr error, bool cancels) {
  {
    const std::lock_guard lock(failures_->mutex);
    failures_->of.insert_or_assign(id, Failures::Failure{State::failed, error, cancels, true});
    failed_.store(true, std::memory_order_relaxed);
  }
  end_failed(output, std::move(error), cancels);
  active().local->engine().push_task(*this, id);
}

void Launch::failed(TaskId id, Node* output, bool cancels) {
  std::exception_ptr error = thrown_by_body();
  fail(id, State::failed, error, cancels);
  end_failed(output, std::move(error), cancels);
}

void Launch::end_failed(Node* output, std::exception_ptr error, bool cancels) {
  if (!output) return;
  output->set_error(std::move(error));
  if (cancels) output->mark(kSuccessorsCancel);
  end(*output, State::failed);
}

NodeRef Launch::add_output(Node& made, Index number) {
  NodeRef node(&made);
  outputs[static_cast<std::size_t>(number)] = node;
  return node;
}

void NewLaunch::give_up() noexcept {
  for (const NodeRef& output : launch_->outputs)
    if (output) output.get()->release_from_runtime();
  launch_->destroy();
}

void Launch::let_go(Index output) { outputs[static_cast<std::size_t>(output)] = NodeRef(); }

bool Launch::claim(Node& output, TaskId id) {
  State expected = State::pending;
  if (output.state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel)) return true;
  fail(id, State::cancelled, std::make_exception_ptr(CancelledError(describe(output) + " was cancelled")));
  return false;
}

void Launch::end(Node& output, State state) { scope->session->end_external(output, state); }

Launch::Launch(Scope& in, const Site* site) : failures_(new Failures) {
  scope = &in;
  session_id = in.session_id;
  where = site;
  state_.store(State::running, std::memory_order_relaxed);
  if (!active().local->engine().admit(*this)) throw std::bad_alloc();
}

Launch::~Launch() { active().local->engine().dismiss(*this); }

void Launch::start(std::initializer_list<Range> roots, std::uint64_t sinks, std::initializer_list<TaskId> ends,
                   std::initializer_list<Range> given) {
  local::Engine& engine = active().local->engine();
  roots_ = roots;
  given_ = given;
  left_.store(sinks * kSink, std::memory_order_relaxed);
  if (engine.priorities() != local::Priorities::none && local::LaunchOrder::suits(ends))
    order_.reset(new Order(ends, engine.costs().of(where, ends.size()), engine.threads(), engine.priorities()));
  engine.launch(*this);
}

bool may_launch(const Executor& executor) noexcept {
  const Scope& scope = scope_of(executor);
  const local::LocalSession* session = active().local;
  if (local::forked() || !session || active().recorder || scope.dry || scope.always_copy || scope.max_pending != 0) return false;
  if (scope.closed.load(std::memory_order_relaxed) || scope.session_id != active().id) return false;
  const local::Settings& settings = session->settings();
  return settings.launch && !settings.serial && !settings.shuffle && settings.serialize == 0 && !settings.clustered();
}

}  // namespace dflow::inline v0::detail
