#include <cstdio>

#include "tools/dflow/commands.h"
#include "tools/dflow/dry_run.h"
#include "tools/dflow/optimised.h"
#include "tools/dflow/programs.h"

namespace dflow::tools {

using formats::Error;
using formats::Graph;
using formats::Result;

Result<int> graph_expand(const ExpandOptions& options) {
  const auto plan = plan_of(options.program);
  if (!plan) return plan.error();
  const auto choice = choose(plan.value(), options.graph, options.parameters);
  if (!choice) return Error{options.program + ": " + choice.message()};
  const Graph& graph = choice.value().graph;
  if (options.optimised) {
    const auto optimised = expand_optimised(graph, choice.value().settings, options.limit);
    if (!optimised) return Error{options.program + ": " + optimised.message()};
    const auto printed = print(optimised.value(), nullptr, options.output);
    return printed ? Result<int>(0) : printed.error();
  }

  std::fprintf(stderr, "dflow: running the skeleton of %s in %s (no task runs)\n", graph.name.c_str(),
               options.program.c_str());
  const auto expanded = run_skeleton({.program = options.program,
                                      .graph = graph.name,
                                      .entry = entry_of(graph),
                                      .settings = choice.value().settings,
                                      .limit = options.limit});
  if (!expanded) return expanded.error();
  if (const auto printed = print(expanded.value().graphs, &expanded.value().recording, options.output);
      !printed)
    return printed.error();
  return 0;
}

}  // namespace dflow::tools
