// What a client says of a task, and how tasks fail.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/core/ids.h"
#include "runtime/core/payload.h"
#include "runtime/core/shared_list.h"

namespace dflow::core {

/// What a task's failure means to others: as `dflow::OnFailure`.
enum class OnFailure : std::uint8_t { fail, ignore, cancel_successors };

/// Whether there can be so much of a resource.
inline bool is_amount(double amount) { return amount >= 0 && amount <= std::numeric_limits<double>::max(); }

/// What few tasks say. Null in `TaskSpec` means all defaults.
struct TaskOptions {
  std::string name = {};                         ///< Shown to people.
  std::map<std::string, double> resources = {};  ///< Taken from the worker while the task is there.
  std::vector<std::string> workers = {};         ///< Names or hosts that may run it; empty: any.
  bool other_workers = false;            ///< `workers` is a wish: others may, when none of these is there.
  std::optional<Duration> timeout = {};  ///< The longest the body may run; the worker keeps watch.
  std::optional<std::uint8_t> allowed_deaths =
      {};  ///< Workers that may die under it; else `Settings::allowed_failures`.

  static constexpr std::tuple fields{&TaskOptions::name,    &TaskOptions::resources,
                                     &TaskOptions::workers, &TaskOptions::other_workers,
                                     &TaskOptions::timeout, &TaskOptions::allowed_deaths};
  bool operator==(const TaskOptions&) const = default;
};

/// A task as its client submits it.
struct TaskSpec {
  TaskId id{};
  FunctionId function{};
  /// What it needs, in the order of its arguments, then what it comes `after`. Tasks of the same program
  /// only; known to the scheduler already, or earlier in the same submission. The same task may stand here
  /// twice.
  SharedList<TaskId> inputs = {};
  Payload payload = {};
  std::shared_ptr<const TaskOptions> options = {};
  std::int32_t priority = 0;  ///< Higher first.
  std::uint32_t path = 0;     ///< How much comes behind it, if known; more first.
  std::uint16_t retries = 0;  ///< Times that the body may throw and be run again.
  OnFailure on_failure = OnFailure::fail;
  /// The client holds a future of it. It is told of the end, and the value stays until `TasksReleased`.
  /// Without it, only tasks of the same submission, or ones submitted while others still need it, may have it
  /// as an input.
  bool wanted = true;
  /// Without side effects: dropped when nothing needs it any more. Others run even when nobody waits for
  /// them.
  bool pure = false;
  /// Runs to its end even if the client leaves, or nobody needs it and it is pure.
  bool fire_and_forget = false;
  /// The task whose body submits this one, if any: it takes that one's place in the order.
  std::optional<TaskId> inside = {};
  /// Its body begins at most once. If it is not known whether it has, or if its value is lost, the task fails.
  /// Goes with neither `retries` nor `pure`.
  bool once = false;

  /// Has to run once, whoever wants it.
  bool must_run() const { return !pure || fire_and_forget; }

  static constexpr std::tuple fields{&TaskSpec::id,      &TaskSpec::function, &TaskSpec::inputs,
                                     &TaskSpec::payload, &TaskSpec::options,  &TaskSpec::priority,
                                     &TaskSpec::path,    &TaskSpec::retries,  &TaskSpec::on_failure,
                                     &TaskSpec::wanted,  &TaskSpec::pure,     &TaskSpec::fire_and_forget,
                                     &TaskSpec::inside,  &TaskSpec::once};
  bool operator==(const TaskSpec&) const = default;
};

/// Why a worker is no more.
struct WorkerEnd {
  enum class Kind : std::uint8_t {
    exited,     ///< `code` is its exit code.
    signalled,  ///< `code` is the signal.
    silent,     ///< No heartbeat for too long, or the connection broke: it may live on.
    left,       ///< It said so, or was asked to.
    unknown,    ///< Its process has ended, and somebody else has been told how.
  };
  Kind kind = Kind::silent;
  int code = 0;
  std::string last_words = {};  ///< The last lines of its standard error.

  static constexpr std::tuple fields{&WorkerEnd::kind, &WorkerEnd::code, &WorkerEnd::last_words};
  bool operator==(const WorkerEnd&) const = default;
};

/// Why a task has no value. Passed on, unchanged, to the tasks that needed it.
struct Failure {
  enum class Kind : std::uint8_t {
    exception,    ///< The body threw; `payload` is the exception.
    cancelled,    ///< It was cancelled, if it is the origin; else it needed what was, and failed for that.
    worker_lost,  ///< Too many workers died under it.
    data_lost,    ///< It needed a scattered value, all copies of which are gone.
    timeout,      ///< The body ran longer than it may.
    invalid,      ///< It could not be taken up; `message` says what is wrong with it.
    swept,        ///< It is cancelled, since what it needed failed and had `OnFailure::cancel_successors`.
    may_have_run, ///< It runs at most once, and whether it has is not known.
    ran_and_lost, ///< It runs at most once, has, and its value is lost.
  };
  Kind kind = Kind::exception;
  TaskId origin{};                    ///< Where it began.
  std::string worker = {};            ///< Name of the worker where it began, if that is known.
  std::string message = {};           ///< For people; an exception's text is in its payload.
  std::optional<WorkerEnd> end = {};  ///< Of the last worker that died, with `worker_lost`.
  Payload payload = {};

  static constexpr std::tuple fields{&Failure::kind,    &Failure::origin, &Failure::worker,
                                     &Failure::message, &Failure::end,    &Failure::payload};
  bool operator==(const Failure&) const = default;
};
using FailureRef = std::shared_ptr<const Failure>;

}  // namespace dflow::core
