// What has to be known of a scheduler's life after it was killed. Where values are is not among it: workers tell that.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <variant>

#include "runtime/core/task_spec.h"

namespace dflow::core {

/// Its body has returned. Whatever becomes of the value, it need not run for its own sake again.
struct TaskRan {
  TaskId id{};
  Attempt attempt{};
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&TaskRan::id, &TaskRan::attempt, &TaskRan::bytes};
  bool operator==(const TaskRan&) const = default;
};

/// There is and will be no value.
struct TaskGone {
  TaskId id{};
  FailureRef failure = {};          ///< Null: that of the task `like`, which was told of before.
  std::optional<TaskId> like = {};
  static constexpr std::tuple fields{&TaskGone::id, &TaskGone::failure, &TaskGone::like};
  bool operator==(const TaskGone&) const = default;
};

/// A task that may run once only is about to be given to a worker; or it is certain again that it has not begun.
struct OnceGiven {
  TaskId id{};
  bool given = true;
  static constexpr std::tuple fields{&OnceGiven::id, &OnceGiven::given};
  bool operator==(const OnceGiven&) const = default;
};

/// It has to run again: its body threw, or a worker died under it. What is left, and what has been counted.
struct TaskTried {
  TaskId id{};
  std::uint16_t retries = 0;    ///< That are left.
  std::uint16_t suspicion = 0;  ///< For workers that died while they ran it.
  std::uint8_t losses = 0;      ///< Workers that died before they had begun it.
  static constexpr std::tuple fields{&TaskTried::id, &TaskTried::retries, &TaskTried::suspicion, &TaskTried::losses};
  bool operator==(const TaskTried&) const = default;
};

}  // namespace dflow::core
