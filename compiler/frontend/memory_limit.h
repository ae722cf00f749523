// How much memory an analysis may take.
#pragma once

#include <cstdint>
#include <string>

namespace dflow::compiler {

/// What the process ends with that has no memory left.
constexpr int kOutOfMemory = 11;

/// Bytes: of what the machine has, or its control groups leave this process. `root` stands for "/".
std::uint64_t half_of_machine(const std::string& root = {});

/// From here on this process has half of the machine's memory, or what the user has set if that is less, and ends with
/// kOutOfMemory if that does not do: the machine would end another program, or stand still, before it gave it all.
/// Forked processes have as much each. With AddressSanitizer, whose shadow is larger than any machine, there is no limit.
void limit_memory();

/// For what the user would have run without dflow.
void lift_memory_limit();

}  // namespace dflow::compiler
