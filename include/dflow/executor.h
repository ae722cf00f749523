// Executor: where tasks are submitted.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/make_task.h>
#include <dflow/future.h>
#include <dflow/options.h>

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

  /// Places a value once; tasks share it.
  template <class T>
  Future<std::decay_t<T>> scatter(T&& value) const;

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
/// DFLOW_WINDOW=BYTES, DFLOW_TRACE=FILE, DFLOW_MAX_PENDING=N, DFLOW_WORKERS=N (`--dflow-help` says what they do).
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

 private:
  friend struct detail::ExecutorAccess;
  std::shared_ptr<void> session_;  ///< Null in a handle made inside a task.
};

}  // namespace dflow::inline v0

#include <dflow/detail/executor_templates.h>
