// What other processes did, for this one's trace.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <dflow/detail/export.h>
#include <dflow/detail/node.h>

namespace dflow::inline v0::detail {

/// A task's name and place, as traces show them.
struct TaskLine {
  std::string name;
  std::string file;  ///< Empty: unknown.
  int line = 0;
};
DFLOW_EXPORT TaskLine line_of(const Node& node);

/// A task that another process submitted; `producers` are those of its inputs that are in the trace. Returns what the trace
/// calls it, 0 if none is written.
DFLOW_EXPORT std::uint64_t trace_submitted(std::uint64_t parent, const TaskLine& line,
                                           const std::vector<std::uint64_t>& producers);

/// A run of a task elsewhere.
struct RemoteRun {
  std::string worker;
  std::chrono::system_clock::time_point start;
  std::chrono::nanoseconds duration{};
  std::uint32_t thread = 0;
  std::uint64_t bytes = 0;
};
DFLOW_EXPORT void trace_ran(std::uint64_t task, const RemoteRun& run);

}  // namespace dflow::inline v0::detail
