#include "compiler/frontend/affine_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "clang/Basic/SourceManager.h"
#include "compiler/flow/analyse.h"
#include "compiler/flow/plan_of.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/last_uses.h"
#include "compiler/frontend/launch_source.h"
#include "compiler/frontend/positions.h"
#include "compiler/passes/passes.h"

namespace dflow::compiler {
namespace {

/// The plan's nodes for the walk's sites, both in the order of the program. None if they do not match one to one.
std::optional<std::vector<std::uint32_t>> matched(const formats::Graph& graph, const std::vector<AffineSite>& sites) {
  std::vector<formats::Node> nodes;
  for (const formats::Segment& segment : graph.segments)
    nodes.insert(nodes.end(), segment.nodes.begin(), segment.nodes.end());
  if (nodes.size() != sites.size()) return std::nullopt;
  std::set<std::uint32_t> taken;
  std::vector<std::uint32_t> result;
  for (const AffineSite& site : sites) {
    const auto place = user_place(site.call->getExprLoc(), *site.sources);
    for (const formats::Node& node : nodes) {
      const bool same = node.line == static_cast<std::uint32_t>(place.line) &&
                        node.column == static_cast<std::uint32_t>(place.column) &&
                        (node.file.empty() ? graph.file : node.file) == place.file &&
                        formats::to_string(node.op) == to_string(site.operation);
      if (!same || taken.contains(node.id)) continue;
      taken.insert(node.id);
      result.push_back(node.id);
      break;
    }
  }
  return result.size() == sites.size() ? std::optional(result) : std::nullopt;
}

/// By the names that options give.
void name_nodes(formats::Graph& graph, const std::vector<AffineSite>& sites, const std::vector<std::uint32_t>& nodes) {
  for (formats::Segment& segment : graph.segments) {
    for (formats::Node& node : segment.nodes) {
      const auto found = std::ranges::find(nodes, node.id);
      if (found == nodes.end()) continue;
      const AffineSite& site = sites[static_cast<std::size_t>(found - nodes.begin())];
      if (!site.name.empty()) node.task = site.name;
    }
  }
}

std::string reason_of(const NotAffine& refusal, const Project& project) {
  return line_text(refusal.location, *refusal.sources, project) + ": " + refusal.what();
}

/// The launcher, or the reason why there is none.
void add_launcher(GraphFunction& graph, const clang::FunctionDecl& function, const Project& project,
                  const AffineRecords& found, const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed,
                  const std::vector<std::string>& passes) {
  const std::vector<AffineSite>& sites = found.sites;
  if (!analysed.flat) {
    graph.graph.not_launched = "a container of rows is gone through by one index";
    return;
  }
  if (std::ranges::any_of(sites, [&](const AffineSite& site) { return site.sources != &project.sources(); })) {
    graph.graph.not_launched = "tasks are submitted in another file";
    return;
  }
  try {
    LaunchSource source = launch_source(project, function, found, nodes, analysed);
    Launcher& launcher = source.launcher;
    auto optimised = passes::optimise(flow::plan_of(graph.graph.name, analysed, calls_of(launcher)), passes);
    const auto code = optimised ? flow::launch_code(optimised.value().plan, *analysed.flat) : formats::Result<flow::LaunchCode>(optimised.error());
    if (!code) {
      graph.graph.not_launched = code.message();
      return;
    }
    const auto place = [&](std::uint32_t node) {
      return sites[static_cast<std::size_t>(std::ranges::find(nodes, node) - nodes.begin())].call->getExprLoc();
    };
    for (const passes::Remark& each : optimised.value().remarks)
      graph.optimised.push_back({place(each.node), each.text, each.other ? place(*each.other) : clang::SourceLocation()});
    graph.graph.changes = optimised.value().changes;
    launcher.code = code.value();
    graph.launcher = std::make_shared<const Launcher>(std::move(launcher));
    graph.noted = std::move(source.noted);
    graph.graph.launched = true;
  } catch (const NotLaunched& refusal) {
    graph.graph.not_launched = line_text(refusal.location, project.sources(), project) + ": " + refusal.what();
  }
}

/// The plan's nodes as the segments have them.
std::vector<formats::Segment> cut_plan(const formats::Graph& graph, const std::vector<AffineSegment>& segments,
                                                      const std::vector<std::uint32_t>& nodes) {
  std::map<std::uint32_t, formats::Node> by_id;
  for (const formats::Segment& segment : graph.segments)
    for (const formats::Node& node : segment.nodes) by_id.emplace(node.id, node);
  std::vector<formats::Segment> cut;
  std::size_t next = 0;
  for (const AffineSegment& segment : segments) {
    cut.emplace_back();
    for (std::size_t i = 0; i < segment.found.sites.size(); ++i) cut.back().nodes.push_back(by_id.at(nodes[next++]));
  }
  return cut;
}

/// The closed form of what lies between the boundaries.
void add_segments(formats::Graph& graph, const clang::FunctionDecl& function, const Project& project) {
  AffineWalk::Boundaries boundaries;
  for (const formats::Boundary& each : graph.boundaries)
    boundaries.emplace(each.file.empty() ? graph.file : each.file, each.line);
  std::vector<AffineSegment> segments = AffineWalk(project, function, std::move(boundaries)).segments();
  std::vector<AffineSite> sites;
  for (const AffineSegment& each : segments) sites.insert(sites.end(), each.found.sites.begin(), each.found.sites.end());
  const auto nodes = matched(graph, sites);
  if (!nodes || segments.empty()) return;
  std::vector<flow::Analysed> known;
  std::size_t first = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    AffineSegment& segment = segments[i];
    for (flow::Statement& statement : segment.found.records.statements)
      if (statement.kind == flow::Statement::Kind::task) statement.node = nodes->at(first + statement.node);
    first += segment.found.sites.size();
    std::string why = segment.not_affine;
    if (why.empty()) {
      auto dependences = flow::analyse(segment.found.records);
      if (dependences) known.push_back(std::move(dependences).value());
      else why = dependences.message();
    }
    if (!why.empty()) graph.not_affine += (graph.not_affine.empty() ? "segment " : "; segment ") + std::to_string(i + 1) + ": " + why;
  }
  graph.segments = cut_plan(graph, segments, *nodes);
  name_nodes(graph, sites, *nodes);
  if (!known.empty()) graph.dependences = flow::together(known);
}

void add_to(GraphFunction& described, const clang::FunctionDecl& function, const Project& project,
            const std::vector<std::string>& passes) {
  formats::Graph& graph = described.graph;
  if (!graph.boundaries.empty()) {
    try {
      add_segments(graph, function, project);
    } catch (const NotAffine& refusal) {
      graph.not_affine = reason_of(refusal, project);
    }
    return;
  }
  if (graph.tier != 2) return;
  try {
    AffineRecords found = AffineWalk(project, function).run();
    const auto nodes = matched(graph, found.sites);
    if (!nodes) {
      graph.not_affine = "its calls are walked another number of times than they stand in the plan";
      return;
    }
    for (flow::Statement& statement : found.records.statements) {
      if (statement.kind == flow::Statement::Kind::task) statement.node = nodes->at(statement.node);
    }
    auto dependences = flow::analyse(found.records);
    if (!dependences) {
      const bool of_subscript = !found.multiplied.empty() && dependences.message().starts_with("a subscript");
      graph.not_affine = (of_subscript ? found.multiplied + ": " : "") + dependences.message();
      return;
    }
    add_launcher(described, function, project, found, *nodes, dependences.value(), passes);
    graph.dependences = std::move(dependences).value();
    name_nodes(graph, found.sites, *nodes);
    graph.tier = 1;
  } catch (const NotAffine& refusal) {
    graph.not_affine = reason_of(refusal, project);
  }
}

void propose_launch(const Launcher& launcher, const clang::FunctionDecl& function, const Project& project, Proposals& proposals) {
  const auto begin = function.getBody()->getBeginLoc();
  const unsigned inside = project.sources().getFileOffset(begin) + 1;
  proposals.propose({file_path(begin, project), inside, inside}, "launch", {{inside, inside, launcher_call(launcher), ""}});
}

/// The lambdas that it calls leave pointers to themselves; one that is a template, to each function that it
/// is.
void propose_notes(const GraphFunction& graph, const Project& project, Proposals& proposals) {
  for (const auto& [lambda, note] : graph.noted)
    if (const auto at = text_range(lambda->getSourceRange(), project))
      proposals.propose(*at, "noted by " + note, {{at->begin, at->end, note + "(", ")"}});
}

}  // namespace

void add_dependences(const Project& project, const Definitions& definitions, std::vector<GraphFunction>& graphs,
                     Proposals& proposals, const std::vector<std::string>& passes) {
  auto graph = graphs.begin();
  for (const auto* function : definitions.functions) {
    if (!is_graph(*function) || graph == graphs.end()) continue;
    add_to(*graph, *function, project, passes);
    if (graph->launcher) propose_launch(*graph->launcher, *function, project, proposals);
    else propose_last_uses(*function, project, proposals);
    propose_notes(*graph, project, proposals);
    ++graph;
  }
}

}  // namespace dflow::compiler
