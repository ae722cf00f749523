// Names of things, each a type of its own, so that no number stands for the wrong thing.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace dflow::core {

/// One connection of a program to the scheduler: a user's process, or a worker whose tasks submit tasks.
/// Chosen by the driver, never used twice, below 2^24.
enum class ClientId : std::uint32_t {};

/// One life of a worker process. A worker that comes back, after a crash or after it was cut off, joins under
/// a new id; whatever still arrives under the old one is refused. So the id is the fence, and there is no
/// epoch beside it.
enum class WorkerId : std::uint32_t {};

/// A task, and the value that it makes. Holds the client that submitted it, so clients choose numbers freely
/// and never meet each other's.
enum class TaskId : std::uint64_t {};

/// How often a task was given to a worker. Reports name the attempt they speak of, values the one that made
/// them (scattered values: 0); both are refused when a later attempt has taken their place.
enum class Attempt : std::uint32_t {};

/// What a task calls. Compared only: tasks of one function are expected to take as long as each other.
enum class FunctionId : std::uint64_t {};

/// A client's name for a question, given back with the answer.
enum class RequestId : std::uint64_t {};

inline constexpr int task_number_bits = 40;
inline constexpr std::uint64_t max_task_number = (std::uint64_t{1} << task_number_bits) - 1;
inline constexpr std::uint32_t max_client = (std::uint32_t{1} << (64 - task_number_bits)) - 1;

/// The task a client calls `number`. Clients should count upwards without gaps: the scheduler's table of
/// tasks is an array in pages, and a page costs 4 KiB.
constexpr TaskId task_id(ClientId client, std::uint64_t number) {
  return TaskId{(std::uint64_t{static_cast<std::uint32_t>(client)} << task_number_bits) | number};
}
constexpr ClientId client_of(TaskId id) {
  return ClientId{static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> task_number_bits)};
}
constexpr std::uint64_t number_of(TaskId id) {
  return static_cast<std::uint64_t>(id) & max_task_number;
}

/// Time as the drivers tell it: nanoseconds since any origin. It has no `now()`: nothing in here can ask.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};
using Time = Clock::time_point;
using Duration = Clock::duration;

}  // namespace dflow::core
