// A call of a graph function at work, and a runner's visit to it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include <dflow/detail/session.h>
#include <dflow/detail/window.h>
#include <dflow/executor.h>

namespace dflow::inline v0::detail {

using Index = std::int64_t;
/// A task of one launch.
using TaskId = std::uint64_t;
inline constexpr TaskId kNoTask = ~TaskId{0};
/// More do not fit into what the runtime's queues hold.
inline constexpr TaskId kMostTasks = TaskId{1} << 40;

constexpr Index index_min(Index a, Index b) { return a < b ? a : b; }
constexpr Index index_max(Index a, Index b) { return a < b ? b : a; }
constexpr Index index_floord(Index a, Index b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

class Launch;

/// One runner's visit to a launch: what it will do next, and what it has not yet told others.
class DFLOW_EXPORT Work {
 public:
  Work(Launch& visited, void* through) noexcept : launch(visited), engine(through) {}

  /// A task whose inputs are all there. While roots are run one after another, their consumers wait in the queue,
  /// where other runners find them.
  void ready(TaskId id) {
    if (next == kNoTask && root == root_end) next = id;
    else push(id);
  }

  /// An input of a task that waits for nothing else.
  void arrived(TaskId id) {
    if (told) [[unlikely]] return note(id);
    ready(id);
  }
  /// Whom a task that does not run now would tell.
  void note(TaskId id);

  /// One input of a task that has `wanted` of them. Tasks with very many are told of several at once.
  void arrived(std::atomic<std::uint32_t>& count, std::uint32_t wanted, TaskId id) {
    if (told) [[unlikely]] return note(id);
    if (gathered_ != &count) {
      flush();
      gathered_ = &count;
      gathered_wanted_ = wanted;
      gathered_id_ = id;
    }
    ++gathered_count_;
    if (root == root_end) flush();
  }
  void flush() {
    if (!gathered_) return;
    std::atomic<std::uint32_t>& count = *std::exchange(gathered_, nullptr);
    const std::uint32_t more = std::exchange(gathered_count_, 0);
    if (count.fetch_add(more, std::memory_order_acq_rel) + more == gathered_wanted_) ready(gathered_id_);
  }

  Launch& launch;
  void* engine;
  TaskId next = kNoTask;
  TaskId root = 0, root_end = 0;  ///< Roots that this visit will run, one after another.
  std::uint64_t ended = 0;        ///< Tasks without consumers that have ended here.
  std::vector<TaskId>* told = nullptr;  ///< Set: tasks do not run, they only say whom they would tell.
  std::uint32_t until_timed = 1;  ///< Tasks that come before the next one to be timed, and that one.
  Ledgers ledgers;

 private:
  void push(TaskId id);

  std::atomic<std::uint32_t>* gathered_ = nullptr;
  std::uint32_t gathered_count_ = 0, gathered_wanted_ = 0;
  TaskId gathered_id_ = 0;
};

/// One call of a graph function at work. A node, so that its tasks' bodies run inside of a task; not a task itself.
///
/// Invariants: (1) a task is made ready once, when the last of its inputs has arrived; (2) the launch is over when each
/// task without consumers has ended and no runner visits it, and deletes itself then.
class DFLOW_EXPORT Launch : public Node {
 public:
  /// The tasks [begin, end), which have no inputs.
  struct Range {
    TaskId begin, end;
  };

  /// Runs a task, and tells its consumers; only the latter if the work says so.
  virtual void run_task(TaskId id, Work& work) = 0;
  /// Runs the tasks from `work.root` to `work.root_end`, which have no inputs; either may change meanwhile.
  virtual void run_roots(Work& work) = 0;
  /// Has its tasks wait for what was given.
  virtual void watch_given() {}

  /// Something failed or is to be cancelled: look at the inputs before a task runs.
  bool troubled() const noexcept {
    return failed_.load(std::memory_order_relaxed) || scope->cancelling.load(std::memory_order_relaxed);
  }
  bool has_failed(TaskId id) const;
  /// The task ends without a value. `cancels`: those that need it count as cancelled.
  void fail(TaskId id, State state, std::exception_ptr error, bool cancels = false);
  /// Whether a task with these inputs must not run; then it has been failed, for the first of them that has. `cancels`: its
  /// failure cancels those that need it. `ignores`: only what is cancelled must not run; see `rethrow_from`.
  bool fails_from(TaskId id, std::initializer_list<TaskId> inputs, Node* output, bool cancels = false, bool ignores = false) {
    return fails_from(id, inputs.begin(), inputs.size(), output, cancels, ignores);
  }
  bool fails_from(TaskId id, const std::vector<TaskId>& inputs, Node* output, bool cancels = false, bool ignores = false) {
    return fails_from(id, inputs.data(), inputs.size(), output, cancels, ignores);
  }
  /// Of a task whose failure is ignored: throws what the first of its inputs failed with, if one has.
  void rethrow_from(std::initializer_list<TaskId> inputs) const { rethrow_from(inputs.begin(), inputs.size()); }
  void rethrow_from(const std::vector<TaskId>& inputs) const { rethrow_from(inputs.data(), inputs.size()); }
  /// Called by a handler: the task ends with what is being handled, and so does its output, if it has one.
  [[gnu::cold]] void failed(TaskId id, Node* output = nullptr, bool cancels = false);
  /// Its time limit has ended it: this visit is there to tell its consumers.
  bool is_overdue(TaskId id) const { return failed_.load(std::memory_order_relaxed) && was_overdue(id); }

  /// Outputs are nodes like a task's: claimed by who runs them, or cancelled by who holds them.
  bool claim(Node& output, TaskId id);
  void end(Node& output, State state);
  /// The runtime's share keeps the output from now on; readers elsewhere may take its value.
  void let_go(Index output);

  /// For the caller, who gets the other reference. There is room for it.
  NodeRef add_output(Node& made, Index number);
  /// Null for a negative number.
  Node* output(Index number) const { return number < 0 ? nullptr : outputs[static_cast<std::size_t>(number)].get(); }

  std::vector<NodeRef> outputs;

 protected:
  /// Throws std::bad_alloc if too many launches are at work.
  Launch(Scope& in, const Site* site);
  ~Launch() override;
  /// Gives the roots to the runners, and the launch its number of tasks without consumers. Call it last.
  /// `ends`: of each family's numbers, if tasks can be asked whom they tell (`Work::told`). `given`: of the families of
  /// what was given.
  void start(std::initializer_list<Range> roots, std::uint64_t sinks, std::initializer_list<TaskId> ends = {},
             std::initializer_list<Range> given = {});

 private:
  friend struct LaunchAccess;
  friend class NewLaunch;
  friend class TimedBody;
  [[gnu::cold]] bool fails_from(TaskId id, const TaskId* inputs, std::size_t count, Node* output, bool cancels, bool ignores);
  [[gnu::cold]] void rethrow_from(const TaskId* inputs, std::size_t count) const;
  [[gnu::cold]] bool was_overdue(TaskId id) const;
  /// The end of a task's output, if it has one.
  void end_failed(Node* output, std::exception_ptr error, bool cancels);
  /// Called once a task's limit has passed while its body runs.
  void end_overdue(TaskId id, Node* output, std::exception_ptr error, bool cancels);
  void run() override {}
  void release_arguments() noexcept override {}
  void discard_value() noexcept override {}
  bool write_default() override { return false; }
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(*this); }
  std::size_t value_size() const noexcept override { return 0; }
  void destroy() noexcept override { delete this; }

  struct Order;
  struct OrderDeleter {
    void operator()(Order* order) const noexcept;
  };
  struct Failures;
  struct FailuresDeleter {
    void operator()(Failures* failures) const noexcept;
  };
  static constexpr std::uint64_t kVisit = 1, kSink = 1 << 16;
  std::vector<Range> roots_, given_;
  std::atomic<std::uint64_t> left_{0};  ///< Visits, and sinks that have not ended, in one word.
  std::atomic<bool> failed_{false};
  std::atomic<std::uint32_t> grain_{1};  ///< Roots run in one go: few while it is not known how long they take.
  std::unique_ptr<Failures, FailuresDeleter> failures_;
  std::unique_ptr<Order, OrderDeleter> order_;  ///< Null: tasks run as they come.
  std::uint32_t slot_ = 0;
};

/// A launch that has not started; from its start on it deletes itself.
class DFLOW_EXPORT NewLaunch {
 public:
  explicit NewLaunch(Launch& launch) noexcept : launch_(&launch) {}
  NewLaunch(const NewLaunch&) = delete;
  NewLaunch& operator=(const NewLaunch&) = delete;
  ~NewLaunch() {
    if (launch_) give_up();
  }
  void let_go() noexcept { launch_ = nullptr; }

 private:
  void give_up() noexcept;

  Launch* launch_;
};

/// Whether calls of graph functions through this executor may be launched: nothing records, shuffles or bounds.
DFLOW_EXPORT bool may_launch(const Executor& executor) noexcept;
DFLOW_EXPORT Scope& scope_of(const Executor& executor) noexcept;

}  // namespace dflow::inline v0::detail
