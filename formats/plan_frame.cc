#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <set>

#include "formats/little_endian.h"
#include "formats/plan.h"

namespace dflow::formats {
namespace {

constexpr std::size_t kHeaderBytes = 24;

std::uint32_t checksum(std::string_view payload) {
  return XXH32(payload.data(), payload.size(), 0);
}

Error damaged(std::size_t offset, const std::string& how) {
  return {"the plan at byte " + std::to_string(offset) + " is damaged: " + how};
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

/// The CBOR inside the frame that starts at `offset`.
Result<std::string_view> frame_payload(std::string_view bytes, std::size_t offset) {
  const std::string_view frame = bytes.substr(offset);
  if (frame.size() < kHeaderBytes) return damaged(offset, "its header is cut short");
  const std::uint64_t version = little_endian(frame.substr(8, 4));
  if (version > kPlanVersion)
    return Error{"a plan of version " + std::to_string(version) + ", and this dflow reads up to version " +
                 std::to_string(kPlanVersion) + ": use a newer dflow"};
  if (version == 0) return damaged(offset, "its version is 0");
  const std::uint64_t size = little_endian(frame.substr(16, 8));
  if (size > frame.size() - kHeaderBytes)
    return damaged(offset, "it says " + std::to_string(size) + " bytes, and " +
                               std::to_string(frame.size() - kHeaderBytes) + " are there");
  const std::string_view payload = frame.substr(kHeaderBytes, static_cast<std::size_t>(size));
  if (checksum(payload) != little_endian(frame.substr(12, 4)))
    return damaged(offset, "its checksum does not match");
  return payload;
}

std::size_t aligned(std::size_t offset) {
  return (offset + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

}  // namespace

std::string encode_frame(const Plan& plan) {
  const std::string payload = plan_to_cbor(plan);
  std::string frame(kFrameMagic);
  append_little_endian(frame, kPlanVersion, 4);
  append_little_endian(frame, checksum(payload), 4);
  append_little_endian(frame, payload.size(), 8);
  frame += payload;
  frame.resize(aligned(frame.size()), '\0');
  return frame;
}

Result<std::vector<Plan>> decode_frames(std::string_view bytes) {
  std::vector<Plan> plans;
  for (std::size_t offset = 0; offset < bytes.size();) {
    const std::string_view block = bytes.substr(offset, kFrameAlignment);
    if (all_zero(block)) {
      offset += block.size();
      continue;
    }
    if (!block.starts_with(kFrameMagic)) return damaged(offset, "it does not begin with DFLOWPLN");
    const auto payload = frame_payload(bytes, offset);
    if (!payload) return payload.error();
    auto plan = plan_from_cbor(payload.value());
    if (!plan) return damaged(offset, plan.message());
    plans.push_back(std::move(plan).value());
    const std::size_t end = offset + kHeaderBytes + payload.value().size();
    offset = aligned(end);
    if (!all_zero(bytes.substr(end, offset - end))) return damaged(end, "its padding is not zero");
  }
  return plans;
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
