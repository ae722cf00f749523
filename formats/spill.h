// The head of a value on a worker's disk: docs/formats.md has the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "formats/result.h"

namespace dflow::formats {

inline constexpr std::uint32_t kSpillVersion = 1;
inline constexpr std::size_t kSpillHeaderBytes = 64;

/// What is known of a value whose bytes lie behind it.
struct SpillHeader {
  std::uint64_t task = 0;
  std::uint32_t attempt = 0;
  bool packed = false;         ///< As between hosts: docs/formats.md, "Packed values".
  std::uint64_t size = 0;      ///< Of the value, in bytes.
  std::uint64_t stored = 0;    ///< Bytes on the disk.
  std::uint64_t checksum = 0;  ///< Of those.
  bool operator==(const SpillHeader&) const = default;
};

std::string encode_spill_header(const SpillHeader& header);
/// An error for what is cut short, damaged, of another version, or no such header.
Result<SpillHeader> decode_spill_header(std::string_view bytes);

/// XXH3 of bytes that come one after the other, in pieces of any size.
class SpillChecksum {
 public:
  SpillChecksum();
  ~SpillChecksum();
  SpillChecksum(const SpillChecksum&) = delete;
  SpillChecksum& operator=(const SpillChecksum&) = delete;

  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dflow::formats
