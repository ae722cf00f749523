// From verdicts to what is written: the plan's graphs, and the edits that make a function its own skeleton.
#pragma once

#include "compiler/frontend/analyse.h"

namespace dflow::compiler {

/// Fills in what the analysis found: tier, needs, nodes by segment, boundaries.
void complete_graph(formats::Graph& graph, const UnitRecord& unit, FunctionId id, const Verdict& verdict);

/// Results that steer nothing are skipped in a dry run, which ends before anything that it must not do or cannot know.
void propose_dry_run_edits(const UnitRecord& unit, const std::vector<Verdict>& verdicts, Proposals& proposals);

}  // namespace dflow::compiler
