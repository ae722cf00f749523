// What the scheduler asks of its driver. Carried out in order; to one receiver, sent in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/core/facts.h"
#include "runtime/core/holders.h"
#include "runtime/core/shared_list.h"

namespace dflow::core {

// ---- to workers

/// A value that a task needs, and where it lies. The receiver itself may be among the holders.
struct Input {
  TaskId id{};
  Attempt version{};
  std::uint64_t bytes = 0;
  Holders holders = {};  ///< At most `Settings::max_sources`, best first.
  static constexpr std::tuple fields{&Input::id, &Input::version, &Input::bytes, &Input::holders};
  bool operator==(const Input&) const = default;
};

/// Where a task stands among those that are ready: priority, then path, then order. Smaller `order` first.
struct Rank {
  std::int32_t priority = 0;
  std::uint32_t path = 0;
  std::uint64_t order = 0;
  static constexpr std::tuple fields{&Rank::priority, &Rank::path, &Rank::order};
  bool operator==(const Rank&) const = default;

  /// True if this one runs before `other`.
  constexpr bool before(const Rank& other) const {
    if (priority != other.priority) return priority > other.priority;
    if (path != other.path) return path > other.path;
    return order < other.order;
  }
};

struct RunTask {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  Payload payload = {};
  std::shared_ptr<const TaskOptions> options = {};
  SharedList<Input> inputs =
      {};  ///< In the order of `TaskSpec::inputs`; one that stands there twice stands here twice.
  Rank rank = {};
  bool wanted = false;       ///< A client waits: send a small value along with `TaskFinished`.
  bool keep_inputs = false;  ///< The body may run again: copy the inputs, do not move out of them.
  OnFailure on_failure = OnFailure::fail;
  /// An input failed and `on_failure` is `ignore`: no body runs, the value is a value-initialised result.
  bool default_value = false;
  /// A worker has died under it: no other body begins beside it, so that the next death would be its own.
  bool alone = false;
  static constexpr std::tuple fields{
      &RunTask::worker,      &RunTask::id,         &RunTask::attempt,       &RunTask::payload,
      &RunTask::options,     &RunTask::inputs,     &RunTask::rank,          &RunTask::wanted,
      &RunTask::keep_inputs, &RunTask::on_failure, &RunTask::default_value, &RunTask::alone};
  bool operator==(const RunTask&) const = default;
};

/// Nobody wants it any more: do not start it, ask a running body to stop, keep nothing. Answered by
/// `TaskStopped`, always: at once, or when the body has ended.
struct CancelTask {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&CancelTask::worker, &CancelTask::id, &CancelTask::attempt};
  bool operator==(const CancelTask&) const = default;
};

/// Give it up if it has not begun. Answered by `TaskRevoked`, always.
struct RevokeTask {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&RevokeTask::worker, &RevokeTask::id, &RevokeTask::attempt};
  bool operator==(const RevokeTask&) const = default;
};

/// Drop the value if it is of this version or an earlier one. Not answered.
struct FreeValue {
  WorkerId worker{};
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&FreeValue::worker, &FreeValue::id, &FreeValue::version};
  bool operator==(const FreeValue&) const = default;
};

/// Get a copy from a peer. Answered by `ValueAdded` or `FetchFailed`.
struct FetchValue {
  WorkerId worker{};
  Input value = {};
  static constexpr std::tuple fields{&FetchValue::worker, &FetchValue::value};
  bool operator==(const FetchValue&) const = default;
};

/// The worker is retired and holds nothing that is needed: let it end.
struct CloseWorker {
  WorkerId worker{};
  static constexpr std::tuple fields{&CloseWorker::worker};
  bool operator==(const CloseWorker&) const = default;
};

/// End the process by force and start another: a restart, of all or of this one, or a forced cancellation. For its agent.
/// `WorkerLost` follows.
struct ReplaceWorker {
  WorkerId worker{};
  static constexpr std::tuple fields{&ReplaceWorker::worker};
  bool operator==(const ReplaceWorker&) const = default;
};

/// This id is no (longer a) member, though something arrived from it: close the connection. The process may
/// join again under a new id after dropping all it has. Also sent when the scheduler itself gives up on a
/// silent worker.
struct FenceWorker {
  WorkerId worker{};
  static constexpr std::tuple fields{&FenceWorker::worker};
  bool operator==(const FenceWorker&) const = default;
};

// ---- to clients

/// The value is there, at these workers, or right here. Sent once for each task that is `wanted`, and again
/// after `ValueUnavailable`.
struct TaskDone {
  ClientId client{};
  Input value = {};
  Payload inline_value = {};
  static constexpr std::tuple fields{&TaskDone::client, &TaskDone::value, &TaskDone::inline_value};
  bool operator==(const TaskDone&) const = default;
};

/// There is and will be no value. `failure->kind` tells cancelled from failed.
struct TaskEnded {
  ClientId client{};
  TaskId id{};
  FailureRef failure = {};
  static constexpr std::tuple fields{&TaskEnded::client, &TaskEnded::id, &TaskEnded::failure};
  bool operator==(const TaskEnded&) const = default;
};

/// Push the scattered value to this worker. Sent again, with another worker, if that one is lost before it
/// has it.
struct PlaceValue {
  ClientId client{};
  TaskId id{};
  WorkerId worker{};
  static constexpr std::tuple fields{&PlaceValue::client, &PlaceValue::id, &PlaceValue::worker};
  bool operator==(const PlaceValue&) const = default;
};

/// Those of the tasks asked for that are stored now, with all who hold them, and those whose body is at work.
struct Located {
  ClientId client{};
  RequestId request{};
  std::vector<Input> values = {};
  std::vector<TaskId> running = {};
  static constexpr std::tuple fields{&Located::client, &Located::request, &Located::values,
                                     &Located::running};
  bool operator==(const Located&) const = default;
};

/// What was asked for has been done, or `error` says why it is not.
struct RequestDone {
  std::optional<ClientId> client = {};
  RequestId request{};
  std::string error = {};
  static constexpr std::tuple fields{&RequestDone::client, &RequestDone::request, &RequestDone::error};
  bool operator==(const RequestDone&) const = default;
};

// ---- to the journal, if there is one (`Settings::journal`): `TaskRan`, `TaskGone`, `TaskTried` and `OnceGiven` of facts.h. What comes
// behind an `OnceGiven` is carried out when that is safely kept.

using Action =
    std::variant<RunTask, CancelTask, RevokeTask, FreeValue, FetchValue, CloseWorker, ReplaceWorker,
                 FenceWorker, TaskDone, TaskEnded, PlaceValue, Located, RequestDone, TaskRan, TaskGone, OnceGiven,
                 TaskTried>;

}  // namespace dflow::core
