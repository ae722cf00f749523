// How much memory there is.
#pragma once

#include <cstdint>
#include <string>

namespace dflow::formats {

/// Bytes that this machine has, or that the control groups (version 1 or 2) of this process leave it. `root`
/// stands for "/".
std::uint64_t memory_of_machine(const std::string& root = {});

/// The same for this process, found out once.
inline std::uint64_t memory_here() {
  static const std::uint64_t all = memory_of_machine();
  return all;
}

/// False for more bytes than the machine has (0: nobody knows), whoever says that he has them to give.
inline bool fits_into_machine(std::uint64_t bytes, std::uint64_t machine = memory_here()) {
  return machine == 0 || bytes <= machine;
}

}  // namespace dflow::formats
