#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "formats/labels.h"
#include "formats/result.h"
#include "tools/dflow/inputs.h"

namespace dflow::tools {

/// What a comparison found. Graphs are equal if there are no differences.
struct Comparison {
  std::vector<std::string> compared;     ///< "heat/0: 12 tasks, 15 edges"
  std::vector<std::string> differences;  ///< the first ones, one a line
  std::size_t count = 0;                 ///< of all differences
  std::vector<std::string> notes;        ///< what was not compared
};

/// One side of a comparison. `whole`: all that a program ran, so that a graph it lacks was not there.
struct Side {
  formats::LabelledGraphs graphs;
  bool whole = false;
};

/// Compares the tasks and edges of each graph of `a` with those of `b`, by label. Where a graph of `a` has
/// boundaries, all of its tasks must be in `b`, with the same edges among them; elsewhere the two must be
/// equal. An expanded graph is compared with that graph in a recording: instance 0 unless the selection says
/// otherwise. Fails if the selection fits nothing.
formats::Result<Comparison> compare(Side a, Side b, const Selection& selection);

}  // namespace dflow::tools
