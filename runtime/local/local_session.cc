#include "runtime/local/local_session.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <stdexcept>

#include "runtime/local/cluster_library.h"
#include "runtime/local/fork.h"

namespace dflow::local {

namespace {

std::mutex session_mutex;
std::weak_ptr<LocalSession> current;
std::uint32_t last_id = 0;
constexpr Active kNone;
std::atomic<const Active*> now{&kNone};
std::vector<detail::Scope*> scopes;

}  // namespace

LocalSession::LocalSession(const Settings& settings, std::uint32_t id) : settings_(settings), id_(id) {
  if (!settings.trace.empty()) recorder_ = std::make_unique<Recorder>(false);
  engine_ = std::make_unique<Engine>(
      EngineOptions{.threads = settings.executor.threads, .serial = settings.serial, .shuffle = settings.shuffle,
                    .through_bytes = static_cast<ThroughBytes>(settings.serialize),
                    .priorities = static_cast<Priorities>(settings.priorities),
                    .memory = settings.memory.value_or(usual_memory_limit())},
      recorder_.get());
  report_ = std::make_unique<Report>(*engine_);
  active_ = {.session = this, .local = this, .travels = false, .recorder = recorder_.get(), .id = id_};
  if (!settings.clustered()) return;
  cluster_ = cluster_library().open({.workers = settings.workers,
                                     .threads = settings.asked_threads,
                                     .scheduler = settings.scheduler,
                                     .silence = settings.worker_silence,
                                     .start_limit = settings.worker_start_limit,
                                     .allowed_failures = settings.allowed_failures,
                                     .memory = settings.worker_memory,
                                     .spill = settings.worker_spill,
                                     .resources = settings.resources,
                                     .by_level = settings.priorities > 0,
                                     .trace = !settings.trace.empty(),
                                     .inside_worker = inside_worker()},
                                    *this);
  active_.session = cluster_.get();
  active_.travels = true;
}

LocalSession::~LocalSession() {
  if (cluster_) cluster_->close();
  {
    const std::lock_guard lock(session_mutex);
    const Active* mine = &active_;
    now.compare_exchange_strong(mine, &kNone);
  }
  report_.reset();
  cluster_.reset();
  engine_.reset();
  if (!recorder_) return;
  const formats::Result<void> written = formats::write_recording(settings_.trace, recorder_->finish());
  if (!written) std::cerr << "dflow: the trace was not written: " << written.message() << '\n';
}

void LocalSession::drain(detail::Scope& scope, std::int64_t most) {
  if (scope.cancelling.load()) engine_->sweep(scope);
  engine_->drain(scope, most);
}

const Active& active() noexcept { return *now.load(std::memory_order_acquire); }

detail::Scope* default_scope() noexcept {
  if (detail::Scope* mine = detail::current_scope()) return mine;
  const std::lock_guard lock(session_mutex);
  const auto open = std::ranges::find_if(scopes, [](const detail::Scope* scope) { return !scope->closed.load(); });
  if (open != scopes.end()) return *open;
  return scopes.empty() ? nullptr : scopes.front();
}

void add_scope(detail::Scope& scope) {
  const std::lock_guard lock(session_mutex);
  scopes.push_back(&scope);
}

void remove_scope(detail::Scope& scope) {
  const std::lock_guard lock(session_mutex);
  std::erase(scopes, &scope);
}

std::shared_ptr<LocalSession> join_session(const Settings& settings) {
  refuse_if_forked();
  notice_forks();
  Settings resolved = settings;
  resolved.asked_threads = settings.executor.threads;
  resolved.executor.threads = resolved_threads(settings.executor.threads);
  const std::lock_guard lock(session_mutex);
  if (std::shared_ptr<LocalSession> shared = current.lock()) {
    if (settings.executor.threads != 0 && settings.executor.threads != shared->engine().threads()) {
      throw std::invalid_argument("dflow: the executors of a program share one session, which has " +
                                  std::to_string(shared->engine().threads()) + " threads, not " +
                                  std::to_string(settings.executor.threads));
    }
    return shared;
  }
  auto made = std::make_shared<LocalSession>(resolved, ++last_id);
  current = made;
  now.store(&made->active());
  return made;
}

void activate_dry(detail::Session& session, Recorder& recorder) {
  const std::lock_guard lock(session_mutex);
  static Active dry;
  dry = {.session = &session, .local = nullptr, .travels = false, .recorder = &recorder, .id = ++last_id};
  now.store(&dry);
}

}  // namespace dflow::local
