// Executor: where tasks are submitted.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/make_task.h>
#include <dflow/future.h>
#include <dflow/options.h>
#include <dflow/workers.h>

namespace dflow::inline v0 {

class BoundExecutor;

namespace detail {
struct ExecutorAccess;

/// The futures' results in order, each got `how`: moved out if `futures` is given away.
template <class T, class Futures, class... How>
std::vector<T> results_of(Futures&& futures, How... how) {
  std::vector<T> results;
  results.reserve(futures.size());
  for (auto& future : futures) {
    if constexpr (std::is_lvalue_reference_v<Futures>) results.push_back(future.get(how...));
    else results.push_back(std::move(future).get(how...));
  }
  return results;
}
}  // namespace detail

/// What an Executor and a handle made by `with` have in common. Thread-safe.
///
/// Arguments: each is a value, a `Future<T>` (arrives as a `T`), or a container (vector, array, optional, pair, tuple,
/// map) of futures at any depth. Values are copied if lvalues, moved if rvalues, and stored as the parameter's type.
/// A leading `std::stop_token` or `dflow::Executor&` parameter is filled in.
/// Errors: SessionError after shutdown and for a future of another session; InvalidStateError for an empty future and
/// for a move-only result that another task takes.
class Submitter {
 public:
  /// Runs `f(args...)` once every argument is there. A future that `f` returns is flattened.
  template <class F, class... A>
    requires(!std::is_same_v<std::remove_cvref_t<F>, detail::Site>)
  [[gnu::always_inline]] auto submit(F&& f, A&&... arguments) const {
    return submit_at(nullptr, std::forward<F>(f), std::forward<A>(arguments)...);
  }
  template <class F, class... A>
  auto submit(const detail::Site& site, F&& f, A&&... arguments) const {
    return submit_at(&site, std::forward<F>(f), std::forward<A>(arguments)...);
  }

  /// One task an element; ranges of values or futures are zipped to the shortest. Returns at once.
  template <class F, class Range, class... More>
    requires(!std::is_same_v<std::remove_cvref_t<F>, detail::Site> &&
             !std::is_same_v<std::remove_cvref_t<F>, MapOptions>)
  [[gnu::always_inline]] auto map(F&& f, Range&& range, More&&... more) const {
    return map_at(nullptr, MapOptions{}, std::forward<F>(f), std::forward<Range>(range), std::forward<More>(more)...);
  }
  template <class F, class Range, class... More>
  [[gnu::always_inline]] auto map(MapOptions options, F&& f, Range&& range, More&&... more) const {
    return map_at(nullptr, options, std::forward<F>(f), std::forward<Range>(range), std::forward<More>(more)...);
  }
  template <class F, class Range, class... More>
    requires(!std::is_same_v<std::remove_cvref_t<F>, MapOptions>)
  auto map(const detail::Site& site, F&& f, Range&& range, More&&... more) const {
    return map_at(&site, MapOptions{}, std::forward<F>(f), std::forward<Range>(range), std::forward<More>(more)...);
  }
  template <class F, class Range, class... More>
  auto map(const detail::Site& site, MapOptions options, F&& f, Range&& range, More&&... more) const {
    return map_at(&site, options, std::forward<F>(f), std::forward<Range>(range), std::forward<More>(more)...);
  }

  /// Level by level `op(x[2j], x[2j+1])`; an odd last element moves up unchanged; `init` is the left operand of one
  /// final task. Throws std::invalid_argument if there is nothing to reduce and no `init`. One future alone is
  /// returned as it is. The order never changes, so floating-point results repeat.
  template <class Op, class T>
  [[gnu::always_inline]] Future<T> reduce(Op op, std::vector<Future<T>> futures) const {
    return reduce_at<Op, T>(nullptr, op, std::move(futures));
  }
  template <class Op, class T, class Init>
  [[gnu::always_inline]] Future<T> reduce(Op op, std::vector<Future<T>> futures, Init init) const {
    return reduce_from<Op, T>(nullptr, op, std::move(futures), std::move(init));
  }
  template <class Op, class T>
  Future<T> reduce(const detail::Site& site, Op op, std::vector<Future<T>> futures) const {
    return reduce_at<Op, T>(&site, op, std::move(futures));
  }
  template <class Op, class T, class Init>
  Future<T> reduce(const detail::Site& site, Op op, std::vector<Future<T>> futures, Init init) const {
    return reduce_from<Op, T>(&site, op, std::move(futures), std::move(init));
  }

  /// Places a value once; tasks share it. On a cluster, if the worker that has it is lost, it is sent again while somebody
  /// here has a future of it. With `TaskOptions::workers` it is sent to these alone.
  template <class T>
  Future<std::decay_t<T>> scatter(T&& value) const;
  /// The same, at once and on so many workers (all, if there are fewer): it survives the loss of all but one of them.
  /// Returns when the copies are there. Throws std::invalid_argument for 0.
  template <class T>
  Future<std::decay_t<T>> scatter(T&& value, std::size_t replicas) const;

  /// Waits for all and returns their results: moved if `futures` is given away, else copied.
  template <class T>
  std::vector<T> gather(const std::vector<Future<T>>& futures) const {
    return detail::results_of<T>(futures);
  }
  template <class T>
  std::vector<T> gather(std::vector<Future<T>>&& futures) const {
    return detail::results_of<T>(std::move(futures));
  }

  /// `gather` whose results steer nothing; placed by dflowc: a dry run goes on with as many default-constructed values.
  template <class T>
  std::vector<T> gather(detail::Unsteered, const std::vector<Future<T>>& futures) const {
    return detail::results_of<T>(futures, detail::unsteered);
  }
  template <class T>
  std::vector<T> gather(detail::Unsteered, std::vector<Future<T>>&& futures) const {
    return detail::results_of<T>(std::move(futures), detail::unsteered);
  }

  /// A light handle whose calls have these options.
  BoundExecutor with(TaskOptions options) const;

 protected:
  Submitter() = default;
  Submitter(detail::Scope* scope, std::shared_ptr<const TaskOptions> options)
      : scope_(scope), options_(std::move(options)) {}

  detail::Scope* scope_ = nullptr;
  std::shared_ptr<const TaskOptions> options_;

 private:
  template <class T>
  friend class Future;

  template <class F, class... A>
  [[gnu::always_inline]] auto submit_at(const detail::Site* site, F&& f, A&&... arguments) const {
    auto task = detail::make_task(*scope_, options_, std::forward<F>(f), std::forward<A>(arguments)...);
    detail::submit_node(*scope_, *task.node, site);
    return task.release();
  }
  template <class F, class Range, class... More>
  auto map_at(const detail::Site* site, MapOptions options, F&& f, Range&& range, More&&... more) const;
  template <class Op, class T>
  Future<T> reduce_at(const detail::Site* site, Op& op, std::vector<Future<T>> futures) const;
  template <class Op, class T, class Init>
  Future<T> reduce_from(const detail::Site* site, Op& op, std::vector<Future<T>> futures, Init init) const;
};

/// What `Executor::with` returns: submits with the options given there. Valid as long as the executor is.
class BoundExecutor : public Submitter {
 private:
  friend class Submitter;
  using Submitter::Submitter;
};

/// The door to the runtime. The executors of one program share one session (its threads, or its cluster); it ends
/// with the last of them. An Executor made inside a task is a handle to the one that the task was submitted through.
///
/// Thread-safe. Not copyable; pass it by reference.
/// Environment: DFLOW_THREADS=N, DFLOW_SERIAL=1, DFLOW_SHUFFLE=SEED, DFLOW_STATIC=0, DFLOW_CHUNKS=0,
/// DFLOW_WINDOW=BYTES, DFLOW_TRACE=FILE, DFLOW_MAX_PENDING=N, DFLOW_WORKERS=N, DFLOW_WORKER_RESOURCES=...
/// (`--dflow-help` says what they do).
class DFLOW_EXPORT Executor : public Submitter {
 public:
  /// Options from the environment alone.
  Executor();
  /// Options given here win over the environment. Throws std::invalid_argument for absurd values, and if another
  /// executor of this program is alive that has another number of threads.
  explicit Executor(ExecutorOptions options);
  /// Takes the `--dflow-*` options out of the command line; they win over the environment. Throws
  /// std::invalid_argument for one that it does not know.
  Executor(int& argc, char** argv);

  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// Takes no more tasks and waits for those it has.
  ~Executor();

  /// From now on submissions throw SessionError. With `wait`, returns when every task submitted through this executor
  /// has ended; with `cancel_pending`, those that have not started are cancelled. May be called again.
  void shutdown(bool wait = true, bool cancel_pending = false);

  /// How many threads run tasks.
  std::size_t threads() const noexcept;

  // Workers. In one process this process is the only one, and called "local".

  /// Who runs tasks now, by name.
  std::vector<WorkerInfo> workers() const;
  /// Waits until there are so many. Throws std::invalid_argument for more than there can be, TimeoutError.
  void wait_for_workers(std::size_t count) const;
  void wait_for_workers(std::size_t count, Duration timeout) const;

  /// For each future the names of the workers that hold its value now; none as long as there is no value, and none for
  /// a value of this program's own that no worker has needed. Throws SessionError for a future of another session,
  /// InvalidStateError for an empty one; the next likewise.
  template <class T>
  std::vector<std::vector<std::string>> who_has(const std::vector<Future<T>>& futures) const {
    return detail::who_has(*scope_, nodes_of(futures));
  }
  /// Waits for the futures and brings each value to so many workers (all, if there are fewer), now and again whenever
  /// one is lost. Nothing to do in one process. A future that failed has nothing to bring. Throws std::invalid_argument
  /// for 0 copies.
  template <class T>
  void replicate(const std::vector<Future<T>>& futures, std::size_t copies) const {
    detail::replicate(*scope_, nodes_of(futures), copies);
  }
  /// Moves values from workers that hold much to those that hold little; returns when they have arrived. Nothing to do in
  /// one process.
  void rebalance() const;

  /// Runs `f(arguments...)` once in each worker before it runs any task: in those of now, and in those that come later or
  /// take a lost one's place. In one process: here, now. Returns when it has run in all workers of now, and throws what
  /// it threw in one of them; then it is not run in others. In one that comes later, an exception ends the worker.
  /// `f` crosses to the workers as a task does; futures are no arguments. Not inside tasks (InvalidStateError).
  template <class F, class... A>
  void on_worker(F&& f, A&&... arguments) {
    auto task = detail::make_task(*scope_, nullptr, std::forward<F>(f), std::forward<A>(arguments)...);
    if (detail::set_up_workers(*scope_, *task.node)) return;
    detail::submit_node(*scope_, *task.node, nullptr);
    static_cast<void>(task.release().get());
  }

  /// Runs `f(arguments...)` once in each worker of now, at once, beside the tasks there and also where these have all the threads,
  /// and returns what it gave: a `std::map` from the worker's name, or nothing if `f` returns nothing. It is no task: nothing
  /// runs it again (only a scheduler that is killed and started again meanwhile), and what it returns comes through the scheduler
  /// (1 MiB from each worker at most). Returns when it has ended in all of them; throws what it threw in the first of them by
  /// name, and Error if a worker is lost meanwhile. In one process: here, under the name "local". `f` crosses to the workers as a
  /// task does; futures are no arguments, and no results. Not inside tasks (InvalidStateError).
  template <class F, class... A>
    requires(!std::is_convertible_v<F, std::vector<std::string>>)
  auto run_on_workers(F&& f, A&&... arguments) const {
    return run_on(nullptr, detail::make_task(*scope_, nullptr, std::forward<F>(f), std::forward<A>(arguments)...));
  }
  /// In these alone. Throws std::invalid_argument for a name that no worker has.
  template <class F, class... A>
  auto run_on_workers(const std::vector<std::string>& names, F&& f, A&&... arguments) const {
    return run_on(&names, detail::make_task(*scope_, nullptr, std::forward<F>(f), std::forward<A>(arguments)...));
  }

  /// Cancels every task of this program that has not ended, forgets the values that lie on workers, and puts new
  /// processes in the workers' places; returns when they are there. Throws InvalidStateError inside tasks, and in one
  /// process, which cannot replace itself.
  void restart();
  /// Ends the processes of these workers at once, however they hang, and returns when others have taken their places. No task is
  /// cancelled: what runs there runs again elsewhere, and what they hold is computed or sent again where it is needed. Throws
  /// std::invalid_argument for a name that no worker has; TimeoutError if they are not back in time (they still come);
  /// InvalidStateError inside tasks and in one process.
  void restart_workers(const std::vector<std::string>& names);
  void restart_workers(const std::vector<std::string>& names, Duration timeout);
  /// Lets workers go: they get no more tasks, end those they have, and what only they hold is brought to others first.
  /// Returns when they are gone. Throws std::invalid_argument for a name that no worker has, and if none would be left;
  /// InvalidStateError inside tasks and in one process.
  void retire_workers(const std::vector<std::string>& names);
  /// So many of them, the last by name.
  void retire_workers(std::size_t count);

 private:
  friend struct detail::ExecutorAccess;
  template <class T>
  static std::vector<detail::Node*> nodes_of(const std::vector<Future<T>>& futures) {
    std::vector<detail::Node*> nodes;
    for (const Future<T>& future : futures) nodes.push_back(detail::node_of(future));
    return nodes;
  }

  template <class T>
  auto run_on(const std::vector<std::string>* names, detail::NewTask<T> task) const {
    using Results = std::map<std::string, detail::Stored<T>>;
    Results results;
    if (auto given = detail::call_workers(*scope_, *task.node, names)) {
      for (auto& [name, node] : *given) {
        results.emplace(name, std::move(static_cast<detail::Value<T>&>(*node.get()).value()));
      }
    } else {
      detail::submit_node(*scope_, *task.node, nullptr);
      Future<T> future = task.release();
      if constexpr (std::is_void_v<T>) future.get();
      else results.emplace("local", std::move(future).get());
    }
    if constexpr (!std::is_void_v<T>) return results;
  }

  std::shared_ptr<void> session_;  ///< Null in a handle made inside a task.
};

}  // namespace dflow::inline v0

#include <dflow/detail/executor_templates.h>
