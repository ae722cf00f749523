// -Wdflow-not-replicable: a graph function whose graph its parameters alone do not tell, and why.
#include "compiler/frontend/checks/checks.h"

namespace dflow::compiler {

void check_replicable(const CheckInput& input, Reporter& reporter) {
  for (const GraphFunction& function : input.graphs) {
    const formats::Graph& graph = function.graph;
    if (graph.replicable) continue;
    Finding finding{
        .at = function.location,
        .text = "graph '" + graph.name + "' is not replicable: its parameters alone do not tell its tasks"};
    for (const formats::Boundary& boundary : graph.boundaries) {
      finding.notes.push_back(
          {.at = start_of(boundary, function.location, input.project), .text = boundary.reason});
    }
    if (graph.boundaries.empty() && !graph.reason.empty())
      finding.notes.push_back({.at = function.location, .text = graph.reason});
    reporter.warn("not-replicable", std::move(finding));
  }
}

}  // namespace dflow::compiler
