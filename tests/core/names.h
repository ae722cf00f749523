// Short names for the client of a test and its tasks.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/core/ids.h"

namespace dflow::core {

inline constexpr ClientId client{1};
inline TaskId task(std::uint64_t number) {
  return task_id(client, number);
}
inline std::vector<TaskId> tasks(const std::vector<std::uint64_t>& numbers) {
  std::vector<TaskId> all;
  for (const std::uint64_t number : numbers) all.push_back(task(number));
  return all;
}

}  // namespace dflow::core
