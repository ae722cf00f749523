#include "runtime/transfer/landing.h"

#include <sys/mman.h>

#include <cstdint>

namespace dflow::transfer {

namespace {

constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
/// Below, what is gained is less than what the call costs.
constexpr std::size_t kWorthIt = 2 * kHugePage;

}  // namespace

void prepare_landing(std::span<std::byte> memory) noexcept {
  if (memory.size() < kWorthIt) return;
  const auto begin =
      (reinterpret_cast<std::uintptr_t>(memory.data()) + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = reinterpret_cast<std::uintptr_t>(memory.data() + memory.size()) / kHugePage * kHugePage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace dflow::transfer
