#include <algorithm>
#include <set>

#include "formats/framed.h"
#include "formats/plan.h"

namespace dflow::formats {
namespace {

static_assert(kFrameAlignment == kFramedAlignment);

constexpr FrameKind kPlanFrame{kFrameMagic, kPlanVersion, "plan"};

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
  for (const Plan& plan : plans) {
    if (sources.insert(plan.source).second)
      merged.source += (merged.source.empty() ? "" : ", ") + plan.source;
    for (const Graph& graph : plan.graphs)
      if (std::find(merged.graphs.begin(), merged.graphs.end(), graph) == merged.graphs.end())
        merged.graphs.push_back(graph);
  }
  return merged;
}

}  // namespace dflow::formats
