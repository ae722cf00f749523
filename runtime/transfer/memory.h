// Values from the memory of another process of this machine: read by the kernel from where they lie to where
// they belong. docs/decisions/shared_memory.md says why not through a shared segment.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/net/messages.h"
#include "runtime/transfer/source.h"

namespace dflow::transfer {

/// Smaller values are quicker sent than shown.
inline constexpr std::uint64_t kShownFrom = 256 << 10;

/// Where a value lies in this process; it must live, unchanged, until the other side has read it. Empty if
/// there are so many pieces that they are better sent.
std::optional<net::Memory> show(std::span<const std::span<const std::byte>> pieces);

/// Reads what another process has shown. A process that has ended is never mistaken for one that was given
/// its number: a word that only the right one has is compared before the first byte and after the last.
class MemorySource final : public Source {
 public:
  MemorySource(const net::Memory& memory, std::uint64_t size);

  formats::Result<void> probe() override;

 private:
  formats::Result<void> fill(std::span<std::byte> into) override;

  const net::Memory& memory_;
  std::size_t piece_ = 0;     ///< The next byte lies in this one,
  std::uint64_t offset_ = 0;  ///< and there.
};

}  // namespace dflow::transfer
