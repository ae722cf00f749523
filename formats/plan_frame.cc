#include <algorithm>
#include <filesystem>
#include <set>

#include "formats/framed.h"
#include "formats/plan.h"

namespace dflow::formats {
namespace {

static_assert(kFrameAlignment == kFramedAlignment);

constexpr FrameKind kPlanFrame{kFrameMagic, kPlanVersion, "plan"};

std::string plain(const std::string& file) {
  return std::filesystem::path(file).lexically_normal().string();
}

/// As a source sees it that includes the header by another way: "tests/../lib.h".
Graph with_plain_files(Graph graph) {
  graph.file = plain(graph.file);
  for (Segment& segment : graph.segments)
    for (Node& node : segment.nodes) node.file = plain(node.file);
  for (Boundary& boundary : graph.boundaries) boundary.file = plain(boundary.file);
  return graph;
}

}  // namespace

std::string encode_frame(const Plan& plan) {
  return framed(kPlanFrame, plan_to_cbor(plan));
}

Result<std::vector<Plan>> decode_frames(std::string_view bytes) {
  return all_framed<Plan>(kPlanFrame, bytes, plan_from_cbor);
}

Plan merge_plans(const std::vector<Plan>& plans) {
  Plan merged;
  std::set<std::string> sources;
  std::vector<Graph> seen;
  for (const Plan& plan : plans) {
    if (sources.insert(plan.source).second)
      merged.source += (merged.source.empty() ? "" : ", ") + plan.source;
    for (const Graph& graph : plan.graphs) {
      Graph same = with_plain_files(graph);
      if (std::ranges::find(seen, same) != seen.end()) continue;
      seen.push_back(std::move(same));
      merged.graphs.push_back(graph);
    }
  }
  return merged;
}

}  // namespace dflow::formats
