#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/labels.h"
#include "formats/recording.h"
#include "formats/result.h"

namespace dflow::tools {

/// Which graph's skeleton is to run, in which program.
struct DryRun {
  std::string program;
  std::string graph;
  std::string entry;                  ///< the name its skeleton is started by
  std::vector<std::string> settings;  ///< NAME=VALUE, checked
  std::uint64_t limit = 0;            ///< of tasks
};

/// What a skeleton wrote down, and the one graph of it that was asked for.
struct Expanded {
  formats::Recording recording;
  formats::LabelledGraphs graphs;
};

/// Runs the skeleton of a graph: the program is started, the runtime inside takes over before `main`, runs
/// the graph function with an executor that only writes down what is submitted, and ends.
formats::Result<Expanded> run_skeleton(const DryRun& run);

}  // namespace dflow::tools
