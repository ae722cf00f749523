// The memory that this process's threads take from the C library.
#pragma once

#include <cstddef>

namespace dflow::net {

/// What this process frees stays with it from now on, up to 4 MiB a thread. As it comes, the C library gives it back to the kernel
/// beyond 128 KiB, page by page, and messages come in bursts: it is fetched again for the next one.
void keep_freed_memory();

/// Gives what is free back to the kernel, if that is much: so many bytes, of those that the process has in memory, are in no use. Takes
/// up to a second a GiB, in which others' threads may have to wait for memory. What was kept for the next burst goes, too.
void give_back_memory(std::size_t resident, std::size_t much);

/// Where freed memory is kept, the calling thread has so many bytes of it from now on, with their pages. Else a thread's memory comes
/// with what is put there, 4 KiB at a time, with a call of the kernel and a page fault each, while somebody waits for its first
/// messages. Once a thread; nothing happens afterwards.
void prepare_heap(std::size_t bytes);

/// For a thread that makes many small things of what it is sent.
inline constexpr std::size_t kLargeHeap = std::size_t{512} << 10;
/// For one that passes on what has less than that.
inline constexpr std::size_t kSmallHeap = std::size_t{128} << 10;

}  // namespace dflow::net
