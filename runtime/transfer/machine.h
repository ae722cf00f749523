// Which processes are near each other, and what is made of that.
#pragma once

#include <cstdint>
#include <string>

namespace dflow::transfer {

/// This process's kernel, set of process ids and user, as text; the kernel alone if it wants no memory. Two
/// processes that have the same may read each other's memory, as far as one can tell from outside.
const std::string& machine();

/// Both run on one kernel.
bool same_host(const std::string& a, const std::string& b);

/// A process's number means the same to both: containers on one kernel have numbers of their own. As far as they say so: of who
/// wants no memory, the kernel is all that is known.
bool same_numbers(const std::string& a, const std::string& b);

/// Whether this process reads, and shows, values in memory: unless DFLOW_SHARED_MEMORY=0.
bool memory_wanted();
/// A process of that machine can be shown values in this one's memory.
bool shares_memory(const std::string& other);

/// Lets `process`, and those that it has started, read this process's memory where the kernel would keep that
/// to debuggers (Yama).
void let_read(std::int64_t process) noexcept;

}  // namespace dflow::transfer
