// How slowly somebody may go.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace dflow::net {

/// Judges whether bytes flow, by the time that was spent waiting for the other side: what this side does meanwhile, or that its
/// process was stopped, is not held against it. Pure: reads no clock.
class Pace {
 public:
  struct Limits {
    /// So long may be waited in all, and a second more for each `slowest` bytes that have come.
    std::chrono::milliseconds patience{30'000};
    std::uint64_t slowest = 64 << 10;  ///< Bytes a second; not 0.
  };

  explicit Pace(Limits limits) : limits_(limits) {}

  void came(std::uint64_t bytes) noexcept { bytes_ += bytes; }
  void waited(std::chrono::milliseconds time) noexcept { waited_ += time; }
  /// How much longer may be waited; 0: it is too slow.
  std::chrono::milliseconds left() const noexcept {
    const auto earned = std::chrono::milliseconds(bytes_ / std::max<std::uint64_t>(1, limits_.slowest / 1000));
    return std::max(std::chrono::milliseconds(0), limits_.patience + earned - waited_);
  }

 private:
  Limits limits_;
  std::uint64_t bytes_ = 0;
  std::chrono::milliseconds waited_{};
};

}  // namespace dflow::net
