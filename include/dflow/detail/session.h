// What stands behind an Executor: one process's threads, or a cluster. The seam that makes the same program run on both.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <dflow/detail/export.h>
#include <dflow/detail/node.h>
#include <dflow/options.h>
#include <dflow/workers.h>

namespace dflow::inline v0 {
class Executor;
}

namespace dflow::inline v0::detail {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;

/// Runs nodes and answers waits. Thread-safe. Implementations: `runtime/local`, and a cluster's client in
/// `runtime/cluster`.
class DFLOW_EXPORT Session {
 public:
  virtual ~Session() = default;

  /// Takes the node over: it runs once each producer on its edges has ended.
  virtual void submit(Node& node) = 0;
  /// A chunk: nodes without unfinished inputs, linked by `next`, to be run one after another.
  virtual void submit_chunk(Node& first) = 0;
  /// Blocks until the node has ended; false if the deadline came first. Inside a task it never blocks a thread.
  virtual bool wait(Node& node, Deadline deadline) = 0;
  /// Ends a pending task as cancelled (true), or asks a running one to stop (false).
  virtual bool cancel(Node& node) = 0;
  /// The same, and on a cluster the process that runs the body is replaced.
  virtual bool cancel_by_force(Node& node);
  /// The task has ended without its body: on a cluster the process that this runs on in, if it does, is replaced.
  virtual void end_body(Node& node);
  /// The body has begun and not ended, as far as is known.
  virtual bool running(Node& node);
  /// Ends a node that no worker runs (a promise's). The value or error is written already.
  virtual void end_external(Node& node, State state) = 0;
  /// Blocks until at most `most` of the scope's tasks have not ended; cancels what has not started if the scope says so.
  virtual void drain(Scope& scope, std::int64_t most) = 0;
  /// Writes the value of a node marked `kElsewhere`, and takes the mark away; false if the deadline came first. Throws
  /// what the task is found to have failed with meanwhile.
  virtual bool fetch(Node& node, Deadline deadline);
  /// A task gives its thread away because it waits; and: it goes on.
  virtual void blocked(Node& task) noexcept;
  virtual void unblocked(Node& task) noexcept;
  /// A task ends for its time limit while its body runs on: told before anybody hears of that end; and: such a body is over. The two
  /// may come at the same time, and in any order.
  virtual void overran(Node& task) noexcept;
  virtual void body_over(Node& task) noexcept;
  /// The session is about to end; every executor has been drained. Values that somebody still has a future of are
  /// brought here.
  virtual void close() noexcept;
  /// A node that has `kRemote` is about to be destroyed.
  virtual void forget(Node& node) noexcept;
  /// Null in one process.
  virtual ClusterControl* control() noexcept;
};

/// What a task carries beyond callable and arguments, only where something of it is used.
struct Extras {
  std::shared_ptr<const TaskOptions> options;
  std::stop_source stop{std::nostopstate};
  std::vector<AnyFuture> after;   ///< TaskOptions::after, held until the task has ended.
  std::unique_ptr<Edge[]> edges;  ///< Where they do not fit inside the node.
  std::uint64_t timer = 0;
  std::exception_ptr error;
  std::uint64_t remote_id = 0;  ///< Of a node that has `kRemote`: what other processes call it, 0 as long as they do not.
};

/// A node's options; null where there are none.
inline const TaskOptions* options_of(const Node& node) noexcept {
  const Extras* extras = node.extras();
  return extras ? extras->options.get() : nullptr;
}

/// The tasks of one Executor: counts them, so that it can wait for its own, and says what may still come in.
class Scope {
 public:
  /// Each of the first threads counts in a shard of its own, so that counting takes no locked instruction; the last
  /// shard is for all others.
  struct alignas(64) Shard {
    std::atomic<std::int64_t> submitted{0};
    std::atomic<std::int64_t> ended{0};
  };
  static constexpr std::size_t kShards = 16;

  static void add(std::atomic<std::int64_t>& counter, std::int64_t n, bool shared) noexcept {
    if (shared) counter.fetch_add(n, std::memory_order_seq_cst);
    else counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  void count_submitted(std::size_t thread, std::int64_t n) noexcept {
    const bool shared = thread >= kShards - 1;
    add(shards[shared ? kShards - 1 : thread].submitted, n, shared);
  }
  void count_ended(std::size_t thread) noexcept {
    const bool shared = thread >= kShards - 1;
    add(shards[shared ? kShards - 1 : thread].ended, 1, shared);
  }

  Session* session = nullptr;    ///< Takes what is submitted.
  Executor* executor = nullptr;  ///< The one that made it, and that outlives its tasks.
  std::uint32_t session_id = 0;
  std::atomic<bool> closed{false};     ///< No submission is taken any more.
  std::atomic<bool> cancelling{false}; ///< Tasks that have not started are cancelled instead of run.
  std::atomic<int> waiting{0};         ///< How many wait until few enough tasks are left.
  bool dry = false;                    ///< A skeleton's: tasks are recorded and never run.
  bool always_copy = false;            ///< DFLOW_SHUFFLE: no result is moved that could be copied.
  std::size_t max_pending = 0;
  Shard shards[kShards];
};

/// Ends a dry run, and the process with it, where a result would be needed: what was submitted so far is all that can be
/// known. No exception: the user's code may catch everything, or be noexcept.
[[noreturn]] DFLOW_EXPORT void end_dry_run(const char* file, int line, const char* reason);

/// True in a dry run on this thread: value arguments are not evaluated.
DFLOW_EXPORT bool in_dry_run() noexcept;

/// The scope of the task that runs on this thread; null outside of tasks.
DFLOW_EXPORT Scope* current_scope() noexcept;

/// The task that runs on this thread; null outside of tasks.
DFLOW_EXPORT Node* current_task() noexcept;

/// Counts the node in and hands it to the session; throws SessionError if the scope is closed, or if a producer
/// belongs to another session. Takes ownership of the node's runtime reference only if it returns.
DFLOW_EXPORT void submit_node(Scope& scope, Node& node, const Site* site);
/// The same for nodes linked by `next`.
DFLOW_EXPORT void submit_chunk(Scope& scope, Node& first, const Site* site);

/// Makes the node, whose value is written, an ended one of this session (scattered data).
DFLOW_EXPORT void hold_value(Scope& scope, Node& node);
/// Where a task that continues `node` is submitted; throws SessionError if its session is over.
DFLOW_EXPORT Scope& scope_for(const Node& node);

/// Runs a node without unfinished inputs in this process, whatever the scope's session is.
DFLOW_EXPORT void run_here(Scope& scope, Node& node);
/// Runs its body on this thread, beside whatever the engine's run; gives what it threw.
[[nodiscard]] DFLOW_EXPORT std::exception_ptr run_apart(Scope& scope, Node& node);
/// Brings a value that is elsewhere here; throws TimeoutError when the deadline came first.
DFLOW_EXPORT void fetch_value(Node& node, Deadline deadline);
/// Waits; throws InvalidStateError on a null node and TimeoutError when the deadline came first.
DFLOW_EXPORT void wait_or_throw(Node* node, Deadline deadline);
/// Waits; false when the deadline came first.
DFLOW_EXPORT bool wait_until(Node* node, Deadline deadline);
/// Rethrows the node's error, or CancelledError.
[[noreturn]] DFLOW_EXPORT void rethrow(Node& node);
[[noreturn]] DFLOW_EXPORT void throw_empty_future(const char* what);
[[noreturn]] DFLOW_EXPORT void throw_consumed();
DFLOW_EXPORT bool cancel_node(Node& node, bool by_force = false);
/// The body has begun and not ended.
DFLOW_EXPORT bool is_running(Node& node) noexcept;
/// Calls `observer` when the node has ended, or now.
DFLOW_EXPORT void observe_node(Node& node, Observer& observer);
/// Logs what a callback threw.
DFLOW_EXPORT void report_callback_error() noexcept;
/// "count_words submitted at app.cpp:12", as far as it is known.
DFLOW_EXPORT std::string describe(const Node& node);
/// Makes a promise's node part of the session; throws SessionError if there is none.
DFLOW_EXPORT void start_external(Node& node);
/// Wins the right to end a promise's node; false if it has an outcome or was cancelled.
DFLOW_EXPORT bool claim_external(Node& node);
/// Ends a claimed node, whose value or error is written, and drops the runtime's reference.
DFLOW_EXPORT void end_external(Node& node, State state);

}  // namespace dflow::inline v0::detail
