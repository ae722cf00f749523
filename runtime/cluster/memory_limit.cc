#include "runtime/cluster/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace dflow::cluster {

MemoryLimit limit_of_worker(std::optional<std::uint64_t> asked, std::size_t workers, std::uint64_t machine) {
  if (!asked) return {.bytes = machine / std::max<std::size_t>(workers, 1)};
  if (*asked == 0) return {};
  return {.bytes = std::min(*asked, machine), .strict = true};
}

MemoryLimit within_resource_limits(MemoryLimit limit) {
  if (limit.bytes == 0) return limit;
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit has{};
    if (::getrlimit(resource, &has) == 0 && has.rlim_cur != RLIM_INFINITY)
      limit.bytes = std::min<std::uint64_t>(limit.bytes, has.rlim_cur);
  }
  return limit;
}

std::uint64_t memory_of_process() {
  constexpr std::uint64_t unknown = std::uint64_t{1} << 40;
  const std::uint64_t here = formats::memory_here();
  return within_resource_limits({.bytes = here == 0 ? unknown : here}).bytes;
}

std::string in_megabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes / 100'000;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " MB";
}

}  // namespace dflow::cluster
