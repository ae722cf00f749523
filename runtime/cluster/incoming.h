// How much may come to a worker beyond what its brain has made room for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "runtime/cluster/memory_limit.h"
#include "runtime/core/worker.h"

namespace dflow::cluster {

/// Values that are pushed here, and what fetched ones have beyond the size that they were announced with: the brain, which
/// lets values come as far as there is room for them, knows of neither. Sizes are what others say: before memory is taken for
/// one, it is asked here. Not thread-safe.
class Incoming {
 public:
  explicit Incoming(MemoryLimit limit, std::uint64_t machine = formats::memory_here()) : limit_(limit), machine_(machine) {}

  /// Why a value of so many bytes never comes; empty: it may, when there is room.
  std::string refusal(std::uint64_t bytes) const {
    const std::string its = "its " + std::to_string(bytes) + " bytes are more than the ";
    if (limit_.strict && limit_.bytes > 0 && bytes > limit_.bytes)
      return its + "memory limit of " + std::to_string(limit_.bytes) + " bytes";
    if (machine_ > 0 && bytes > machine_) return its + std::to_string(machine_) + " bytes of memory of its machine";
    return {};
  }

  /// There is room for a value that is pushed, or no other one comes: it may not wait for ever.
  bool may_begin(std::uint64_t bytes, const core::Worker& brain) const {
    return bytes_ == 0 || brain.has_room(bytes_ + counted(bytes));
  }

  /// Why a value is not taken that was announced with fewer bytes than it has; empty: there is room for the rest. One whose type
  /// writes the same value in other ways may be a little larger.
  std::string refusal(std::uint64_t bytes, std::uint64_t announced, const core::Worker& brain) const {
    if (bytes <= announced || brain.has_room(bytes_ + (bytes - announced))) return {};
    return "it was announced with " + std::to_string(announced) + " bytes, and there is no room for the " + std::to_string(bytes) +
           " bytes that it has";
  }

  void begin(std::uint64_t bytes) { bytes_ += counted(bytes); }
  void end(std::uint64_t bytes) { bytes_ -= counted(bytes); }

 private:
  static std::uint64_t counted(std::uint64_t bytes) { return std::max<std::uint64_t>(bytes, 1); }

  const MemoryLimit limit_;
  const std::uint64_t machine_;
  std::uint64_t bytes_ = 0;
};

}  // namespace dflow::cluster
