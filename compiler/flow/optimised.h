// A concrete graph as the passes leave it.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "compiler/flow/points.h"
#include "formats/labels.h"
#include "formats/plan.h"

namespace dflow::compiler::flow {

/// Tasks as they are written, by the node's instances that submit them: the last one's result is the
/// instance's.
using TasksOf = std::map<std::pair<std::uint32_t, Point>, std::vector<std::uint32_t>>;

/// Without what is not run, and with what runs as one task as one: "open#2+close#2". Labels are as written.
/// Fails like points_of.
formats::Result<formats::LabelledGraph> with_changes(formats::LabelledGraphs& all,
                                                     const formats::LabelledGraph& graph,
                                                     const TasksOf& tasks, const formats::Graph& plan,
                                                     const Values& parameters);

}  // namespace dflow::compiler::flow
