// Options of executors, tasks and maps. Plain aggregates: name what you set, leave the rest.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dflow/detail/any_future.h>

namespace dflow::inline v0 {

/// A span of time given as an option.
using Duration = std::chrono::nanoseconds;

struct ExecutorOptions {
  /// Threads that run tasks; 0: one for each processor this process may use. At most 1,024.
  std::size_t threads = 0;

  /// Tasks submitted and not yet finished that an executor holds before `submit` waits; 0: no bound.
  /// A submission from inside a task never waits (it could wait for itself). The bound is kept to within 64 tasks a
  /// submitting thread.
  std::size_t max_pending = 0;
};

/// What a task's failure means to others.
enum class OnFailure {
  fail,               ///< Tasks that use the result fail with the same exception. The default.
  ignore,             ///< The result is a value-initialised `R{}`, and the exception is dropped.
  cancel_successors,  ///< Tasks that depend on it, directly or through others, are cancelled: `cancelled()` is true.
};

struct TaskOptions {
  /// Shown in traces and reports, and the label's name, instead of the function's.
  std::string name = {};

  /// Among tasks that are ready, higher ones run first; 0 is ordinary.
  int priority = 0;

  /// How often a task that threw is run again before it fails. Its inputs are then copied, never moved.
  unsigned retries = 0;

  /// Worker processes that may die under the task before it fails with `WorkerLost`: 1: the first death fails it; at most
  /// 255; 0: as many as DFLOW_ALLOWED_FAILURES says (3). In one process a crash is the program's end.
  unsigned allowed_failures = 0;

  /// How much of each named resource the task needs, of what DFLOW_WORKER_RESOURCES says that a worker has. It is taken
  /// from the worker while the task is there. In one process every resource is there.
  std::map<std::string, double> resources = {};

  /// Names or hosts of the workers that may run the task; empty: any. One process may run everything.
  std::vector<std::string> workers = {};

  /// The longest a task may run, from its start, each time that it is tried. Then its stop token is asked to stop and its future fails with
  /// `TimeoutError`, under OnFailure::ignore too: the body may still be writing to where the result goes. What it
  /// returns then is dropped.
  std::optional<Duration> timeout = {};

  OnFailure on_failure = OnFailure::fail;

  /// The task has no side effects: it may be merged with an equal one, dropped when unused, or cached.
  bool pure = false;

  /// The body begins at most once, whatever dies: where it is not known whether it has begun, or its result is lost with a
  /// worker, the task fails with `MayHaveRun`. Goes with neither `retries` nor `pure`. In one process a body without retries
  /// never begins twice.
  bool once = false;

  /// Runs to its end though nobody has its future, even if it is `pure`, and, under DFLOW_SCHEDULER, though the program dies
  /// once the scheduler knows of the task; so does what it takes. Nobody hears of a failure then. What it submits itself is
  /// not marked by that. An executor's end waits for it as for others, and `cancel()`, `shutdown(cancel_pending)` and
  /// `restart()` cancel it as others, in every mode. Without DFLOW_SCHEDULER all ends with the program.
  bool fire_and_forget = false;

  /// Runs only after these have ended. Any `Future<T>`s, `Future<void>` too; the first that failed fails this task.
  std::vector<AnyFuture> after = {};
};

struct MapOptions {
  /// Elements that are handed to a thread at once; 0: the runtime's choice. Never changes results or the graph.
  std::size_t chunk = 0;
};

/// When `wait` returns.
enum class When {
  all,              ///< Each has ended.
  first,            ///< At least one has ended.
  first_exception,  ///< At least one has failed or was cancelled, or all have ended.
};

}  // namespace dflow::inline v0
