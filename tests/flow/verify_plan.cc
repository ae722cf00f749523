// Checks a plan against dry runs: verify_plan PLAN.json EXPANDED.json GRAPH [NAME=VALUE ...]
//
// Prints "tier N" of the graph, and for tier 1 whether the closed forms give the graph that the skeleton
// gave.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "compiler/flow/expand.h"
#include "formats/graph_json.h"

namespace {

using namespace dflow;

std::string contents(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Tasks, and edges as "consumer <- producer".
std::set<std::string> facts(const formats::LabelledGraphs& graphs) {
  std::set<std::string> all;
  for (const auto& graph : graphs.graphs) {
    for (const auto& task : graph.tasks) all.insert(graphs.text(task));
    for (const auto& edge : graph.edges)
      all.insert(graphs.text(graph.tasks[edge.consumer]) + " <- " + graphs.text(graph.tasks[edge.producer]));
  }
  return all;
}

std::size_t print_difference(const std::string& what, const std::set<std::string>& a,
                             const std::set<std::string>& b) {
  std::vector<std::string> only;
  std::ranges::set_difference(a, b, std::back_inserter(only));
  for (std::size_t i = 0; i < only.size() && i < 20; ++i) std::cout << what << only[i] << '\n';
  return only.size();
}

int compare(const formats::Graph& graph, const formats::LabelledGraphs& dry,
            const std::map<std::string, std::int64_t>& parameters) {
  std::cout << "tier " << graph.tier << (graph.not_affine.empty() ? "" : ": " + graph.not_affine) << '\n';
  if (graph.tier != 1) return 0;
  const auto closed = compiler::flow::expand(graph, parameters);
  if (!closed) {
    std::cout << "cannot be expanded: " << closed.message() << '\n';
    return closed.message().starts_with("the plan says nothing") ? 0 : 1;
  }
  const auto expected = facts(dry), found = facts(closed.value());
  const std::size_t wrong =
      print_difference("missing: ", expected, found) + print_difference("invented: ", found, expected);
  std::cout << found.size() << " tasks and edges, " << wrong << " wrong\n";
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto plan = formats::plan_from_json(contents(argv[1]));
  const auto dry = formats::parse_graph_json(contents(argv[2]));
  if (!plan || !dry) {
    std::cerr << (plan ? dry.message() : plan.message()) << '\n';
    return 2;
  }
  std::map<std::string, std::int64_t> parameters;
  for (int i = 4; i < argc; ++i) {
    const std::string setting = argv[i];
    const auto equals = setting.find('=');
    parameters[setting.substr(0, equals)] = std::atoll(setting.substr(equals + 1).c_str());
  }
  const std::string name = argv[3];
  for (const auto& graph : plan.value().graphs) {
    const bool is_it = graph.entry == name || (graph.entry.empty() && graph.name == name);
    if (is_it) return compare(graph, dry.value(), parameters);
  }
  std::cerr << "no graph " << name << '\n';
  return 2;
}
