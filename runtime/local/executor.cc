// Executor's own functions.

#include <dflow/detail/launch.h>
#include <dflow/executor.h>

#include <limits>

#include "runtime/local/fork.h"
#include "runtime/local/local_session.h"
#include "runtime/local/thread_state.h"

namespace dflow::inline v0 {

namespace detail {

struct ExecutorAccess {
  static Scope& scope(const Executor& executor) { return *executor.scope_; }
  static void open(Executor& executor, const local::Settings& settings) {
    if (Scope* scope = current_scope()) {
      executor.scope_ = scope;  // inside a task: a handle to the executor there
      return;
    }
    const local::Active& active = local::active();
    auto scope = std::make_unique<Scope>();
    scope->executor = &executor;
    scope->max_pending = settings.executor.max_pending;
    if (active.session && !active.local) {
      scope->dry = true;
      scope->session = active.session;
      scope->session_id = active.id;
      executor.session_ = std::shared_ptr<void>(scope.get(), [](void*) {});
    } else {
      std::shared_ptr<local::LocalSession> session = local::join_session(settings);
      scope->always_copy = session->settings().shuffle.has_value();
      scope->session = session->active().session;
      scope->session_id = session->id();
      executor.session_ = std::move(session);
    }
    executor.scope_ = scope.release();
    local::add_scope(*executor.scope_);
  }
};

Scope& scope_of(const Executor& executor) noexcept { return ExecutorAccess::scope(executor); }

}  // namespace detail

namespace {

local::Settings settings_with(const ExecutorOptions& options) {
  local::Settings settings = local::Settings::from_environment();
  if (options.threads != 0) settings.executor.threads = options.threads;
  if (options.max_pending != 0) settings.executor.max_pending = options.max_pending;
  local::resolved_threads(settings.executor.threads);
  return settings;
}

local::Settings settings_from(int& argc, char** argv) {
  local::Settings settings = local::Settings::from_environment();
  settings.take_arguments(argc, argv);
  return settings;
}

}  // namespace

Executor::Executor() { detail::ExecutorAccess::open(*this, local::Settings::from_environment()); }
Executor::Executor(ExecutorOptions options) { detail::ExecutorAccess::open(*this, settings_with(options)); }
Executor::Executor(int& argc, char** argv) { detail::ExecutorAccess::open(*this, settings_from(argc, argv)); }

Executor::~Executor() {
  if (!session_) return;  // a handle inside a task
  if (local::forked()) {  // it is the other process's, with the threads that would have to end
    [[maybe_unused]] static auto* const left = new std::vector<std::shared_ptr<void>>();
    left->push_back(std::move(session_));
    return;
  }
  shutdown();
  local::remove_scope(*scope_);
  delete scope_;
}

void Executor::shutdown(bool wait, bool cancel_pending) {
  if (!session_) return;
  local::refuse_if_forked();
  if (detail::current_scope() == scope_) {
    throw InvalidStateError("dflow: shutdown() inside a task of the same executor would wait for itself");
  }
  scope_->closed.store(true);
  if (cancel_pending) scope_->cancelling.store(true);
  if (wait || cancel_pending) {
    scope_->session->drain(*scope_, wait ? 0 : std::numeric_limits<std::int64_t>::max());
  }
}

std::size_t Executor::threads() const noexcept {
  const local::Active& active = local::active();
  return active.local ? active.local->engine().threads() : 1;
}

}  // namespace dflow::inline v0
