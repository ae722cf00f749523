#pragma once

#include <cstdint>

namespace dflow::cluster {

/// Bytes that a process of this machine has in memory now; 0 if there is no such process.
std::uint64_t memory_of(std::int64_t pid);

/// What this process frees stays with it from now on, up to 4 MiB a thread. As it comes, the C library gives it back to the kernel
/// beyond 128 KiB, page by page, and messages come in bursts: it is fetched again for the next one.
void keep_freed_memory();

}  // namespace dflow::cluster
