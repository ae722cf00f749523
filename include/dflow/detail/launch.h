// What launchers of static plans are made of. dflowc generates one for each graph function whose dependences it has in
// closed form: a class whose tasks have numbers instead of nodes, whose results lie in flat arrays, and whose consumers
// are computed instead of stored.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/session.h>
#include <dflow/detail/task_node.h>
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

  /// Something failed or is to be cancelled: look at the inputs before a task runs.
  bool troubled() const noexcept {
    return failed_.load(std::memory_order_relaxed) || scope->cancelling.load(std::memory_order_relaxed);
  }
  bool has_failed(TaskId id) const;
  /// The task ends without a value.
  void fail(TaskId id, State state, std::exception_ptr error);
  /// Whether a task with these inputs must not run; then it has been failed, for the first of them that has.
  bool fails_from(TaskId id, const std::vector<TaskId>& inputs, Node* output);

  /// Outputs are nodes like a task's: claimed by who runs them, or cancelled by who holds them.
  bool claim(Node& output, TaskId id);
  void end(Node& output, State state);

 protected:
  /// Throws std::bad_alloc if too many launches are at work.
  Launch(Scope& in, const Site* site);
  ~Launch() override;
  /// Gives the roots to the runners, and the launch its number of tasks without consumers. Call it last.
  /// `ends`: of each family's numbers, if tasks can be asked whom they tell (`Work::told`).
  void start(const std::vector<Range>& roots, std::uint64_t sinks, std::initializer_list<TaskId> ends = {});

 private:
  friend struct LaunchAccess;
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
  std::vector<Range> roots_;
  std::atomic<std::uint64_t> left_{0};  ///< Visits, and sinks that have not ended, in one word.
  std::atomic<bool> failed_{false};
  std::atomic<std::uint32_t> grain_{1};  ///< Roots run in one go: few while it is not known how long they take.
  std::unique_ptr<Failures, FailuresDeleter> failures_;
  std::unique_ptr<Order, OrderDeleter> order_;  ///< Null: tasks run as they come.
  std::uint32_t slot_ = 0;
};

/// Whether calls of graph functions through this executor may be launched: nothing records, shuffles or bounds.
DFLOW_EXPORT bool may_launch(const Executor& executor) noexcept;
DFLOW_EXPORT Scope& scope_of(const Executor& executor) noexcept;

/// Zeroed memory that costs nothing until it is touched.
template <class T>
class FlatArray {
 public:
  FlatArray() = default;
  explicit FlatArray(std::size_t count) : data_(static_cast<T*>(allocate_zeroed(count == 0 ? 1 : count))) {
    if (!data_) throw std::bad_alloc();
  }
  FlatArray(FlatArray&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  FlatArray& operator=(FlatArray&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~FlatArray() { std::free(data_); }
  T* at(std::size_t i) const noexcept { return data_ + i; }

 private:
  static void* allocate_zeroed(std::size_t count) {
    if constexpr (alignof(T) <= alignof(std::max_align_t)) return std::calloc(count, sizeof(T));
    if (count > SIZE_MAX / sizeof(T)) return nullptr;
    void* memory = std::aligned_alloc(alignof(T), count * sizeof(T));
    if (memory) std::memset(memory, 0, count * sizeof(T));
    return memory;
  }

  T* data_ = nullptr;
};

/// A family's instances as numbers: the box of their indices, row by row.
template <std::size_t D>
struct Box {
  std::array<Index, D> least{}, extent{};

  TaskId size() const {
    TaskId result = 1;
    for (const Index each : extent) {
      if (each <= 0) return 0;
      if (result > kMostTasks / static_cast<TaskId>(each)) throw std::bad_alloc();
      result *= static_cast<TaskId>(each);
    }
    return result;
  }
  template <class... I>
  TaskId rank(I... indices) const {
    Index result = 0;
    std::size_t d = 0;
    ((result = result * extent[d] + (indices - least[d]), ++d), ...);
    return static_cast<TaskId>(result);
  }
  std::array<Index, D> indices(TaskId rank) const {
    std::array<Index, D> result{};
    for (std::size_t d = D; d-- > 1; rank /= static_cast<TaskId>(extent[d]))
      result[d] = least[d] + static_cast<Index>(rank % static_cast<TaskId>(extent[d]));
    if constexpr (D > 0) result[0] = least[0] + static_cast<Index>(rank);
    return result;
  }
};

/// Results need no count of their readers if leaving them behind costs nothing.
template <class T>
inline constexpr bool counts_readers_v = !std::is_trivially_destructible_v<Stored<T>>;

/// A result as one of its readers sees it.
template <class T>
struct Input {
  Stored<T>* value;
  std::atomic<std::uint32_t>* readers;  ///< Null: nobody counts; it is not for a reader to take or to destroy.
  TaskId id;
  Window* window = nullptr;  ///< That hears of its end.
  bool is_last = false;      ///< Nobody reads it after this one.

  /// As one that is known to be the last reader sees it, and one that is known not to be.
  Input last() const { return {value, nullptr, id, window, true}; }
  Input never() const { return {value, nullptr, id, nullptr, false}; }

  const Stored<T>& by_reference() const { return *value; }
  /// Moved by the last reader, else copied.
  Stored<T> by_value() const {
    if constexpr (!is_copyable_v<Stored<T>>) {
      return std::move(*value);
    } else {
      if (is_last || (readers && readers->load(std::memory_order_acquire) == 1)) return std::move(*value);
      return *value;
    }
  }
  /// This reader is done.
  void release(Work& work) const {
    if (!counts_readers_v<T> && !window) return;
    if (!is_last && (!readers || readers->fetch_sub(1, std::memory_order_acq_rel) != 1)) return;
    if constexpr (counts_readers_v<T>) {
      if (!work.launch.troubled() || !work.launch.has_failed(id)) std::destroy_at(value);
    }
    if (window) work.ledgers.dead(*window, id);
  }
};

/// What a call gives to the next one in the same task.
template <class T>
class Between {
 public:
  Between() = default;
  Between(const Between&) = delete;
  Between& operator=(const Between&) = delete;
  ~Between() {
    if (is_made) std::destroy_at(place());
  }
  Stored<T>* place() { return std::launder(reinterpret_cast<Stored<T>*>(memory_)); }
  const Stored<T>& by_reference() { return *place(); }
  Stored<T> by_value() { return std::move(*place()); }
  bool is_made = false;

 private:
  alignas(Stored<T>) std::byte memory_[sizeof(Stored<T>)];
};

/// Tasks of one call in the source: their numbers, results and counters. `Wanted`: inputs of each; 0 if it varies. `Counted`:
/// some readers of the results have to find out whether they are the last.
template <std::size_t D, class T, std::uint32_t Wanted, bool Counted = true>
class TaskFamily {
 public:
  using Count = std::conditional_t<(Wanted == 0 || Wanted > 255), std::uint32_t, std::uint8_t>;

  /// Takes `width` numbers from `next` on for each instance.
  void reserve(const Box<D>& indices, TaskId& next, std::size_t width = 1) {
    box = indices;
    base = next;
    stride = width;
    const TaskId count = box.size();
    if (width != 0 && count > kMostTasks / width) throw std::bad_alloc();
    end = next += count * width;
    if (next > kMostTasks) throw std::bad_alloc();
    const std::size_t tasks = count * width;
    if constexpr (Wanted != 1) counts_ = FlatArray<std::atomic<Count>>(tasks);
    if constexpr (!std::is_empty_v<Stored<T>>) {
      if (wants_window(tasks, sizeof(Stored<T>))) {
        window_ = std::make_unique<Window>(base, tasks, sizeof(Stored<T>), alignof(Stored<T>));
        return;
      }
      values_ = FlatArray<Stored<T>>(tasks);
    }
    if constexpr (Counted && counts_readers_v<T>) readers_ = FlatArray<std::atomic<std::uint32_t>>(tasks);
  }

  template <class... I>
  TaskId id(I... indices) const {
    return base + box.rank(indices...) * stride;
  }
  std::array<Index, D> indices(TaskId id) const { return box.indices((id - base) / stride); }
  Stored<T>* place(TaskId id) const {
    if constexpr (std::is_empty_v<Stored<T>>) return &nothing();
    if (window_) [[unlikely]] return static_cast<Stored<T>*>(window_->value(id));
    return values_.at(id - base);
  }
  std::atomic<std::uint32_t>* readers(TaskId id) const {
    if constexpr (!Counted) return nullptr;
    if (window_) [[unlikely]] return window_->readers(id);
    return counts_readers_v<T> ? readers_.at(id - base) : nullptr;
  }
  Input<T> input(TaskId id) const { return {place(id), readers(id), id, window_.get()}; }
  Launch::Range all() const { return {base, end}; }

  /// Before the task runs: so many will read its result, which is kept here.
  void expect(TaskId id, [[maybe_unused]] std::uint32_t readers, Work& work) const {
    if (window_) [[unlikely]] {
      // Also of one that nobody reads: there has to be a place for it while the task runs.
      work.ledgers.born(*window_, id);
      if constexpr (Counted) window_->readers(id)->store(readers, std::memory_order_relaxed);
    } else if constexpr (Counted && counts_readers_v<T>) {
      readers_.at(id - base)->store(readers, std::memory_order_relaxed);
    }
  }
  /// The result of a task that has ended, and that nobody reads.
  void drop(TaskId id, bool is_there, Work& work) const {
    if constexpr (counts_readers_v<T>) {
      if (is_there) std::destroy_at(place(id));
    }
    if (window_) [[unlikely]] work.ledgers.dead(*window_, id);
  }

  /// One of `Wanted` inputs is there.
  void arrive(TaskId id, Work& work) const {
    if constexpr (Wanted == 1) {
      work.arrived(id);
    } else {
      if (work.told) [[unlikely]] return work.note(id);
      std::atomic<Count>& count = *counts_.at(id - base);
      // The last one needs no locked instruction: nobody else counts any more.
      if (count.load(std::memory_order_acquire) == Wanted - 1 ||
          count.fetch_add(1, std::memory_order_acq_rel) == Wanted - 1) {
        work.ready(id);
      }
    }
  }
  void arrive_of(TaskId id, std::uint32_t wanted, Work& work) const
    requires(Wanted == 0)
  {
    work.arrived(*counts_.at(id - base), wanted, id);
  }

  Box<D> box;
  TaskId base = 0, end = 0;
  std::size_t stride = 1;

 private:
  static Stored<T>& nothing() {
    static Stored<T> unit{};
    return unit;
  }

  FlatArray<Stored<T>> values_;
  FlatArray<std::atomic<Count>> counts_;
  FlatArray<std::atomic<std::uint32_t>> readers_;
  std::unique_ptr<Window> window_;
};

/// Names an argument of a family's tasks.
template <std::uint32_t Consumer, std::uint32_t Argument>
struct InputOf {};

/// The tree of a reduce over `length` elements: task `m`, 0 < m < length, combines what lies left of element m with what
/// begins there, as far as powers of two reach (numbers in the order of the leaves between which they stand).
struct ReduceTree {
  Index length;

  Index top() const {
    Index m = 1;
    while (2 * m < length) m *= 2;
    return m;
  }
  /// The task that takes the element, or the result of task `of`; 0 behind the last.
  Index consumer_of_element(Index element) const { return climb(element, 0); }
  Index consumer_of(Index task) const {
    const int level = __builtin_ctzll(static_cast<unsigned long long>(task));
    return climb(task - (Index{1} << level), level + 1);
  }
  /// An operand: the task that makes it, or, if `task` is 0, an element.
  struct Operand {
    Index task;
    Index element;
  };
  Operand left(Index m) const {
    const Index half = (m & -m) / 2;
    return half == 0 ? Operand{0, m - 1} : Operand{m - half, 0};
  }
  Operand right(Index m) const {
    for (Index half = (m & -m) / 2; half != 0; half /= 2)
      if (m + half < length) return {m + half, 0};
    return {0, m};
  }

 private:
  /// From the block of 2^level elements that begins at `first`: an odd last one moves up.
  Index climb(Index first, int level) const {
    for (;; ++level) {
      const Index size = Index{1} << level;
      if ((first & size) != 0) return first;
      if (first + size < length) return first + size;
      if (first == 0) return 0;
    }
  }
};

/// A future that a launch gives out.
template <class T>
class LaunchedNode final : public Value<T> {
 public:
  static LaunchedNode* make(Scope& scope, const Site* site) {
    auto* node = ::new (allocate(sizeof(LaunchedNode))) LaunchedNode();
    node->scope = &scope;
    node->session_id = scope.session_id;
    node->where = site;
    return node;
  }
  void run() override {}
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(LaunchedNode); }
  void destroy() noexcept override {
    this->~LaunchedNode();
    deallocate(this, sizeof(LaunchedNode));
  }

 private:
  LaunchedNode() { this->traits |= kExternal; }
};

/// The futures of a call's results: the caller's handles and the launch's.
template <class T>
std::vector<Future<T>> make_outputs(Scope& scope, const Site* site, Index count, std::vector<NodeRef>& outputs) {
  std::vector<Future<T>> futures;
  futures.reserve(static_cast<std::size_t>(count));
  outputs.reserve(static_cast<std::size_t>(count));
  try {
    for (Index i = 0; i < count; ++i) {
      NodeRef node(LaunchedNode<T>::make(scope, site));
      outputs.push_back(node);
      futures.push_back(Future<T>(std::move(node)));
    }
  } catch (...) {
    for (const NodeRef& node : outputs) node.get()->release_from_runtime();
    throw;
  }
  return futures;
}

struct LaunchDeleter {
  void operator()(Launch* launch) const noexcept { static_cast<Node*>(launch)->destroy(); }
};
/// A launch that has not started; from its start on it deletes itself.
template <class L, class... A>
std::unique_ptr<L, LaunchDeleter> make_launch(A&&... arguments) {
  return std::unique_ptr<L, LaunchDeleter>(new L(std::forward<A>(arguments)...));
}

/// A parameter's value as the plan's conditions take it; throws std::bad_alloc for values beyond what they can count.
template <class T>
Index index_of(T value) {
  constexpr Index kMost = Index{1} << 31;
  if constexpr (std::is_unsigned_v<T>) {
    if (value > static_cast<std::uint64_t>(kMost)) throw std::bad_alloc();
  } else if constexpr (!std::is_enum_v<T>) {
    if (value > kMost || value < -kMost) throw std::bad_alloc();
  }
  return static_cast<Index>(value);
}

/// The loops that all launchers share. `Derived` has `dflow_run(id, work)`.
template <class Derived>
class LaunchOf : public Launch {
 public:
  void run_task(TaskId id, Work& work) final { static_cast<Derived&>(*this).dflow_run(id, work); }
  void run_roots(Work& work) final {
    while (work.root < work.root_end) static_cast<Derived&>(*this).dflow_run(work.root++, work);
    work.flush();
  }

 protected:
  using Launch::Launch;

  /// Runs the body and keeps what it returns in `place`; true if it did. `inputs` lists the tasks it reads from.
  template <class Value, class Inputs, class Body>
  bool dflow_perform(TaskId id, Value* place, Inputs&& inputs, Body&& body) {
    if (troubled() && fails_from(id, inputs(), nullptr)) [[unlikely]] return false;
    try {
      dflow_keep(place, body);
      return true;
    } catch (...) {
      fail(id, State::failed, std::current_exception());
      return false;
    }
  }
  /// The same for a task whose future the caller has, or had. `read_here`: other tasks of the launch read it, too.
  template <class T, class Inputs, class Body>
  void dflow_perform_output(TaskId id, NodeRef& output, bool read_here, Inputs&& inputs, Body&& body) {
    auto& node = static_cast<LaunchedNode<T>&>(*output.get());
    if (troubled() && fails_from(id, inputs(), &node)) [[unlikely]] return;
    if (!claim(node, id)) return;
    if (!read_here) output = NodeRef();  // the runtime's share keeps it; readers elsewhere may take the value
    try {
      dflow_keep(std::addressof(node.value()), body);
    } catch (...) {
      fail(id, State::failed, std::current_exception());
      node.set_error(std::current_exception());
      return end(node, State::failed);
    }
    end(node, State::done);
  }

 private:
  template <class Value, class Body>
  static void dflow_keep(Value* place, Body& body) {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      std::construct_at(place);
    } else {
      ::new (static_cast<void*>(place)) Value(body());
    }
  }
};

/// Where a graph function finds its launcher: set before `main`, null without one. Each translation unit has its own, since
/// another may have a function of its own at the same place of a file of the same name.
template <FixedString Name, FixedString File, int Line, class Start>
static constinit Start* launcher = nullptr;

/// Puts a launcher into its place.
struct LauncherEntry {
  template <class Start>
  LauncherEntry(Start*& place, Start* start) {
    place = start;
  }
};

}  // namespace dflow::inline v0::detail
