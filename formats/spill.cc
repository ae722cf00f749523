#define XXH_INLINE_ALL
#include "formats/spill.h"

#include <xxhash.h>

#include "formats/little_endian.h"

namespace dflow::formats {
namespace {

constexpr std::string_view kMagic = "dflowspl";
constexpr std::size_t kChecked = kSpillHeaderBytes - 8;

}  // namespace

std::string encode_spill_header(const SpillHeader& header) {
  std::string out(kMagic);
  append_little_endian(out, kSpillVersion, 4);
  append_little_endian(out, header.packed ? 1 : 0, 4);
  append_little_endian(out, header.task, 8);
  append_little_endian(out, header.attempt, 8);
  append_little_endian(out, header.size, 8);
  append_little_endian(out, header.stored, 8);
  append_little_endian(out, header.checksum, 8);
  append_little_endian(out, XXH3_64bits(out.data(), out.size()), 8);
  return out;
}

Result<SpillHeader> decode_spill_header(std::string_view bytes) {
  if (bytes.size() < kSpillHeaderBytes) return Error{"its header is cut short"};
  if (!bytes.starts_with(kMagic)) return Error{"it is no value"};
  if (little_endian(bytes.substr(kChecked, 8)) != XXH3_64bits(bytes.data(), kChecked)) {
    return Error{"its header's checksum does not match"};
  }
  if (little_endian(bytes.substr(8, 4)) != kSpillVersion) return Error{"it is of another version"};
  SpillHeader header;
  const std::uint64_t packed = little_endian(bytes.substr(12, 4));
  const std::uint64_t attempt = little_endian(bytes.substr(24, 8));
  header.packed = packed == 1;
  header.task = little_endian(bytes.substr(16, 8));
  header.attempt = static_cast<std::uint32_t>(attempt);
  header.size = little_endian(bytes.substr(32, 8));
  header.stored = little_endian(bytes.substr(40, 8));
  header.checksum = little_endian(bytes.substr(48, 8));
  const bool plain = header.packed || header.stored == header.size;
  if (packed > 1 || attempt != header.attempt || !plain) return Error{"its header contradicts itself"};
  return header;
}

struct SpillChecksum::State {
  XXH3_state_t state;
};

SpillChecksum::SpillChecksum() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->state);
}
SpillChecksum::~SpillChecksum() = default;

void SpillChecksum::add(std::span<const std::byte> bytes) {
  XXH3_64bits_update(&state_->state, bytes.data(), bytes.size());
}
std::uint64_t SpillChecksum::value() const {
  return XXH3_64bits_digest(&state_->state);
}

}  // namespace dflow::formats
