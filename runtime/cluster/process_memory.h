#pragma once

#include <cstdint>

namespace dflow::cluster {

/// Bytes that a process of this machine has in memory now; 0 if there is no such process.
std::uint64_t memory_of(std::int64_t pid);

}  // namespace dflow::cluster
