// The session that runs in this process.
#pragma once

#include <memory>
#include <string>

#include "runtime/local/engine.h"
#include "runtime/local/environment.h"
#include "runtime/local/recorder.h"
#include "runtime/local/report.h"

namespace dflow::local {

class LocalSession;

/// The program's session while an Executor is alive.
struct Active {
  detail::Session* session = nullptr;
  LocalSession* local = nullptr;  ///< Null in a dry run.
  bool travels = false;           ///< Its tasks and values may go to other processes.
  Recorder* recorder = nullptr;
  std::uint32_t id = 0;
};

/// One process's threads behind the Session seam; with a cluster, what stands behind the session that takes the
/// submissions: waits, callbacks, and the tasks that other processes sent here. At its end it writes the trace, if one was asked for.
class LocalSession final : public detail::Session {
 public:
  LocalSession(const Settings& settings, std::uint32_t id);
  ~LocalSession() override;

  void submit(Node& node) override { engine_->submit(node); }
  void submit_chunk(Node& first) override { engine_->submit_chunk(first); }
  bool wait(Node& node, Deadline deadline) override { return engine_->wait(node, deadline); }
  bool cancel(Node& node) override { return engine_->cancel(node); }
  void end_external(Node& node, State state) override { engine_->end_external(node, state); }
  void drain(detail::Scope& scope, std::int64_t most) override;

  Engine& engine() noexcept { return *engine_; }
  Recorder* recorder() noexcept { return recorder_.get(); }
  const Settings& settings() const noexcept { return settings_; }
  std::uint32_t id() const noexcept { return id_; }
  const Active& active() const noexcept { return active_; }

 private:
  Settings settings_;
  std::uint32_t id_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Report> report_;
  std::unique_ptr<detail::Session> cluster_;  ///< Null in one process.
  Active active_;
};

/// What it is now; read without a lock on every submission. The reference is valid as long as that session.
const Active& active() noexcept;

/// Where a task belongs that is not submitted through an Executor (`then`): the current task's, or the oldest open
/// executor's, else the oldest's; null if there is none.
detail::Scope* default_scope() noexcept;

/// Called by executors as they come and go.
void add_scope(detail::Scope& scope);
void remove_scope(detail::Scope& scope);

/// The shared session, made with `settings` if there is none. Throws std::invalid_argument if the one there has
/// another number of threads than asked for.
std::shared_ptr<LocalSession> join_session(const Settings& settings);

/// Makes a recording session that runs nothing the active one (dry runs, which are alone in their process).
void activate_dry(detail::Session& session, Recorder& recorder);
/// Ends a dry run where the program waits for a task: what comes after cannot be known.
[[noreturn]] void end_dry_run_at_wait();

}  // namespace dflow::local
