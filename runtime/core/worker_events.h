// What a worker's brain is told: the scheduler's requests as they are (actions.h), and what its driver saw.
// The driver holds the values and runs the bodies; the brain knows of both by name only.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>

#include "runtime/core/actions.h"
#include "runtime/core/events.h"

namespace dflow::core {

/// A value from a peer, asked for by `StartFetch`, is in the store.
struct FetchSucceeded {
  TaskId id{};
  Attempt version{};
  WorkerId from{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&FetchSucceeded::id, &FetchSucceeded::version, &FetchSucceeded::from,
                                     &FetchSucceeded::bytes};
  bool operator==(const FetchSucceeded&) const = default;
};

/// The peer has no such value (`gone`), could not be reached, or there is a `reason` not to take it. Drivers give up on a peer after a time of
/// their own.
struct FetchBroken {
  TaskId id{};
  Attempt version{};
  WorkerId from{};
  bool gone = false;
  std::string reason = {};
  static constexpr std::tuple fields{&FetchBroken::id, &FetchBroken::version, &FetchBroken::from,
                                     &FetchBroken::gone, &FetchBroken::reason};
  bool operator==(const FetchBroken&) const = default;
};

/// A client or a peer has put a value into the store unasked.
struct ValuePushed {
  TaskId id{};
  Attempt version{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&ValuePushed::id, &ValuePushed::version, &ValuePushed::bytes};
  bool operator==(const ValuePushed&) const = default;
};

/// A value was lost from the store: its bytes on the disk are damaged.
struct ValueSpoilt {
  TaskId id{};
  Attempt version{};
  static constexpr std::tuple fields{&ValueSpoilt::id, &ValueSpoilt::version};
  bool operator==(const ValueSpoilt&) const = default;
};

/// A body returned and its value is in the store, as version `attempt`.
struct BodyReturned {
  TaskId id{};
  Attempt attempt{};
  std::uint64_t bytes = 0;
  Duration run_time{};
  Payload value = {};  ///< The value, if it is small and wanted.
  static constexpr std::tuple fields{&BodyReturned::id, &BodyReturned::attempt, &BodyReturned::bytes,
                                     &BodyReturned::run_time, &BodyReturned::value};
  bool operator==(const BodyReturned&) const = default;
};

/// A body threw, or its arguments could not be read.
struct BodyThrew {
  TaskId id{};
  Attempt attempt{};
  FailureRef failure = {};
  bool retry = true;
  static constexpr std::tuple fields{&BodyThrew::id, &BodyThrew::attempt, &BodyThrew::failure,
                                     &BodyThrew::retry};
  bool operator==(const BodyThrew&) const = default;
};

/// A body has run for longer than its time limit, and runs on. `BodyReturned` or `BodyThrew` follows when it has ended.
struct BodyTimedOut {
  TaskId id{};
  Attempt attempt{};
  FailureRef failure = {};
  static constexpr std::tuple fields{&BodyTimedOut::id, &BodyTimedOut::attempt, &BodyTimedOut::failure};
  bool operator==(const BodyTimedOut&) const = default;
};

/// A body waits for other tasks and has given its thread away.
struct BodyBlocked {
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&BodyBlocked::id, &BodyBlocked::attempt};
  bool operator==(const BodyBlocked&) const = default;
};

/// What it waited for is there. It goes on when it is told `ResumeBody`.
struct BodyUnblocked {
  TaskId id{};
  Attempt attempt{};
  static constexpr std::tuple fields{&BodyUnblocked::id, &BodyUnblocked::attempt};
  bool operator==(const BodyUnblocked&) const = default;
};

/// What became of a `SpillValue`.
struct SpillEnded {
  enum class How : std::uint8_t {
    written,
    unwritable,  ///< Values of this type have no bytes: it stays in memory for good.
    no_room,     ///< The disk is full, or fails.
  };
  TaskId id{};
  Attempt version{};
  How how = How::written;
  static constexpr std::tuple fields{&SpillEnded::id, &SpillEnded::version, &SpillEnded::how};
  bool operator==(const SpillEnded&) const = default;
};

/// A body did not begin: this input of it was lost from the store, which was told (`ValueSpoilt`) before.
struct BodyUnstarted {
  TaskId id{};
  Attempt attempt{};
  TaskId input{};
  Attempt version{};
  static constexpr std::tuple fields{&BodyUnstarted::id, &BodyUnstarted::attempt, &BodyUnstarted::input,
                                     &BodyUnstarted::version};
  bool operator==(const BodyUnstarted&) const = default;
};

/// What the process has in memory now, without what is about to be told as a value. Where memory is bounded,
/// with every `Tick`.
struct MemoryMeasured {
  std::uint64_t bytes = 0;
  std::uint64_t share = 0;  ///< That it may have from now on, where its limit is a share of the machine's; 0: as before.
  static constexpr std::tuple fields{&MemoryMeasured::bytes, &MemoryMeasured::share};
  bool operator==(const MemoryMeasured&) const = default;
};

using WorkerEvent =
    std::variant<Tick, RunTask, CancelTask, RevokeTask, FreeValue, FetchValue, CloseWorker, FetchSucceeded,
                 FetchBroken, ValuePushed, ValueSpoilt, BodyReturned, BodyThrew, BodyBlocked, BodyUnblocked,
                 SpillEnded, BodyUnstarted, MemoryMeasured, BodyTimedOut>;

}  // namespace dflow::core
