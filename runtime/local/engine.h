// The in-process scheduler: deques, runners on TBB's threads, and what happens when a task ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <vector>

#include <dflow/detail/session.h>

#include "runtime/local/externals.h"
#include "runtime/local/idle_runners.h"
#include "runtime/local/launches.h"
#include "runtime/local/memory_watch.h"
#include "runtime/local/recorder.h"
#include "runtime/local/thread_state.h"
#include "runtime/local/timers.h"
#include "runtime/local/watch.h"
#include "runtime/local/workers.h"

namespace dflow::local {

using detail::Deadline;
using detail::Edge;
using detail::Observer;
using detail::State;

/// DFLOW_SERIALIZE: arguments, results and exceptions become bytes and values again; what cannot is left as it is, or fails
/// its task.
enum class ThroughBytes { none, what_can, all };

struct EngineOptions {
  std::size_t threads = 1;
  bool serial = false;                   ///< DFLOW_SERIAL: ready tasks run at once where they become ready.
  std::optional<std::uint64_t> shuffle;  ///< DFLOW_SHUFFLE: ready tasks run in an order drawn from this seed.
  ThroughBytes through_bytes = ThroughBytes::none;
  Priorities priorities = Priorities::where_worth;
  std::uint64_t memory = 0;  ///< DFLOW_MEMORY: bytes; 0: no limit.
};

/// Runs ready nodes. Thread-safe.
///
/// Threads: at most `threads` *runners*, each a TBB task that takes nodes until there are none for a while. A task that
/// waits suspends its runner's stack, and another runner takes its place; a resumed stack is picked up by TBB as soon
/// as a runner hands its thread over, which each does between two nodes when something is to be resumed.
///
/// Invariants: (1) a node is pushed once, when `pending` has become 0; (2) who takes it from a queue drops the
/// runtime's reference, whether or not it won the right to run it; (3) if a node is queued and fewer than `threads`
/// runners are at work, one of them is searching or about to be woken.
class Engine {
 public:
  Engine(EngineOptions options, Recorder* recorder);
  /// Waits until no runner is left. Every scope has been drained.
  ~Engine();

  /// Takes over a node whose edges are not yet attached.
  void submit(Node& node);
  void submit_chunk(Node& first);
  /// Blocks until the node has ended; inside a task runs it here if it is ready, else gives the thread away.
  bool wait(Node& node, Deadline deadline);
  bool cancel(Node& node);
  /// Gives the launch a place; false if too many are at work.
  bool admit(Launch& launch);
  void dismiss(Launch& launch);
  /// Queues the roots of a launch that was admitted.
  void launch(Launch& launch);
  /// Queues a task of a launch; the others without seeing to it that somebody takes it.
  void push_task(Launch& launch, TaskId id);
  void push_ready(Launch& launch, TaskId id);
  void push_item(LaunchItem item);
  /// How launches are ordered here: one thread has no use for it.
  Priorities priorities() const noexcept { return options_.threads > 1 ? options_.priorities : Priorities::none; }
  CostTable& costs() noexcept { return costs_; }
  void end_external(Node& node, State state);
  /// Cancels what belongs to `scope` (which is cancelling) and is queued, or waits for a promise.
  void sweep(detail::Scope& scope);
  /// Blocks until at most `most` tasks of the scope have not ended.
  void drain(detail::Scope& scope, std::int64_t most = 0);

  WatchTable& watchers() noexcept { return watchers_; }
  Timers& timers() noexcept { return timers_; }
  Externals& externals() noexcept { return externals_; }
  Workers& workers() noexcept { return workers_; }
  std::size_t threads() const noexcept { return options_.threads; }

  /// A stack is about to be suspended, or resumed: keeps the number of runners right.
  void runner_suspended();
  void runner_resumed();
  /// Runs nodes on a thread of their own until `enough`, without counting as a runner.
  void start_substitute(std::shared_ptr<const std::atomic<bool>> enough);
  /// This stack is about to wait: puts back into the queue what it would run later.
  void release_held();
  void resume_requested();

 private:
  void runner();
  /// Runs nodes until there have been none for a while, or a suspended stack wants the thread.
  void run_while_busy();
  void run_chain(Node* node);
  void run_until(const std::atomic<bool>& enough);
  /// Runs queued tasks of one launch until something else is to be done; returns that.
  Node* visit(Node* queued);
  void run_item(LaunchItem item, detail::Work& work);
  /// This task or, if the launch is ranked, a better one; and times it.
  void run_in_order(LaunchOrder& order, TaskId id, detail::Work& work);
  void run_range(LaunchItem item, detail::Work& work);
  /// Gives the tasks to the order, and their marks to the queue.
  void put_in_order(LaunchOrder& order, LaunchItem range, Launch& launch);
  void give_away(detail::Work& work);
  /// A visit ends, in which so many tasks without consumers have ended. The last one ends the launch.
  void leave(Launch& launch, std::uint64_t ended);
  Node* next_node(ThreadState& self);
  Node* next_in_queues(ThreadState& self);
  /// Roots are set aside, and come back when memory is there or nobody else runs.
  Node* next_when_short(ThreadState& self);
  bool makes_memory(Node* queued);
  Node* bring_back(ThreadState& self);
  Node* take_lone();
  bool nobody_runs() const noexcept {
    return searching_.load(std::memory_order_seq_cst) + idle_.asleep() >= runners_.load(std::memory_order_seq_cst);
  }
  Node* steal(ThreadState& self);
  Node* steal_rest(ThreadState& self);
  Node* next_of_rest();
  Node* set_aside_rest();
  Node* next_special(bool only_urgent);
  /// Cancels the tasks of the scope that wait for promises.
  void cancel_waiting(detail::Scope& scope);
  void push(Node& node);
  void wake();
  /// Wakes a runner that sleeps, if there is one.
  bool wake_idle();
  bool work_left();

  /// Runs a ready node, or drops it if somebody else has it. Returns a node that became ready, if any.
  Node* execute(Node& node);
  void execute_all(Node& first_of_chunk);
  Node* run_claimed(Node& node);
  enum class Outcome { succeeded, failed, timed_out };
  Outcome run_body(Node& node);
  /// `first`: its arguments have not passed yet.
  void run_through_bytes(Node& node, bool first);
  bool fail_from_inputs(Node& node);
  /// Decides the outcome between the body and its time limit; true if the caller won.
  bool settle(Node& node);
  Node* finish_body(Node& node, Outcome outcome);
  /// Ends a task whose error is written, as its options say.
  Node* fail(Node& node);
  /// True if the options say so and there is a default value to take the failure's place.
  bool ignored(Node& node);
  Node* finish_forwarded(Node& node);
  /// Ends the node once the one that its `inner()` comes from has ended: now, or later.
  Node* await_inner(Node& node);
  /// The right to end a task whose inner one has ended; given once.
  bool claim_inner(Node& node);
  Node* finish_inner(Node& node);
  void start_timer(Node& node);
  bool renew_timer(Node& node);
  void time_out(Node& node);
  /// Publishes the state and tells everybody. Returns the first consumer that became ready; pushes the others.
  Node* complete(Node& node, State state);
  /// `complete` without counting the task as ended for its executor.
  Node* publish(Node& node, State state);
  void count_ended(detail::Scope& scope);
  bool end_overdue(Node& node, detail::Mark mine, detail::Mark other);
  /// Drops callable, arguments and what it came after.
  static void release_inputs(Node& node);
  /// Sees to it that a node that became ready runs.
  void hand_on(Node* ready);
  Node* notify(Node& producer, Edge* list, State state);
  bool ready_here(Node& node) const;

  EngineOptions options_;
  Recorder* recorder_;
  Workers workers_;
  Timers timers_;
  WatchTable watchers_;
  Externals externals_;
  Launches launches_;
  CostTable costs_;
  MemoryWatch memory_;
  std::mutex held_mutex_;
  std::vector<Node*> held_;  ///< Ranges of roots that wait for memory.
  std::atomic<std::size_t> held_count_{0};
  std::atomic<Node*> lone_{nullptr};  ///< Runs in spite of the shortage, since nobody else ran.

  alignas(64) std::atomic<int> runners_{0};
  std::atomic<int> searching_{0};
  std::atomic<int> resumes_{0};
  IdleRunners idle_;

  // Nodes that do not take the ordinary way: with a priority, or all of them when shuffled.
  struct Ranked {
    int priority;
    std::uint64_t order;
    Node* node;
    friend bool operator<(const Ranked& a, const Ranked& b) {
      return a.priority != b.priority ? a.priority < b.priority : a.order > b.order;
    }
  };
  std::atomic<std::size_t> special_count_{0};
  std::mutex special_mutex_;
  std::priority_queue<Ranked> ranked_;
  std::vector<Node*> shuffled_;
  std::mt19937_64 random_;
  std::uint64_t order_ = 0;

  std::mutex drain_mutex_;
  std::condition_variable drained_;
  int substitutes_ = 0;  ///< Guarded by `drain_mutex_`.
};

/// While it lives, another thread runs tasks in place of this one, which blocks inside a task and cannot be suspended
/// (too many stacks are, or a sanitizer does not follow them). Nothing on threads that run no nodes. Its end does not
/// wait for the other thread, which may be in a task that waits for this one.
class Substitute {
 public:
  explicit Substitute(Engine& engine);
  ~Substitute();
  Substitute(const Substitute&) = delete;
  Substitute& operator=(const Substitute&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> enough_;
};

}  // namespace dflow::local
