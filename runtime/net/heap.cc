#include "runtime/net/heap.h"

#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace dflow::net {

namespace {

constexpr std::size_t kPage = 4096;  // no smaller one is known

std::atomic<bool> keeps{false};

/// All pages of a block are there: by one call of the kernel where it knows that one (5.14), else one by one.
void populate(char* block, std::size_t size) {
#ifdef MADV_POPULATE_WRITE
  const auto begin = (reinterpret_cast<std::uintptr_t>(block) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(block) + size) / kPage * kPage;
  if (::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE) == 0) return;
#endif
  for (std::size_t at = 0; at < size; at += kPage) static_cast<volatile char*>(block)[at] = 0;
}

}  // namespace

void keep_freed_memory() {
  // Freeing a block that came from the kernel raises the C library's bounds to its size, twice that for what threads keep.
  constexpr std::size_t kHalf = std::size_t{2} << 20;
  void* const volatile block = std::malloc(kHalf);
  std::free(block);
  keeps = true;
}

void give_back_memory(std::size_t resident, std::size_t much) {
  const struct mallinfo2 heap = ::mallinfo2();
  if (resident > heap.uordblks + heap.hblkhd + much) ::malloc_trim(0);
}

void prepare_heap(std::size_t bytes) {
  thread_local bool prepared = false;
  if (!keeps || prepared) return;
  prepared = true;
  void* const volatile block = std::malloc(bytes);
  if (block) populate(static_cast<char*>(block), bytes);
  std::free(block);
}

}  // namespace dflow::net
