// Memory for values on their way.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace dflow::cluster {

/// Leaves bytes that will be overwritten as they are, and asks for huge pages for large blocks: receiving a large value is
/// bound by the faults of the pages that it goes to.
template <class T>
struct BufferAllocator {
  using value_type = T;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  BufferAllocator() = default;
  template <class U>
  BufferAllocator(const BufferAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    if (size < 2 * kHugePage) return static_cast<T*>(::operator new(size));
    const std::size_t rounded = (size + kHugePage - 1) / kHugePage * kHugePage;
    void* memory = rounded < size ? nullptr : std::aligned_alloc(kHugePage, rounded);
    if (!memory) throw std::bad_alloc();
    ::madvise(memory, rounded, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    if (count * sizeof(T) < 2 * kHugePage) ::operator delete(memory);
    else std::free(memory);
  }
  template <class U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Args>
  void construct(U* place, Args&&... args) {
    ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
  }
  bool operator==(const BufferAllocator&) const = default;
};

using Buffer = std::vector<std::byte, BufferAllocator<std::byte>>;

}  // namespace dflow::cluster
