// How much memory there is.
#pragma once

#include <cstdint>
#include <string>

namespace dflow::local {

/// Bytes that this machine has, or that the control groups (version 1 or 2) of this process leave it. `root`
/// stands for "/".
std::uint64_t memory_of_machine(const std::string& root = {});

/// False for more bytes than that, whoever says that he has them to give.
inline bool fits_into_machine(std::uint64_t bytes) {
  static const std::uint64_t all = memory_of_machine();
  return all == 0 || bytes <= all;
}

}  // namespace dflow::local
