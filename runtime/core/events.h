// What the scheduler is told: everything that can change its state. One scheduler serves one program (a build
// id) and any number of its clients and workers; programs share nothing but hosts.
//
// Order: what one sender says arrives in the order in which it was said; different senders are not ordered.
// Trust: `apply` answers a late or impossible report with an action or not at all and never believes it;
// drivers need not filter. They do check that a client speaks of itself only (`client` and `worker` are the
// connection's).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/core/facts.h"
#include "runtime/core/task_spec.h"

namespace dflow::core {

/// The only source of time. Drivers send it at least every `Settings::tick`.
struct Tick {
  Time now{};
  static constexpr std::tuple fields{&Tick::now};
  bool operator==(const Tick&) const = default;
};

// ---- from clients

struct ClientJoined {
  ClientId client{};
  /// The worker whose tasks submit through this client; it ends with that worker.
  std::optional<WorkerId> inside = {};
  static constexpr std::tuple fields{&ClientJoined::client, &ClientJoined::inside};
  bool operator==(const ClientJoined&) const = default;
};

/// It said goodbye, or its connection is gone. Its tasks are cancelled, those to be forgotten about aside,
/// and its values freed.
struct ClientLeft {
  ClientId client{};
  static constexpr std::tuple fields{&ClientLeft::client};
  bool operator==(const ClientLeft&) const = default;
};

struct TasksSubmitted {
  ClientId client{};
  std::vector<TaskSpec> tasks = {};
  static constexpr std::tuple fields{&TasksSubmitted::client, &TasksSubmitted::tasks};
  bool operator==(const TasksSubmitted&) const = default;
};

/// The client has a value for the cluster to keep. Answered by `PlaceValue`; the client pushes the value to
/// that worker, which reports `ValueAdded`. The client keeps it until it is told `TaskDone`.
struct ValueScattered {
  ClientId client{};
  TaskId id{};
  std::uint64_t bytes = 0;
  std::uint16_t copies = 1;               ///< On so many workers, or on all, if there are fewer.
  std::vector<std::string> workers = {};  ///< Names or hosts; empty: any.
  std::string what = {};                  ///< For people: its type.
  static constexpr std::tuple fields{&ValueScattered::client, &ValueScattered::id,      &ValueScattered::bytes,
                                     &ValueScattered::copies, &ValueScattered::workers, &ValueScattered::what};
  bool operator==(const ValueScattered&) const = default;
};

/// No future of these is left at the client.
struct TasksReleased {
  ClientId client{};
  std::vector<TaskId> tasks = {};
  static constexpr std::tuple fields{&TasksReleased::client, &TasksReleased::tasks};
  bool operator==(const TasksReleased&) const = default;
};

/// The client has decided that these are cancelled, and tells nobody their result. Tasks that need them fail
/// as cancelled. With `force`, a worker that runs one is replaced, also where it runs on after it was cancelled or had
/// failed for its time limit.
struct TasksCancelled {
  ClientId client{};
  std::vector<TaskId> tasks = {};
  bool force = false;
  static constexpr std::tuple fields{&TasksCancelled::client, &TasksCancelled::tasks, &TasksCancelled::force};
  bool operator==(const TasksCancelled&) const = default;
};

/// The client asked `worker` for a value and did not get it. It is told `TaskDone` once more when the value
/// is to be had, from another worker or computed again.
struct ValueUnavailable {
  ClientId client{};
  TaskId id{};
  Attempt version{};
  WorkerId worker{};
  bool gone = false;  ///< The worker answered that it has no such value; else it could not be reached.
  std::string reason = {};  ///< Of a scattered value: why that worker does not take it.
  static constexpr std::tuple fields{&ValueUnavailable::client,  &ValueUnavailable::id,
                                     &ValueUnavailable::version, &ValueUnavailable::worker,
                                     &ValueUnavailable::gone,    &ValueUnavailable::reason};
  bool operator==(const ValueUnavailable&) const = default;
};

/// Where are these, and are they at work? Answered by `Located` at once. For `who_has`, and for
/// `Future::running`.
struct LocateRequested {
  ClientId client{};
  RequestId request{};
  std::vector<TaskId> tasks = {};
  static constexpr std::tuple fields{&LocateRequested::client, &LocateRequested::request,
                                     &LocateRequested::tasks};
  bool operator==(const LocateRequested&) const = default;
};

/// Bring each to `copies` workers, now and whenever one is lost. Answered by `RequestDone` when it is so.
struct ReplicateRequested {
  ClientId client{};
  RequestId request{};
  std::vector<TaskId> tasks = {};
  std::uint16_t copies = 2;
  static constexpr std::tuple fields{&ReplicateRequested::client, &ReplicateRequested::request,
                                     &ReplicateRequested::tasks, &ReplicateRequested::copies};
  bool operator==(const ReplicateRequested&) const = default;
};

/// Move values from workers that hold much to workers that hold little. Answered by `RequestDone`.
struct RebalanceRequested {
  ClientId client{};
  RequestId request{};
  static constexpr std::tuple fields{&RebalanceRequested::client, &RebalanceRequested::request};
  bool operator==(const RebalanceRequested&) const = default;
};

/// Give these no more tasks, bring what only they hold elsewhere, then let them go (`CloseWorker`). Answered
/// by `RequestDone` when all are gone. From a client, or from whoever scales the cluster down (then `client`
/// is empty).
struct RetireRequested {
  std::optional<ClientId> client = {};
  RequestId request{};
  std::vector<WorkerId> workers = {};
  static constexpr std::tuple fields{&RetireRequested::client, &RetireRequested::request,
                                     &RetireRequested::workers};
  bool operator==(const RetireRequested&) const = default;
};

/// Cancel all that this client and the clients inside its tasks have, and replace every worker. Answered by
/// `RequestDone` when all the workers of then are gone.
struct RestartRequested {
  ClientId client{};
  RequestId request{};
  static constexpr std::tuple fields{&RestartRequested::client, &RestartRequested::request};
  bool operator==(const RestartRequested&) const = default;
};

/// Replace these, and cancel nothing: what they run and hold is run and made elsewhere. Answered by `RequestDone` when they are
/// gone.
struct ReplaceRequested {
  ClientId client{};
  RequestId request{};
  std::vector<WorkerId> workers = {};
  static constexpr std::tuple fields{&ReplaceRequested::client, &ReplaceRequested::request,
                                     &ReplaceRequested::workers};
  bool operator==(const ReplaceRequested&) const = default;
};

// ---- from workers and those who watch them

struct WorkerJoined {
  WorkerId worker{};
  std::string name = {};  ///< Given by people, and kept through restarts.
  std::string host = {};
  Payload address = {};  ///< Where its peers and clients find it.
  std::uint16_t threads = 1;
  std::uint64_t memory = 0;  ///< Bytes it may hold; 0: no bound.
  std::map<std::string, double> resources = {};
  static constexpr std::tuple fields{&WorkerJoined::worker,   &WorkerJoined::name,    &WorkerJoined::host,
                                     &WorkerJoined::address,  &WorkerJoined::threads, &WorkerJoined::memory,
                                     &WorkerJoined::resources};
  bool operator==(const WorkerJoined&) const = default;
};

/// It is gone: its process ended, its connection broke, it said goodbye. The agent says what ran in it if it
/// knows; else the tasks that were started there (`TaskStarted`) take the blame. What was only on its way takes
/// none.
struct WorkerLost {
  WorkerId worker{};
  WorkerEnd end = {};
  std::optional<std::vector<TaskId>> running = {};
  static constexpr std::tuple fields{&WorkerLost::worker, &WorkerLost::end, &WorkerLost::running};
  bool operator==(const WorkerLost&) const = default;
};

/// Sent by workers at least every `Settings::heartbeat`. One that is silent for `Settings::silence` is given
/// up.
struct Heartbeat {
  WorkerId worker{};
  std::uint64_t memory = 0;   ///< Bytes of its process, or of its values if that is not measured.
  bool paused = false;        ///< Memory is short: give it nothing, unless nobody else can take it.
  std::uint64_t spilled = 0;  ///< Bytes of its values that are on the disk alone.
  std::uint64_t limit = 0;    ///< Bytes that it may have in memory; 0: no bound.
  static constexpr std::tuple fields{&Heartbeat::worker, &Heartbeat::memory, &Heartbeat::paused,
                                     &Heartbeat::spilled, &Heartbeat::limit};
  bool operator==(const Heartbeat&) const = default;
};

/// A body is about to run. May be left out where the agent can tell what ran in a worker that died.
struct TaskStarted {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&TaskStarted::worker, &TaskStarted::id, &TaskStarted::attempt};
  bool operator==(const TaskStarted&) const = default;
};

/// A body waits for other tasks and has given its thread away; and: it has a thread again.
struct TaskSuspended {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&TaskSuspended::worker, &TaskSuspended::id, &TaskSuspended::attempt};
  bool operator==(const TaskSuspended&) const = default;
};
struct TaskResumed {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&TaskResumed::worker, &TaskResumed::id, &TaskResumed::attempt};
  bool operator==(const TaskResumed&) const = default;
};

/// The value is in the worker's store.
struct TaskFinished {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  std::uint64_t bytes = 0;
  Duration run_time{};
  /// The value itself, if it is small and `RunTask::wanted` was set: passed on to the client, and not kept.
  Payload value = {};
  static constexpr std::tuple fields{&TaskFinished::worker, &TaskFinished::id,       &TaskFinished::attempt,
                                     &TaskFinished::bytes,  &TaskFinished::run_time, &TaskFinished::value};
  bool operator==(const TaskFinished&) const = default;
};

/// The body threw, or ran out of its time.
struct TaskFailed {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  FailureRef failure = {};
  bool retry = true;  ///< May be tried again, if the task has retries left.
  bool runs_on = false;  ///< The body has not ended: `TaskStopped` follows when it has.
  static constexpr std::tuple fields{&TaskFailed::worker,  &TaskFailed::id,    &TaskFailed::attempt,
                                     &TaskFailed::failure, &TaskFailed::retry, &TaskFailed::runs_on};
  bool operator==(const TaskFailed&) const = default;
};

/// One value that a worker could not get from a peer.
struct MissingInput {
  TaskId id{};
  Attempt version{};
  WorkerId holder{};
  bool gone = false;  ///< The peer answered that it has no such value; else it could not be reached.
  std::string reason = {};  ///< Not empty: it is there, and this is why it could not be taken.
  static constexpr std::tuple fields{&MissingInput::id, &MissingInput::version, &MissingInput::holder,
                                     &MissingInput::gone, &MissingInput::reason};
  bool operator==(const MissingInput&) const = default;
};

/// The worker gives a task back that it could not get the inputs of. It keeps nothing of it.
struct TaskReturned {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  std::vector<MissingInput> missing = {};
  static constexpr std::tuple fields{&TaskReturned::worker, &TaskReturned::id, &TaskReturned::attempt,
                                     &TaskReturned::missing};
  bool operator==(const TaskReturned&) const = default;
};

/// The answer to `RevokeTask`: the worker has given it up, or it had begun (or was done) and keeps it.
struct TaskRevoked {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  bool given_up = false;
  static constexpr std::tuple fields{&TaskRevoked::worker, &TaskRevoked::id, &TaskRevoked::attempt,
                                     &TaskRevoked::given_up};
  bool operator==(const TaskRevoked&) const = default;
};

/// The answer to `CancelTask`, always, and what follows a `TaskFailed` whose body ran on: it has ended, had not begun, or is not known
/// there. Until then it has a thread of the worker's, and what it asked for.
struct TaskStopped {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&TaskStopped::worker, &TaskStopped::id, &TaskStopped::attempt};
  bool operator==(const TaskStopped&) const = default;
};

/// The worker holds a value that it did not make: from a peer, or from a client (`version` 0). If it is not
/// welcome (any more), the answer is `FreeValue`.
struct ValueAdded {
  WorkerId worker{};
  TaskId id{};
  Attempt version{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&ValueAdded::worker, &ValueAdded::id, &ValueAdded::version,
                                     &ValueAdded::bytes};
  bool operator==(const ValueAdded&) const = default;
};

/// The worker has lost or dropped a value.
struct ValueRemoved {
  WorkerId worker{};
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&ValueRemoved::worker, &ValueRemoved::id, &ValueRemoved::version};
  bool operator==(const ValueRemoved&) const = default;
};

/// The answer to `FetchValue` when it came to nothing (when it worked: `ValueAdded`).
struct FetchFailed {
  WorkerId worker{};
  MissingInput missing = {};
  static constexpr std::tuple fields{&FetchFailed::worker, &FetchFailed::missing};
  bool operator==(const FetchFailed&) const = default;
};

// ---- after the scheduler was killed, from its journal and from those who come back

/// The first event of a scheduler that takes a killed one's place, after the first `Tick`. What the journal says follows:
/// `WorkerAwaited`, `ClientAwaited` and, as they were, `TasksSubmitted`, `ValueScattered`, `TasksReleased` and `ClientLeft`;
/// `TaskRan`, `TaskGone`, `TaskTried` and `OnceGiven`; then `JournalRead`. Until all the workers are back, or `Settings::recovery` has passed,
/// everything else waits and nothing is decided.
struct RecoveryBegan {
  static constexpr std::tuple<> fields{};
  bool operator==(const RecoveryBegan&) const = default;
};
struct WorkerAwaited {
  WorkerId worker{};
  static constexpr std::tuple fields{&WorkerAwaited::worker};
  bool operator==(const WorkerAwaited&) const = default;
};
struct ClientAwaited {
  ClientId client{};
  std::optional<WorkerId> inside = {};
  static constexpr std::tuple fields{&ClientAwaited::client, &ClientAwaited::inside};
  bool operator==(const ClientAwaited&) const = default;
};
struct JournalRead {
  static constexpr std::tuple<> fields{};
  bool operator==(const JournalRead&) const = default;
};

/// What a worker has in its store.
struct HeldValue {
  TaskId id{};
  Attempt version{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&HeldValue::id, &HeldValue::version, &HeldValue::bytes};
  bool operator==(const HeldValue&) const = default;
};
/// A task that a worker was given and has not ended.
struct HeldTask {
  TaskId id{};
  Attempt attempt{};
  bool started = false;
  bool suspended = false;
  bool stopping = false;  ///< It has been cancelled, or has failed for its time limit, and its body runs on.
  std::map<std::string, double> resources = {};  ///< That it asked for.
  static constexpr std::tuple fields{&HeldTask::id,        &HeldTask::attempt,  &HeldTask::started,
                                     &HeldTask::suspended, &HeldTask::stopping, &HeldTask::resources};
  bool operator==(const HeldTask&) const = default;
};
/// A worker that was awaited is back, and says what it holds and runs.
struct WorkerReturned {
  WorkerJoined self = {};
  std::vector<HeldValue> values = {};
  std::vector<HeldTask> tasks = {};
  static constexpr std::tuple fields{&WorkerReturned::self, &WorkerReturned::values, &WorkerReturned::tasks};
  bool operator==(const WorkerReturned&) const = default;
};
/// A client that was awaited is back. It is told the ends of its tasks once more.
struct ClientReturned {
  ClientId client{};
  /// So many of its next messages, of those that a journal keeps, may have been taken up before they were lost.
  std::uint64_t again = 0;
  static constexpr std::tuple fields{&ClientReturned::client, &ClientReturned::again};
  bool operator==(const ClientReturned&) const = default;
};

/// Whoever drives the scheduler could not give the task to its worker, which knows nothing of it.
struct TaskNotGiven {
  WorkerId worker{};
  TaskId id{};
  Attempt attempt{};
  std::string why = {};
  static constexpr std::tuple fields{&TaskNotGiven::worker, &TaskNotGiven::id, &TaskNotGiven::attempt, &TaskNotGiven::why};
  bool operator==(const TaskNotGiven&) const = default;
};

using Event = std::variant<Tick, ClientJoined, ClientLeft, TasksSubmitted, ValueScattered, TasksReleased,
                           TasksCancelled, ValueUnavailable, LocateRequested, ReplicateRequested,
                           RebalanceRequested, RetireRequested, RestartRequested, WorkerJoined, WorkerLost,
                           Heartbeat, TaskStarted, TaskSuspended, TaskResumed, TaskFinished, TaskFailed,
                           TaskReturned, TaskRevoked, ValueAdded, ValueRemoved, FetchFailed, RecoveryBegan, WorkerAwaited,
                           ClientAwaited, TaskRan, TaskGone, OnceGiven, JournalRead, WorkerReturned, ClientReturned,
                           TaskTried, TaskStopped, ReplaceRequested, TaskNotGiven>;

}  // namespace dflow::core
