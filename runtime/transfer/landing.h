// The memory that a large value arrives in.
#pragma once

#include <cstddef>
#include <span>

namespace dflow::transfer {

/// Asks for huge pages for the memory if it is large and about to be written for the first time: receiving a
/// large value is bound by the faults of the pages that it goes to.
void prepare_landing(std::span<std::byte> memory) noexcept;

}  // namespace dflow::transfer
