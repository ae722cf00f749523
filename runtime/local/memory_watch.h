// Whether memory is short: then tasks that only make more of it wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include <dflow/detail/session.h>

namespace dflow::local {

/// What this machine, or this container, has: four fifths of that.
std::uint64_t usual_memory_limit();

/// Thread-safe.
class MemoryWatch {
 public:
  /// Bytes; 0: memory is never short.
  explicit MemoryWatch(std::uint64_t limit) : limit_(limit) {}

  bool is_short() const noexcept { return short_.load(std::memory_order_relaxed); }
  /// Looks at the process now, unless somebody has just done so.
  void look(detail::Clock::time_point now) noexcept;

 private:
  const std::uint64_t limit_;
  std::atomic<bool> short_{false};
  std::atomic<detail::Clock::rep> next_{0};
};

}  // namespace dflow::local
