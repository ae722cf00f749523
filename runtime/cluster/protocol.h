// What travels on the connections to the scheduler: the core's own events and actions, and little more. Each message of a
// batch is one of these variants, as runtime/core/codec.h writes them.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>

#include "runtime/core/actions.h"
#include "runtime/core/codec.h"
#include "runtime/core/events.h"
#include "runtime/core/worker_actions.h"

namespace dflow::cluster {

/// Where a worker gives its values away; said of each before it is named as a holder.
struct PeerJoined {
  core::WorkerId worker{};
  std::string name = {};
  std::string address = {};
  static constexpr std::tuple fields{&PeerJoined::worker, &PeerJoined::name, &PeerJoined::address};
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
  static constexpr std::tuple fields{&Printed::worker, &Printed::is_error, &Printed::text};
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

/// The cluster cannot serve any more, and why.
struct GivenUp {
  std::string reason = {};
  static constexpr std::tuple fields{&GivenUp::reason};
};

using FromWorker = core::Report;
using FromClient =
    std::variant<core::TasksSubmitted, core::ValueScattered, core::TasksReleased, core::TasksCancelled,
                 core::ValueUnavailable, core::LocateRequested, core::ReplicateRequested, core::RebalanceRequested,
                 core::RetireRequested, core::RestartRequested, EndAwaited, Sync>;
using ToWorker = std::variant<core::RunTask, core::CancelTask, core::RevokeTask, core::FreeValue, core::FetchValue,
                              core::CloseWorker, core::FenceWorker, PeerJoined, PeerLeft>;
using ToClient = std::variant<core::TaskDone, core::TaskEnded, core::PlaceValue, core::Located, core::RequestDone,
                              PeerJoined, PeerLeft, Printed, AllEnded, Sync, GivenUp>;

}  // namespace dflow::cluster
