#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "formats/elf.h"
#include "formats/file.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/dry_run.h"
#include "tools/dflow/parameters.h"
#include "tools/dflow/suggest.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Graph;
using formats::Plan;
using formats::Result;

/// The plan inside a program that can be started.
Result<Plan> plan_of(const std::string& program) {
  const auto bytes = formats::read_file(program);
  if (!bytes) return bytes.error();
  if (!formats::is_elf(bytes.value()))
    return Error{program + ": not an ELF file; graphs are expanded by the program that holds them"};
  const auto plans = formats::plans_in_elf(bytes.value());
  if (!plans) return Error{program + ": " + plans.message()};
  if (!formats::is_elf_program(bytes.value()))
    return Error{program + ": an object file; link it to a program first"};
  if (::access(program.c_str(), X_OK) != 0)
    return Error{program + ": it cannot be executed (" + std::strerror(errno) + ")"};
  return merge_plans(plans.value());
}

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Graph& graph : plan.graphs) names.push_back(graph.name);
  return names;
}

Result<Graph> find_graph(const Plan& plan, const std::string& name) {
  if (name.empty() && plan.graphs.size() == 1) return plan.graphs[0];
  if (name.empty()) return Error{"which graph? add --graph=NAME; it has " + list(names_of(plan))};
  for (const Graph& graph : plan.graphs)
    if (graph.name == name) return graph;
  return Error{"no graph " + name + suggestion(name, names_of(plan))};
}

}  // namespace

Result<int> graph_expand(const ExpandOptions& options) {
  const auto plan = plan_of(options.program);
  if (!plan) return plan.error();
  const auto graph = find_graph(plan.value(), options.graph);
  if (!graph) return Error{options.program + ": " + graph.message()};
  const std::string& name = graph.value().name;
  if (!graph.value().expandable)
    return Error{options.program + ": graph " + name + " cannot be expanded: " + graph.value().reason};
  auto settings = check_parameters(graph.value(), options.parameters);
  if (!settings) return settings.error();

  std::fprintf(stderr, "dflow: running the skeleton of %s in %s (no task runs)\n", name.c_str(),
               options.program.c_str());
  const auto expanded = run_skeleton({.program = options.program,
                                      .graph = name,
                                      .settings = std::move(settings).value(),
                                      .limit = options.limit});
  if (!expanded) return expanded.error();
  if (const auto printed = print(expanded.value(), options.output); !printed) return printed.error();
  return 0;
}

}  // namespace dflow::tools
