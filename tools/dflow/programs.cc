#include "tools/dflow/programs.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "formats/elf.h"
#include "formats/file.h"
#include "tools/dflow/parameters.h"
#include "tools/dflow/suggest.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Graph;
using formats::Plan;
using formats::Result;

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Graph& graph : plan.graphs)
    if (std::find(names.begin(), names.end(), graph.name) == names.end()) names.push_back(graph.name);
  return names;
}

Result<Choice> choose(const Graph& graph, const std::vector<std::string>& parameters) {
  if (!graph.expandable)
    return Error{"graph " + graph.name + " cannot be expanded: it has no skeleton; dflowc -Rdflow says why"};
  auto settings = check_parameters(graph, parameters);
  if (!settings) return settings.error();
  return Choice{graph, std::move(settings).value()};
}

/// The entries of the graphs that are called as this one is: several where files have graphs of their own.
std::vector<std::string> same_call(const Plan& plan, const Graph& graph) {
  std::vector<std::string> entries;
  for (const Graph& other : plan.graphs)
    if (&other == &graph || (other.name == graph.name && other.signature == graph.signature && other.file != graph.file))
      entries.push_back(entry_of(other));
  return entries;
}

}  // namespace

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

std::string entry_of(const Graph& graph) {
  return graph.entry.empty() ? graph.name : graph.entry;
}

Result<Choice> choose(const Plan& plan, const std::string& name, const std::vector<std::string>& parameters) {
  if (name.empty() && plan.graphs.size() != 1)
    return Error{"which graph? add --graph=NAME; it has " + list(names_of(plan))};
  for (const Graph& graph : plan.graphs)
    if (graph.entry == name && !name.empty()) return choose(graph, parameters);
  std::vector<std::string> entries;
  std::string refusal;
  for (const Graph& graph : plan.graphs) {
    if (graph.name != name && !name.empty()) continue;
    auto choice = choose(graph, parameters);
    if (choice) {
      const auto same = same_call(plan, graph);
      if (same.size() > 1)
        return Error{"there are several graphs " + name + "; say which one: --graph may be " + list(same)};
      return choice;
    }
    if (entries.empty()) refusal = choice.message();
    entries.push_back(entry_of(graph));
  }
  if (entries.empty()) return Error{"no graph " + name + suggestion(name, names_of(plan))};
  if (entries.size() > 1) refusal += "; there are several of that name: --graph may be " + list(entries);
  return Error{refusal};
}

}  // namespace dflow::tools
