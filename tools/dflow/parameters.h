#pragma once

#include <string>
#include <vector>

#include "formats/plan.h"
#include "formats/result.h"

namespace dflow::tools {

/// Checks what the user gave for a graph's parameters (`n=4`, `xs.size=10`, each as on the command line)
/// against what the plan says of them: unknown names, values that are no numbers or do not fit, lengths that
/// are negative or absurd, needed ones that are missing. The same settings, once all is well.
formats::Result<std::vector<std::string>> check_parameters(const formats::Graph& graph,
                                                           const std::vector<std::string>& settings);

}  // namespace dflow::tools
