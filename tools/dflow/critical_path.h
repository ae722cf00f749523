#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tools/dflow/digraph.h"

namespace dflow::tools {

/// A chain of tasks that each need the one before: no number of threads makes a run shorter than that.
struct CriticalPath {
  std::vector<std::uint32_t> tasks;  ///< from the first to the last
  std::uint64_t ns = 0;              ///< what they took together
};

/// The chain that took longest; of equals, the one whose tasks come first. Edges that close a circle do not
/// count.
CriticalPath critical_path(const Digraph& graph, std::span<const std::uint64_t> ns_of_task);

}  // namespace dflow::tools
