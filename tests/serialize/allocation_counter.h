// Counts what a test program allocates.
#pragma once

#include <cstddef>

namespace dflow::testing {

/// Bytes asked of operator new since the program began.
std::size_t allocated_bytes();
/// How often it was asked.
std::size_t allocations();

}  // namespace dflow::testing
