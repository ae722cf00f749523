// The launches at work, and how a task of one is written where queues hold nodes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include <dflow/detail/launch.h>

#include "runtime/local/launch_order.h"

namespace dflow::local {

using detail::Launch;
using detail::Node;
using detail::TaskId;

/// What is ready to run: a node, or, marked by its lowest bit, some tasks of a launch.
///
///     bits   0  1..10  11     12..63
///            1  slot   range  task, or: place in the list of roots (8 bits), first and end of a range (22 bits each)
///
/// Ranges count in units of so many tasks that 22 bits suffice.
class LaunchItem {
 public:
  static constexpr std::uint32_t kSlots = 1024;
  static constexpr std::size_t kMostRoots = 256;
  static constexpr std::uint64_t kMostUnits = (1u << 22) - 1;

  static bool is(const Node* queued) noexcept { return (reinterpret_cast<std::uintptr_t>(queued) & 1) != 0; }
  explicit LaunchItem(const Node* queued) noexcept : bits_(reinterpret_cast<std::uintptr_t>(queued)) {}
  static LaunchItem task(std::uint32_t slot, TaskId id) noexcept { return LaunchItem(slot, 0, id); }
  /// The best of those that wait in the launch's order.
  static LaunchItem best(std::uint32_t slot) noexcept { return LaunchItem(slot, 0, kBest); }
  static LaunchItem range(std::uint32_t slot, std::uint64_t list, std::uint64_t begin, std::uint64_t end) noexcept {
    return LaunchItem(slot, 1, list | begin << 8 | end << 30);
  }

  Node* queued() const noexcept { return reinterpret_cast<Node*>(bits_); }
  std::uint32_t slot() const noexcept { return static_cast<std::uint32_t>(bits_ >> 1) % kSlots; }
  bool is_best() const noexcept { return !is_range() && id() == kBest; }
  bool is_range() const noexcept { return (bits_ >> 11 & 1) != 0; }
  TaskId id() const noexcept { return bits_ >> 12; }
  std::uint64_t list() const noexcept { return bits_ >> 12 & 0xff; }
  std::uint64_t begin() const noexcept { return bits_ >> 20 & kMostUnits; }
  std::uint64_t end() const noexcept { return bits_ >> 42; }

 private:
  static constexpr TaskId kBest = (TaskId{1} << 52) - 1;
  LaunchItem(std::uint32_t slot, std::uint64_t range, std::uint64_t payload) noexcept
      : bits_(1 | std::uint64_t{slot} << 1 | range << 11 | payload << 12) {}
  static_assert(sizeof(std::uintptr_t) == sizeof(std::uint64_t));

  std::uint64_t bits_;
};

/// Thread-safe.
class Launches {
 public:
  Launches();
  /// A place for the launch; false if there are too many.
  bool add(Launch& launch, std::uint32_t& slot);
  void remove(std::uint32_t slot);
  Launch& at(std::uint32_t slot) const noexcept { return *at_[slot].load(std::memory_order_acquire); }

 private:
  std::mutex mutex_;
  std::vector<std::uint32_t> free_;
  std::array<std::atomic<Launch*>, LaunchItem::kSlots> at_{};
};

}  // namespace dflow::local

namespace dflow::inline v0::detail {

/// The runtime's door to what launches keep for themselves.
struct LaunchAccess {
  static local::LaunchOrder* order(Launch& launch);
  static auto& roots(Launch& launch) { return launch.roots_; }
  static auto& given(Launch& launch) { return launch.given_; }
  static auto& left(Launch& launch) { return launch.left_; }
  static auto& grain(Launch& launch) { return launch.grain_; }
  static std::uint32_t& slot(Launch& launch) { return launch.slot_; }
  static constexpr std::uint64_t visit = Launch::kVisit;
  static constexpr std::uint64_t sink = Launch::kSink;
};

}  // namespace dflow::inline v0::detail
