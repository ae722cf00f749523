#include "compiler/frontend/affine_plan.h"

#include <set>

#include "clang/Basic/SourceManager.h"
#include "compiler/flow/analyse.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/launch_source.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

/// The plan's nodes for the walk's sites, both in the order of the program. None if they do not match one to one.
std::optional<std::vector<std::uint32_t>> matched(const formats::Graph& graph, const std::vector<AffineSite>& sites,
                                                  const clang::SourceManager& sources) {
  std::vector<formats::Node> nodes;
  for (const formats::Segment& segment : graph.segments)
    nodes.insert(nodes.end(), segment.nodes.begin(), segment.nodes.end());
  if (nodes.size() != sites.size()) return std::nullopt;
  std::set<std::uint32_t> taken;
  std::vector<std::uint32_t> result;
  for (const AffineSite& site : sites) {
    const auto place = user_place(site.call->getExprLoc(), sources);
    for (const formats::Node& node : nodes) {
      const bool same = node.line == static_cast<std::uint32_t>(place.line) &&
                        node.column == static_cast<std::uint32_t>(place.column) &&
                        formats::to_string(node.op) == to_string(site.operation);
      if (!same || taken.contains(node.id)) continue;
      taken.insert(node.id);
      result.push_back(node.id);
      break;
    }
  }
  return result.size() == sites.size() ? std::optional(result) : std::nullopt;
}

template <class Refusal>
std::string reason_of(const Refusal& refusal, const clang::SourceManager& sources) {
  return "line " + std::to_string(user_place(refusal.location, sources).line) + ": " + refusal.what();
}

/// The launcher, or the reason why there is none.
void add_launcher(GraphFunction& graph, const clang::FunctionDecl& function, const Project& project,
                  const std::vector<AffineSite>& sites, const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed) {
  std::vector<std::uint32_t> reduces;
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (sites[i].operation == Operation::reduce) reduces.push_back(nodes[i]);
  const auto code = flow::launch_code(analysed, reduces);
  if (!code) {
    graph.graph.not_launched = code.message();
    return;
  }
  try {
    graph.launcher = launch_source(project, function, sites, nodes, code.value());
    graph.graph.launched = true;
  } catch (const NotLaunched& refusal) {
    graph.graph.not_launched = reason_of(refusal, project.sources());
  }
}

void add_to(GraphFunction& described, const clang::FunctionDecl& function, const Project& project) {
  formats::Graph& graph = described.graph;
  if (graph.tier != 2 || !graph.boundaries.empty()) return;
  try {
    AffineRecords found = AffineWalk(project, function).run();
    const auto nodes = matched(graph, found.sites, project.sources());
    if (!nodes) {
      graph.not_affine = "its calls are walked another number of times than they stand in the plan";
      return;
    }
    for (flow::Statement& statement : found.records.statements) {
      if (statement.kind == flow::Statement::Kind::task) statement.node = nodes->at(statement.node);
    }
    auto dependences = flow::analyse(found.records);
    if (!dependences) {
      graph.not_affine = dependences.message();
      return;
    }
    add_launcher(described, function, project, found.sites, *nodes, dependences.value());
    graph.dependences = std::move(dependences).value();
    graph.tier = 1;
  } catch (const NotAffine& refusal) {
    graph.not_affine = reason_of(refusal, project.sources());
  }
}

void propose_launch(const Launcher& launcher, const clang::FunctionDecl& function, const Project& project, Proposals& proposals) {
  const auto begin = function.getBody()->getBeginLoc();
  const unsigned inside = project.sources().getFileOffset(begin) + 1;
  proposals.propose({file_path(begin, project), inside, inside}, "launch", {{inside, inside, launcher_call(launcher), ""}});
}

}  // namespace

void add_dependences(const Project& project, const Definitions& definitions, std::vector<GraphFunction>& graphs,
                     Proposals& proposals) {
  auto graph = graphs.begin();
  for (const auto* function : definitions.functions) {
    if (!is_graph(*function) || graph == graphs.end()) continue;
    add_to(*graph, *function, project);
    if (graph->launcher) propose_launch(*graph->launcher, *function, project, proposals);
    ++graph;
  }
}

}  // namespace dflow::compiler
