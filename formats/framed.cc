#include "formats/framed.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdint>

#include "formats/little_endian.h"

namespace dflow::formats {
namespace {

constexpr std::size_t kHeaderBytes = 24;

std::uint32_t checksum(std::string_view payload) {
  return XXH32(payload.data(), payload.size(), 0);
}

Error damaged(const FrameKind& kind, std::size_t offset, const std::string& how) {
  return {"the " + std::string(kind.what) + " at byte " + std::to_string(offset) + " is damaged: " + how};
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

/// What the frame that starts at `offset` holds.
Result<std::string_view> payload_at(const FrameKind& kind, std::string_view bytes, std::size_t offset) {
  const std::string_view frame = bytes.substr(offset);
  if (frame.size() < kHeaderBytes) return damaged(kind, offset, "its header is cut short");
  const std::uint64_t version = little_endian(frame.substr(8, 4));
  if (std::cmp_greater(version, kind.version))
    return Error{"a " + std::string(kind.what) + " of version " + std::to_string(version) +
                 ", and this dflow reads up to version " + std::to_string(kind.version) +
                 ": use a newer dflow"};
  if (version == 0) return damaged(kind, offset, "its version is 0");
  const std::uint64_t size = little_endian(frame.substr(16, 8));
  if (size > frame.size() - kHeaderBytes)
    return damaged(kind, offset,
                   "it says " + std::to_string(size) + " bytes, and " +
                       std::to_string(frame.size() - kHeaderBytes) + " are there");
  const std::string_view payload = frame.substr(kHeaderBytes, static_cast<std::size_t>(size));
  if (checksum(payload) != little_endian(frame.substr(12, 4)))
    return damaged(kind, offset, "its checksum does not match");
  return payload;
}

std::size_t aligned(std::size_t offset) {
  return (offset + kFramedAlignment - 1) / kFramedAlignment * kFramedAlignment;
}

}  // namespace

std::string framed(const FrameKind& kind, std::string_view payload) {
  std::string frame(kind.magic);
  append_little_endian(frame, static_cast<std::uint64_t>(kind.version), 4);
  append_little_endian(frame, checksum(payload), 4);
  append_little_endian(frame, payload.size(), 8);
  frame += payload;
  frame.resize(aligned(frame.size()), '\0');
  return frame;
}

Result<void> each_frame(const FrameKind& kind, std::string_view bytes,
                        const std::function<Result<void>(std::string_view payload)>& take) {
  for (std::size_t offset = 0; offset < bytes.size();) {
    const std::string_view block = bytes.substr(offset, kFramedAlignment);
    if (all_zero(block)) {
      offset += block.size();
      continue;
    }
    if (!block.starts_with(kind.magic))
      return damaged(kind, offset, "it does not begin with " + std::string(kind.magic));
    const auto payload = payload_at(kind, bytes, offset);
    if (!payload) return payload.error();
    if (const auto taken = take(payload.value()); !taken) return damaged(kind, offset, taken.message());
    const std::size_t end = offset + kHeaderBytes + payload.value().size();
    offset = aligned(end);
    if (!all_zero(bytes.substr(end, offset - end))) return damaged(kind, end, "its padding is not zero");
  }
  return {};
}

}  // namespace dflow::formats
