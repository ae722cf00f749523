// What a worker's brain asks of its driver. Carried out in order.
#pragma once

#include <cstdint>
#include <memory>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/core/actions.h"
#include "runtime/core/events.h"

namespace dflow::core {

/// What a worker says to the scheduler: those of the scheduler's events that come from workers.
using Report = std::variant<Heartbeat, TaskStarted, TaskSuspended, TaskResumed, TaskFinished, TaskFailed,
                            TaskReturned, TaskRevoked, ValueAdded, ValueRemoved, FetchFailed, TaskStopped>;

struct Tell {
  Report report;
  static constexpr std::tuple fields{&Tell::report};
  bool operator==(const Tell&) const = default;
};

/// Answered by `FetchSucceeded` or `FetchBroken`, always.
struct StartFetch {
  TaskId id{};
  Attempt version{};
  WorkerId from{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&StartFetch::id, &StartFetch::version, &StartFetch::from,
                                     &StartFetch::bytes};
  bool operator==(const StartFetch&) const = default;
};

/// All the inputs are in the store and a thread is free. Answered by `BodyReturned` or `BodyThrew`, always.
struct StartBody {
  TaskId id{};
  Attempt attempt{};
  Payload payload = {};
  std::shared_ptr<const TaskOptions> options = {};
  SharedList<Input> inputs = {};  ///< Those of `RunTask`.
  bool wanted = false;
  bool keep_inputs = false;
  OnFailure on_failure = OnFailure::fail;
  bool default_value = false;
  static constexpr std::tuple fields{
      &StartBody::id,          &StartBody::attempt,    &StartBody::payload,
      &StartBody::options,     &StartBody::inputs,     &StartBody::wanted,
      &StartBody::keep_inputs, &StartBody::on_failure, &StartBody::default_value};
  bool operator==(const StartBody&) const = default;
};

/// Ask a running body to stop (its `std::stop_token`). It still answers with `BodyReturned` or `BodyThrew`.
struct StopBody {
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&StopBody::id, &StopBody::attempt};
  bool operator==(const StopBody&) const = default;
};

/// A thread is free for a body that was blocked.
struct ResumeBody {
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&ResumeBody::id, &ResumeBody::attempt};
  bool operator==(const ResumeBody&) const = default;
};

/// Forget a value. Readers of it that are at work may finish.
struct DropValue {
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&DropValue::id, &DropValue::version};
  bool operator==(const DropValue&) const = default;
};

/// Write a value to the disk, and keep it in memory: that is short. Answered by `SpillEnded`, always; at once
/// if it has been written before.
struct SpillValue {
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&SpillValue::id, &SpillValue::version};
  bool operator==(const SpillValue&) const = default;
};

/// A value that is written: its memory is given back. It counts as stored all the same; the driver reads it
/// back when a body or a peer asks for it.
struct UnloadValue {
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&UnloadValue::id, &UnloadValue::version};
  bool operator==(const UnloadValue&) const = default;
};

/// Say goodbye and end.
struct Leave {
  static constexpr std::tuple<> fields{};
  bool operator==(const Leave&) const = default;
};

using WorkerAction = std::variant<Tell, StartFetch, StartBody, StopBody, ResumeBody, DropValue, SpillValue,
                                  Leave, UnloadValue>;

}  // namespace dflow::core
