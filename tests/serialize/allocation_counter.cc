// The replaced operators stand alone: inlined into their callers, malloc and free look mismatched to g++.
#include "tests/serialize/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocated{0}, times{0};

void count(std::size_t size) {
  allocated.fetch_add(size, std::memory_order_relaxed);
  times.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

std::size_t dflow::testing::allocated_bytes() {
  return allocated.load();
}
std::size_t dflow::testing::allocations() {
  return times.load();
}

void* operator new(std::size_t size) {
  count(size);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  count(size);
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
