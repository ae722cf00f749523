// Short names for the client of a test and its tasks.
#pragma once

#include <cstdint>

#include "runtime/core/ids.h"

namespace dflow::core {

inline constexpr ClientId client{1};
inline TaskId task(std::uint64_t number) {
  return task_id(client, number);
}

}  // namespace dflow::core
