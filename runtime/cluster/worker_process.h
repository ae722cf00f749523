// A worker: a process of the user's own program that runs tasks for a scheduler, and keeps their values.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <dflow/detail/node.h>
#include <dflow/executor.h>

#include "runtime/cluster/board.h"
#include "runtime/cluster/half_done.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/incoming.h"
#include "runtime/cluster/memory_limit.h"
#include "runtime/cluster/peer_links.h"
#include "runtime/cluster/peer_server.h"
#include "runtime/cluster/protocol.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/value_store.h"
#include "runtime/core/worker.h"
#include "runtime/net/connection.h"

namespace dflow::cluster {

/// How a worker was started: DFLOW_WORKER and the variables beside it.
struct WorkerSettings {
  net::Address scheduler;
  std::string name;
  std::string secret;
  std::string program;  ///< Its executable's build id, and what may follow that.
  bool hosted = false;  ///< By an agent: the scheduler may be about to come back.
  std::map<std::string, double> resources;
  std::shared_ptr<net::Credentials> credentials = {};  ///< By TLS.
  std::shared_ptr<Revocations> revocations = {};       ///< With credentials.
  std::chrono::seconds patience{};                     ///< So long it looks for a scheduler that is gone.
  std::optional<int> board = {};                       ///< Descriptor of what whoever started this process reads.
  MemoryLimit memory = {};
  std::string spill_folder =
      {};  ///< For values that memory has no room for; empty: any on a disk; "none": nowhere.

  void read_memory();  ///< Those two.
  static Result<WorkerSettings> from_environment();
};

/// Feeds the brain of a worker (runtime/core) and carries out what it says: fetches values from peers, runs bodies on
/// this process's engine, reports. One a process; it lives until the scheduler lets it go.
class WorkerProcess {
 public:
  explicit WorkerProcess(WorkerSettings settings);

  /// Serves; returns the exit code, or an error that people should read.
  Result<int> run();

  /// Called before the end of each body is told: what it submitted must be known by then.
  void before_end(std::function<void()> settle) { settle_ = std::move(settle); }

  core::WorkerId id() const noexcept { return id_; }
  const WorkerSettings& settings() const noexcept { return settings_; }

  /// What runs here is to be told for a trace.
  bool traced() const noexcept { return traced_; }
  /// The body of `outer`, which runs here, has submitted a task.
  void note_submitted(core::TaskId outer, TracedTask task);

  /// A body that runs here waits for other tasks, or goes on.
  void blocked(detail::Node& task);
  void unblocked(detail::Node& task);

  /// The time limit of a body that runs here ends its task; and: such a body is over. One may come before the other.
  void overran(detail::Node& task);
  void body_over(detail::Node& task);

 private:
  /// A task may be here twice: once more after its first body was not wanted any more.
  using Name = std::pair<core::TaskId, core::Attempt>;
  using Order = std::shared_ptr<const core::StartBody>;
  struct Body {
    Order order;
    detail::NodeRef node = {};
    std::stop_source stop{std::nostopstate};  ///< The node's: the engine may be writing to the node.
    core::Time started{};
    bool stopped = false;   ///< It was asked to stop.
    bool waits = false;     ///< For other tasks.
    bool away = false;      ///< The brain has given its thread to others, and not said `ResumeBody` yet.
    bool resuming = false;  ///< It has been told that the body goes on.
    std::optional<core::WorkerEvent> end = {};  ///< The body ended before it was to go on.
    bool overran = false;  ///< Its time limit has ended its task,
    bool over = false;     ///< and the body is over.
    std::optional<core::WorkerEvent> late_end = {};  ///< To be told when it is.
  };
  class Loader;
  class EndOfBody;

  void received(std::vector<std::string> messages);
  void scheduler_lost();
  // worker_rejoin.cc
  void open_connection(Greeted greeted);
  Away way_in() const;
  Result<std::unique_ptr<net::Stream>> reach_scheduler() const;
  void rejoin_scheduler(std::unique_lock<std::mutex>& lock);
  void resume(Greeted greeted);
  void drop_revoked();
  /// Tells the brain and does what it asks for. The lock is held.
  void apply(const core::WorkerEvent& event);
  /// The same with what is in `events_`; what is said meanwhile goes out together.
  void apply_all();
  void tell(const core::WorkerEvent& event);

  // worker_reports.cc
  void carry_out(const core::Tell& action);
  bool note_start(const core::TaskStarted& report);
  void tell_starts();
  void send_reports();
  void forget_body(std::map<Name, Body>::iterator body);

  void carry_out(const core::StartFetch& action);
  void carry_out(const core::DropValue& action);
  void carry_out(const core::SpillValue& action);
  void carry_out(const core::UnloadValue& action);
  void carry_out(const core::Leave& action);

  // worker_bodies.cc
  void carry_out(core::StartBody& action);
  void start(const Order& order);
  void carry_out(const core::StopBody& action);
  void carry_out(const core::ResumeBody& action);
  /// Marks what is printed from now on as that of the tasks that run.
  void address_output();
  /// Makes the body's node from its bytes and runs it; on one of the engine's threads.
  void load(const core::StartBody& order);
  void body_ended(const Name& name, detail::Node& node);
  /// The body whose node this is; null for others. The lock is held.
  Body* body_of(const detail::Node& node);
  bool overran(const Name& name);
  void end_body(std::map<Name, Body>::iterator body, core::WorkerEvent end);
  core::WorkerEvent returned(const core::StartBody& order, core::Time started, detail::Node& node);
  core::WorkerEvent threw(const core::StartBody& order, const std::exception_ptr& error, bool retry);

  void tick();

  // worker_fetch.cc
  void fetch();
  bool may_call_ahead() const { return !to_call_.empty() && !calling_; }
  void call_ahead(std::unique_lock<std::mutex>& lock);
  std::vector<core::StartFetch> next_fetches();
  std::vector<core::WorkerEvent> fetch(const std::vector<core::StartFetch>& orders);

  // worker_memory.cc
  std::uint64_t share();
  void measure(std::uint64_t untold);
  void trim(std::unique_lock<std::mutex>& lock);
  std::string admit(std::uint64_t bytes);
  std::string admit(std::uint64_t bytes, const core::StartFetch& order);
  void arrived(std::uint64_t bytes);
  void spill();
  core::SpillEnded::How spill(const core::SpillValue& order);
  void tell_of_disk(const std::string& why);
  void spoilt(const DamagedValue& value);

  // worker_trace.cc
  void trace(const Name& name, const Body& body, const core::WorkerEvent& end);

  // worker_calls.cc
  void start_call(Call order);
  CallDone call(const Call& order);

  // worker_set_up.cc
  static detail::NodeRef read_alone(const std::string& bytes, const std::string& call);
  void tell_scheduler(FromWorker message);
  void start_set_up(SetUp order);
  void set_up(const SetUp& order);

  WorkerSettings settings_;
  std::function<void()> settle_;
  core::WorkerId id_{};
  ValueStore store_;
  std::unique_ptr<PeerLinks> links_;
  std::unique_ptr<PeerServer> server_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<net::Connection> scheduler_;
  net::Hello hello_;            ///< As it joined.
  WayBack back_ = {};           ///< To the scheduler.
  std::chrono::steady_clock::time_point revoked_read_{};  ///< When it was looked who is revoked.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable fetch_wanted_;
  std::unique_ptr<core::Worker> brain_;
  std::deque<core::WorkerEvent> events_;  ///< That the brain has not been told yet.
  bool applying_ = false;
  std::vector<Order> starting_;  ///< Bodies that start when what has been said is sent.
  std::atomic<bool> traced_{false};
  std::map<core::TaskId, std::vector<TracedTask>> submitted_;  ///< By bodies that run; only if there is a trace.
  std::map<Name, Body> bodies_;
  std::mutex printing_;  ///< Before `mutex_`. For the marks:
  Audience audience_;
  std::optional<Board> board_;                ///< What runs, for who has started this process.
  std::vector<RunningBody> untold_starts_;    ///< They are on the board, and the scheduler has not heard of them.
  std::vector<std::string> reports_;          ///< That are to be sent when all events have been dealt with.
  bool urgent_ = false;                       ///< One of them does not wait for others.
  HalfDone half_done_ = {};                   ///< Of what has come together.
  std::deque<core::StartFetch> to_fetch_;
  std::deque<core::WorkerId> to_call_;        ///< Peers that may be needed.
  bool calling_ = false;                      ///< One of them.
  bool cut_ = false;                          ///< The scheduler is gone, or seems to be, and may come back.
  std::vector<core::TaskFailed> untold_;      ///< What failed meanwhile.
  std::deque<core::SpillValue> to_spill_;
  std::condition_variable spill_wanted_;
  std::shared_ptr<SpillFile> spill_file_;  ///< The spilling thread's, as the next.
  bool disk_works_ = true;
  std::uint64_t trimmed_at_ = 0;    ///< Spilled bytes when memory was given back last.
  std::atomic<std::uint64_t> memory_limit_{settings_.memory.bytes};  ///< Bytes that this process may have in memory now.
  bool released_ = false;           ///< Memory has been given back that the process may still have.
  Incoming incoming_{settings_.memory};
  bool begun_ = false;              ///< There are a brain and a scheduler to tell of what peers do.
  bool over_ = false;
  std::string why_over_;
  std::vector<std::thread> fetchers_;
  std::thread spiller_;
};

/// This process's worker, null in others.
WorkerProcess* this_worker_process() noexcept;

}  // namespace dflow::cluster
