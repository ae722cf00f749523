// How much memory there is.
#pragma once

#include <cstdint>
#include <string>

namespace dflow::local {

/// Bytes that this machine has, or that the control groups (version 1 or 2) of this process leave it. `root`
/// stands for "/".
std::uint64_t memory_of_machine(const std::string& root = {});

}  // namespace dflow::local
