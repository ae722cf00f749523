// A program's end of a cluster, behind the Session seam: its tasks run elsewhere; waits, callbacks and whatever is decided
// here are the local session's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <dflow/detail/session.h>

#include "runtime/cluster/bursts.h"
#include "runtime/cluster/endable_call.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/own_files.h"
#include "runtime/cluster/peer_links.h"
#include "runtime/cluster/protocol.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/net/connection.h"

namespace dflow::cluster {

/// A reference, unless the node's end has begun.
detail::NodeRef if_alive(detail::Node& node);

/// Thread-safe.
///
/// Invariants: (1) a node whose `remote_id` is not 0 and that has not ended is in `nodes_`, with the runtime's reference
/// held; (2) a node that is done and marked `kElsewhere` has its holders in `places_`; (3) what is submitted, cancelled
/// and released reaches the scheduler in that order of calls.
class ClientSession final : public detail::Session, public detail::ClusterControl {
 public:
  struct Options {
    net::Address scheduler;
    net::Hello self;          ///< Who this is.
    std::shared_ptr<net::Credentials> credentials = {};  ///< By TLS.
    /// The workers there will ever be, and what they have; empty: others may come.
    std::map<std::string, std::map<std::string, double>> workers = {};
    bool by_level = true;  ///< As in `local::ClusterRequest`.
    bool trace = false;  ///< What workers run is told to `detail::trace_ran`.
    std::uint8_t allowed_failures = 0;  ///< Of tasks that do not say so themselves; 0: as the scheduler has it.
    bool inside_worker = false;
    /// Inside a worker: its id, known when the first task submits; and: a task waits, or goes on.
    std::function<core::WorkerId()> worker = {};
    std::function<void(detail::Node& task)> blocked = {}, unblocked = {};
    /// Inside a worker: its time limit ends a task whose body runs on; and: such a body is over.
    std::function<void(detail::Node& task)> overran = {}, body_over = {};
    /// Inside a worker: there is a trace; and: the body of `outer` has submitted a task.
    std::function<bool()> traced = {};
    std::function<void(core::TaskId outer, TracedTask task)> submitted = {};
    /// Called at the end, when the scheduler is not needed any more.
    std::function<void()> ended = {};
    /// On a cluster whose agents may have to be sent the program.
    std::shared_ptr<const OwnFiles> files = {};
    std::chrono::seconds patience{};  ///< So long it looks for a scheduler that is gone and has a journal.
  };

  ClientSession(Options options, detail::Session& local);
  ~ClientSession() override;

  /// Throws dflow::Error if the scheduler cannot be reached or refuses.
  void connect();

  void submit(detail::Node& node) override;
  void submit_chunk(detail::Node& first) override;
  bool wait(detail::Node& node, detail::Deadline deadline) override;
  bool cancel(detail::Node& node) override { return cancel(node, false); }
  bool cancel_by_force(detail::Node& node) override { return cancel(node, true); }
  void end_body(detail::Node& node) override;
  bool running(detail::Node& node) override;
  void end_external(detail::Node& node, detail::State state) override;
  void drain(detail::Scope& scope, std::int64_t most) override;
  bool fetch(detail::Node& node, detail::Deadline deadline) override;
  void forget(detail::Node& node) noexcept override;
  void blocked(detail::Node& task) noexcept override;
  void unblocked(detail::Node& task) noexcept override;
  void overran(detail::Node& task) noexcept override;
  void body_over(detail::Node& task) noexcept override;
  void close() noexcept override;
  detail::ClusterControl* control() noexcept override { return this; }

  // ClusterControl, in client_control.cc
  std::vector<WorkerInfo> workers() override;
  bool wait_for_workers(std::size_t count, Deadline deadline) override;
  std::vector<std::vector<std::string>> who_has(const std::vector<detail::Node*>& nodes) override;
  void replicate(const std::vector<detail::Node*>& nodes, std::size_t copies) override;
  void rebalance() override;
  void restart() override;
  void retire(const std::vector<std::string>& names) override;
  void set_up(detail::Node& task) override;
  bool restart(const std::vector<std::string>& names, Deadline deadline) override;
  std::map<std::string, detail::NodeRef> call(detail::Node& task, const std::vector<std::string>* names) override;

  /// Returns when the scheduler knows of all tasks that were submitted here.
  void settle();
  /// Fails everything that has not ended: the cluster is no more.
  void lose(const std::string& reason);

 private:
  class Held;
  class Ending;
  /// Where a value lies.
  struct Place {
    core::Input value = {};
    bool asked_again = false;          ///< Nobody named had it; the scheduler will tell of it once more.
    std::exception_ptr error = {};     ///< It was lost, and computing it again failed.
  };

  // client_trace.cc
  void note_record(core::TaskId id, const detail::Node& node);
  std::optional<TracedTask> traced_line(const core::TaskSpec& task, const detail::Node& node) const;
  void on(Traced& message);
  void record(const Traced& message);

  /// What came in answer to a request.
  struct Answer {
    std::string question = {};  ///< As it was sent.
    bool there = false;
    core::Located located = {};
    std::map<core::WorkerId, CallEnded> calls = {};
    std::exception_ptr error = {};
  };
  // client_control.cc
  /// Sends what is made with a request's id, behind all that was submitted, and waits for the answer. Throws its error.
  /// Empty if the deadline came first.
  template <class Message>
  std::optional<Answer> ask_until(Message message, Deadline deadline);
  template <class Message>
  Answer ask(Message message) { return *ask_until(std::move(message), std::nullopt); }
  std::map<core::WorkerId, std::string> named(const std::vector<std::string>& names, const std::string& call);
  std::map<core::WorkerId, std::string> all_workers();
  void answer(core::RequestId request, Answer answer);
  void wait_for_start();
  void check_demands(const detail::Node* task, const TaskOptions& options) const;

  // client_submit.cc
  bool cancel(detail::Node& node, bool by_force);
  void admit(detail::Node& node);
  bool fails_for_inputs(detail::Node& node);
  void send_task(detail::Node& node);
  core::TaskSpec describe_task(detail::Node& node);
  core::TaskId scatter(detail::Node& node);
  void fail(detail::Node& node, std::exception_ptr error);
  core::TaskId name(detail::Node& node);
  void flush();
  void wait_for_room();
  bool has_room();
  void keep_flushing();

  // client_reconnect.cc
  void send(const FromClient& message);
  void on(Kept& message);
  void on(KeptNoMore& message);
  void forget_kept(std::uint64_t messages);
  void disconnected(const std::string& reason);
  /// How the scheduler is looked for.
  Away away(std::chrono::milliseconds patience);
  /// A worker whose tasks cannot submit any more is of no use.
  [[noreturn]] static void end_worker(const std::string& reason);
  void reconnect(const std::string& gone);
  void resume(Greeted greeted);
  std::vector<std::string> open_questions() const;
  void open_connection(Greeted greeted);

  // client_results.cc
  void received(const std::vector<std::string>& messages);
  void on(core::TaskDone& message);
  void on(core::TaskEnded& message);
  void on(core::Located& message);
  void on(core::RequestDone& message);
  void on(PeerJoined& message);
  void on(PeerLeft& message);
  void on(SetUpEnded& message);
  void on(CallEnded& message);
  void on(Printed& message);
  void on(AllEnded& message);
  void on(Sync& message);
  void on(GivenUp& message);
  void on(FilesWanted& message);
  void on(PieceWanted& message);
  void end(detail::Node& node, detail::State state);
  detail::Node* take(core::TaskId id);
  std::exception_ptr error_of(const core::Failure& failure, const detail::Node& node) const;

  // client_values.cc
  void on(core::PlaceValue& message);
  /// Waits until it is known where the value lies; empty if the session ends first.
  std::optional<core::Input> find_value(core::TaskId id);
  bool fetch_from(const core::Input& value, detail::Node& node);
  bool bring(detail::Node& node);
  struct Bringing;
  std::shared_ptr<Bringing> start_bringing(detail::Node& node);
  void brought(detail::Node& node, bool there);
  void reap_bringing();
  std::optional<core::WorkerId> holder_of(const detail::Node& node) const;
  bool may_bring(const detail::Node& node) const;
  bool is_only_brought(const detail::Node& node) const;
  void end_bringing();
  void await_pushers();
  struct Pusher;
  void push_all(Pusher& pusher);
  void push(Pusher& pusher, core::TaskId id, core::WorkerId worker);
  void note_push(Pusher& pusher, std::optional<std::uint64_t> bytes);

  Options options_;
  detail::Session& local_;
  std::unique_ptr<PeerLinks> links_;
  std::unique_ptr<net::Connection> scheduler_;
  core::ClientId id_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<core::TaskId, detail::Node*> nodes_;
  std::unordered_map<core::TaskId, Place> places_;
  std::unordered_map<core::TaskId, detail::Node*> placed_;  ///< Values of this process that workers have, too.
  std::unordered_map<core::TaskId, detail::NodeRef> scattered_;  ///< Values of this process that are on their way.
  std::set<detail::Node*> held_;        ///< They wait for promises before they can be sent.
  std::set<detail::Node*> fetching_;
  std::set<detail::Node*> elsewhere_;   ///< Nodes with a value that is not here.
  std::map<core::WorkerId, PeerJoined> workers_;
  bool started_ = false;                ///< All workers that were to come have been there.
  struct TracedNode {
    std::uint64_t record = 0;
    bool returned = false;
  };
  std::unordered_map<core::TaskId, TracedNode> traced_;  ///< Only if there is a trace.
  /// Of tasks whose submitter has not ended, so that nobody has told of them yet.
  std::unordered_map<core::TaskId, std::vector<Traced>> early_traced_;
  std::uint64_t last_request_ = 0;
  std::map<core::RequestId, Answer> answers_;  ///< Of requests that somebody waits for.
  std::vector<core::TaskSpec> to_submit_;
  core::SharedList<core::TaskId> inputs_before_ = {};  ///< Of the last task that had many.
  std::vector<core::TaskId> to_release_;
  std::chrono::steady_clock::time_point flushed_ = {};
  Bursts bursts_ = {};
  /// The thread that sends what nobody else does: it looks by itself, soon, when it does not sleep.
  enum class Flusher : std::uint8_t { sleeps, waits_with_releases, waits_for_tasks } flusher_does_ = Flusher::sleeps;
  std::string lost_;                    ///< Not empty: why there is no cluster any more.
  std::string cut_;                     ///< Not empty: the connection is gone, and another is to be made.
  std::vector<std::string> set_ups_;    ///< That have been done, as messages to a scheduler that does not know.
  bool all_ended_ = false, end_asked_ = false;
  core::FailureRef last_failure_ = {};  ///< Of the last task that failed: the scheduler does not say it again of the next. The receiver's.
  std::uint64_t settled_ = 0;           ///< The scheduler knows of the tasks up to this number.
  std::uint64_t syncs_asked_ = 0, syncs_answered_ = 0;
  bool over_ = false;
  EndableCall calling_;  ///< Of the flusher, who looks for a scheduler that is gone.
  std::thread flusher_;
  /// Threads that give values to workers, where those have been asked for: `placing_`, in order.
  struct Pusher {
    using Clock = std::chrono::steady_clock;
    std::thread thread = {};
    bool done = false;
    std::optional<Clock::time_point> sent = {};  ///< A value is on its way since then,
    std::uint64_t bytes = 0;                     ///< of so many bytes.

    /// So long the end of a session that has begun then waits for it.
    Clock::time_point worth_waiting_for(Clock::time_point ending) const;
  };
  std::list<Pusher> pushers_;
  bool pushers_end_ = false;  ///< There will be no other.
  /// A thread that brings a value for somebody who does not wait for longer than he said.
  struct Bringing {
    const detail::Node* node = nullptr;  ///< Whose value it is; null when it is there, or will not come.
    std::optional<core::WorkerId> from = {};  ///< Who had it at the beginning.
    std::thread thread = {};
    std::exception_ptr error = {};
    bool over = false;
  };
  std::list<std::shared_ptr<Bringing>> bringing_;
  std::deque<std::pair<core::TaskId, core::WorkerId>> placing_;

  std::mutex keeping_;                  ///< Behind `sending_` and `mutex_`. For these, and to put another in the place of `scheduler_`.
  WayBack back_ = {};                   ///< To the scheduler; `cluster`: it has a journal.
  std::deque<std::string> unkept_;      ///< Messages that are not known to be in it.
  std::uint64_t kept_ = 0;              ///< So many are.
  std::size_t unkept_bytes_ = 0;
  std::atomic<bool> crowded_ = false;   ///< Whoever submits has to look whether there is room for more.

  std::mutex sending_;                  ///< Held from taking what is queued to having sent it, so that the order holds.
};

}  // namespace dflow::cluster
