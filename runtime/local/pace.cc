#include "runtime/local/pace.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include <dflow/detail/pacing.h>

#include "runtime/local/local_session.h"

namespace dflow::local {

namespace {

/// A chunk takes about as long: the cost of the queue disappears, and others still find enough to do.
constexpr std::uint32_t kChunkNanoseconds = 100'000;
constexpr std::size_t kLargestChunk = 1024;
/// While chunks are small, one task in so many is timed: reading the clock costs as much as a small task.
constexpr std::size_t kTimedEvery = 8;

/// What is known of a callable. Two callables in one place forget each other.
struct alignas(32) Pace {
  std::atomic<std::uintptr_t> key{0};
  std::atomic<std::uint32_t> nanoseconds{0};
  std::atomic<std::uint32_t> samples{0};
};

constexpr int kPlacesLog = 8;
constinit std::array<Pace, 1 << kPlacesLog> paces{};

std::uintptr_t key_of(const Node& node) noexcept {
  const auto type = reinterpret_cast<std::uintptr_t>(&node.callable_type());
  return std::rotl(type, 17) ^ reinterpret_cast<std::uintptr_t>(node.callable_address());
}

Pace& pace_of(std::uintptr_t key) noexcept {
  Pace& pace = paces[key * 0x9E3779B97F4A7C15u >> (64 - kPlacesLog)];
  if (pace.key.load(std::memory_order_relaxed) != key) {
    pace.key.store(key, std::memory_order_relaxed);
    pace.nanoseconds.store(0, std::memory_order_relaxed);
  }
  return pace;
}

/// 0: chunks would be in the way of what was asked for.
std::size_t threads_to_feed(const detail::Scope& scope) noexcept {
  LocalSession* session = active().local;
  if (!session || scope.dry || scope.max_pending != 0) return 0;
  const Settings& settings = session->settings();
  return settings.chunks && !settings.serial && !settings.shuffle ? session->engine().threads() : 0;
}

}  // namespace

void note_duration(const Node& node, std::chrono::nanoseconds took) noexcept {
  const auto sample = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took.count(), 1, 1'000'000'000));
  Pace& pace = pace_of(key_of(node));
  const std::uint32_t before = pace.nanoseconds.load(std::memory_order_relaxed);
  // Slow ones count at once, fast ones little by little: chunks too small cost less than chunks too large.
  const std::uint32_t now = sample > before ? sample : before - (before - sample) / 4;
  pace.nanoseconds.store(before == 0 ? sample : now, std::memory_order_relaxed);
  pace.samples.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace dflow::local

namespace dflow::inline v0::detail {

using local::active;

std::size_t Pacing::begin_chunk(const Scope& scope, Node& first) noexcept {
  if (!decided_) threads_ = local::threads_to_feed(scope);
  decided_ = true;
  if (threads_ == 0) return 1;
  const local::Pace& pace = local::pace_of(local::key_of(first));
  const std::uint32_t samples = pace.samples.load(std::memory_order_relaxed);
  // What was measured in an earlier map may not hold in this one: each doubling needs a measurement of its own.
  const bool confirmed = begun_ > 0 && samples != samples_;
  samples_ = samples;
  const std::uint32_t each = std::max(1u, pace.nanoseconds.load(std::memory_order_relaxed));
  const std::size_t fit = std::max<std::size_t>(1, local::kChunkNanoseconds / each);
  const std::size_t wide = begun_ / (8 * threads_) + 1;
  size_ = std::min({confirmed ? 2 * size_ : size_, fit, wide, local::kLargestChunk});
  if (size_ > 1 || begun_ % local::kTimedEvery == 0) first.traits |= kTimed;
  begun_ += size_;
  return size_;
}

}  // namespace dflow::inline v0::detail
