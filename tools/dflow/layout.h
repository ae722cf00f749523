#pragma once

#include <vector>

#include "tools/dflow/digraph.h"

namespace dflow::tools {

struct Box {
  double width = 0;
  double height = 0;
};

struct Point {
  double x = 0;
  double y = 0;
};

/// Where the middle of each box stands, y downwards: producers above their consumers, boxes apart from each
/// other. Tasks are put into layers by their longest way from a source; within a layer they follow their
/// neighbours. A layer that would be far wider than the picture is high is broken into rows. Takes
/// near-linear time, so that a browser gets the places of many thousands of tasks and need not work them out.
std::vector<Point> layered_layout(const Digraph& graph, const std::vector<Box>& boxes);

}  // namespace dflow::tools
