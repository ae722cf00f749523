#include "runtime/local/memory_watch.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "formats/machine_memory.h"

namespace dflow::local {

namespace {

/// Reading takes some microseconds.
constexpr auto kPause = std::chrono::milliseconds(1);

std::uint64_t page_size() noexcept {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

/// Bytes in memory; 0 if nobody says.
std::uint64_t resident() noexcept {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  unsigned long long size = 0, pages = 0;
  if (!file || std::fscanf(file.get(), "%llu %llu", &size, &pages) != 2) return 0;
  return pages * page_size();
}

/// What was freed and lies with the allocator: the next task gets it.
std::uint64_t kept_by_allocator() noexcept {
  return ::mallinfo2().fordblks;
}

}  // namespace

std::uint64_t usual_memory_limit() {
  return formats::memory_of_machine() / 5 * 4;
}

void MemoryWatch::look(detail::Clock::time_point now) noexcept {
  if (limit_ == 0) return;
  const auto ticks = now.time_since_epoch().count();
  auto next = next_.load(std::memory_order_relaxed);
  if (ticks < next || !next_.compare_exchange_strong(next, (now + kPause).time_since_epoch().count())) return;
  const std::uint64_t bytes = resident();
  // Asking the allocator takes longer: only where it may make a difference.
  short_.store(bytes > limit_ && bytes - std::min(bytes, kept_by_allocator()) > limit_,
               std::memory_order_relaxed);
}

}  // namespace dflow::local
