#pragma once

#include <string>
#include <vector>

#include "formats/plan.h"
#include "formats/result.h"

namespace dflow::tools {

/// The plan inside a program that can be started.
formats::Result<formats::Plan> plan_of(const std::string& program);

/// The name that a graph's skeleton is started by.
std::string entry_of(const formats::Graph& graph);

/// A graph, and the settings of its parameters.
struct Choice {
  formats::Graph graph;
  std::vector<std::string> settings;
};

/// The first of several overloads or instantiations that takes the parameters; any of them by its entry's
/// name.
formats::Result<Choice> choose(const formats::Plan& plan, const std::string& name,
                               const std::vector<std::string>& parameters);

}  // namespace dflow::tools
