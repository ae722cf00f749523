// How much memory a worker may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/machine_memory.h"

namespace dflow::cluster {

struct MemoryLimit {
  std::uint64_t bytes = 0;  ///< 0: no bound.
  /// Somebody has said so: a worker that has more is replaced. Else it is a share, which a worker may go
  /// beyond while others have less.
  bool strict = false;
  bool operator==(const MemoryLimit&) const = default;
};

/// Who has more than so many hundredths of what it may have is replaced.
inline constexpr std::uint64_t kMostMemory = 95;

/// For each of so many workers: what was asked for (0: no bound), as far as the machine has it; else a share
/// of that.
MemoryLimit limit_of_worker(std::optional<std::uint64_t> asked, std::size_t workers,
                            std::uint64_t machine = formats::memory_of_machine());

/// No more than this process may have by its resource limits (`ulimit -v`, `-d`).
MemoryLimit within_resource_limits(MemoryLimit limit);

/// What this process may have in all, by its machine, its control groups and its resource limits.
std::uint64_t memory_of_process();

/// "123.4 MB"
std::string in_megabytes(std::uint64_t bytes);

}  // namespace dflow::cluster
