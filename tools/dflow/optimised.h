#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/labels.h"
#include "formats/plan.h"
#include "formats/result.h"

namespace dflow::tools {

/// The tasks of a graph as a launch runs them, for checked settings ("n=4"). What runs as one task is called after its
/// calls: "open#2+close#2". Fails for graphs that are not launched.
formats::Result<formats::LabelledGraphs> expand_optimised(const formats::Graph& graph,
                                                          const std::vector<std::string>& settings,
                                                          std::uint64_t limit);

}  // namespace dflow::tools
