// What travels on the connections to the scheduler: the core's own events and actions, and little more. Each message of a
// batch is one of these variants, as runtime/core/codec.h writes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/audience.h"
#include "runtime/core/actions.h"
#include "runtime/core/codec.h"
#include "runtime/core/events.h"
#include "runtime/core/worker_actions.h"

namespace dflow::cluster {

/// Who a worker is, and where it gives its values away; said of each before it is named as a holder.
struct PeerJoined {
  core::WorkerId worker{};
  std::string name = {};
  std::string address = {};
  std::string host = {};
  std::int64_t pid = 0;
  std::int32_t threads = 1;
  std::map<std::string, double> resources = {};
  static constexpr std::tuple fields{&PeerJoined::worker, &PeerJoined::name,    &PeerJoined::address,  &PeerJoined::host,
                                     &PeerJoined::pid,    &PeerJoined::threads, &PeerJoined::resources};
};
struct PeerLeft {
  core::WorkerId worker{};
  static constexpr std::tuple fields{&PeerLeft::worker};
};

/// Whole lines that a worker printed.
struct Printed {
  std::string worker = {};
  bool is_error = false;
  std::string text = {};
  std::uint64_t left_out = 0;  ///< Not 0: it says that so many bytes were left out before.
  Audience clients = {};  ///< On their way; not told to these.
  static constexpr std::tuple fields{&Printed::worker, &Printed::is_error, &Printed::text, &Printed::left_out};
};

/// The client has no more tasks and asks whether the tasks that its tasks submitted have ended; answered by `AllEnded`.
struct EndAwaited {
  static constexpr std::tuple<> fields{};
};
struct AllEnded {
  static constexpr std::tuple<> fields{};
};

/// Has all that was said before been heard? Answered by the same.
struct Sync {
  static constexpr std::tuple<> fields{};
};

/// From a client: each worker of now and later runs this task once, before others. Answered by `SetUpEnded`.
struct SetUpRequested {
  core::ClientId client{};
  core::RequestId request{};
  std::string task = {};
  bool again = false;  ///< To a scheduler that does not know of it: the workers of then have run it.
  static constexpr std::tuple fields{&SetUpRequested::client, &SetUpRequested::request, &SetUpRequested::task,
                                     &SetUpRequested::again};
};
/// It has run in all the workers of then, or failed in one, and is not run in others.
struct SetUpEnded {
  core::RequestId request{};
  std::string worker = {};     ///< Where it failed.
  std::string exception = {};  ///< Empty: it did not.
  static constexpr std::tuple fields{&SetUpEnded::request, &SetUpEnded::worker, &SetUpEnded::exception};
};
/// To a worker: run this now. Answered by `SetUpDone`.
struct SetUp {
  std::uint64_t number = 0;
  std::string task = {};
  bool required = false;  ///< The worker has just come, and is of no use if this fails.
  static constexpr std::tuple fields{&SetUp::number, &SetUp::task, &SetUp::required};
};
struct SetUpDone {
  std::uint64_t number = 0;
  std::string exception = {};
  static constexpr std::tuple fields{&SetUpDone::number, &SetUpDone::exception};
};

/// From a client: these workers run this now, beside their tasks. Each is answered for by a `CallEnded`, then all by `RequestDone`.
struct CallRequested {
  core::ClientId client{};
  core::RequestId request{};
  std::vector<core::WorkerId> workers = {};
  std::string task = {};
  static constexpr std::tuple fields{&CallRequested::client, &CallRequested::request, &CallRequested::workers,
                                     &CallRequested::task};
};
/// To a worker. Answered by `CallDone`.
struct Call {
  std::uint64_t number = 0;
  std::string task = {};
  static constexpr std::tuple fields{&Call::number, &Call::task};
};
struct CallDone {
  std::uint64_t number = 0;
  std::string value = {};
  std::string exception = {};  ///< Empty: it threw none.
  static constexpr std::tuple fields{&CallDone::number, &CallDone::value, &CallDone::exception};
};
struct CallEnded {
  core::RequestId request{};
  core::WorkerId worker{};
  bool lost = false;  ///< The worker, before it had answered.
  std::string value = {};
  std::string exception = {};
  static constexpr std::tuple fields{&CallEnded::request, &CallEnded::worker, &CallEnded::lost, &CallEnded::value,
                                     &CallEnded::exception};
};

/// From a client, and on to the workers: what they run from now on is to be told, for a trace.
struct TraceWanted {
  static constexpr std::tuple<> fields{};
};
/// A task that a traced body submitted.
struct TracedTask {
  core::TaskId id{};
  std::string name = {};
  std::string file = {};
  std::int32_t line = 0;
  std::vector<core::TaskId> inputs = {};
  static constexpr std::tuple fields{&TracedTask::id, &TracedTask::name, &TracedTask::file, &TracedTask::line,
                                     &TracedTask::inputs};
};
/// From a worker, on to the client: a body has run. Arrives before its end is told.
struct Traced {
  core::TaskId id{};
  std::string worker = {};
  std::int64_t start = 0;     ///< Nanoseconds since the epoch of the system's clock.
  std::int64_t duration = 0;  ///< Nanoseconds.
  std::uint32_t thread = 0;
  std::uint64_t bytes = 0;
  bool returned = false;      ///< It did not throw.
  std::vector<TracedTask> submitted = {};
  static constexpr std::tuple fields{&Traced::id,     &Traced::worker, &Traced::start,    &Traced::duration,
                                     &Traced::thread, &Traced::bytes,  &Traced::returned, &Traced::submitted};
};

/// To a worker: several at once, in order, so that what they have in common is said once.
struct RunTasks {
  std::vector<core::RunTask> tasks = {};
  static constexpr std::tuple fields{&RunTasks::tasks};
};

/// The journal has the client's first so many messages of the kinds that it keeps.
struct Kept {
  std::uint64_t messages = 0;
  static constexpr std::tuple fields{&Kept::messages};
};
/// There is no journal any more: what the client has said need not be remembered.
struct KeptNoMore {
  static constexpr std::tuple<> fields{};
};

/// The cluster cannot serve any more, and why.
struct GivenUp {
  std::string reason = {};
  static constexpr std::tuple fields{&GivenUp::reason};
};

template <class Variant, class... More>
struct Extended;
template <class... T, class... More>
struct Extended<std::variant<T...>, More...> {
  using type = std::variant<T..., More...>;
};

using FromWorker = Extended<core::Report, SetUpDone, Traced, core::WorkerReturned, CallDone>::type;
/// So many bytes of what a client has said may wait to be taken by the scheduler, or to be written down there; who submits more waits.
/// One task may have half as many.
inline constexpr std::size_t kMostAhead = 64 << 20;
/// The first four are what a journal keeps, at the places that they have in core::Fact.
inline constexpr std::size_t kKeptMessages = 4;
using FromClient =
    std::variant<core::TasksSubmitted, core::ValueScattered, core::TasksReleased, core::TasksCancelled,
                 core::ValueUnavailable, core::LocateRequested, core::ReplicateRequested, core::RebalanceRequested,
                 core::RetireRequested, core::RestartRequested, SetUpRequested, TraceWanted, EndAwaited, Sync, FilesOffered, Piece,
                 CallRequested, core::ReplaceRequested>;
using ToWorker = std::variant<core::RunTask, core::CancelTask, core::RevokeTask, core::FreeValue, core::FetchValue,
                              core::CloseWorker, core::FenceWorker, PeerJoined, PeerLeft, SetUp, TraceWanted, RunTasks, Call>;
using ToClient = std::variant<core::TaskDone, core::TaskEnded, core::PlaceValue, core::Located, core::RequestDone,
                              PeerJoined, PeerLeft, Printed, SetUpEnded, Traced, AllEnded, Sync, GivenUp, FilesWanted,
                              PieceWanted, Kept, KeptNoMore, CallEnded>;

}  // namespace dflow::cluster
