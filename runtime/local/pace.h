// How long the tasks of each callable take, and how many of them make a chunk.
#pragma once

#include <chrono>
#include <cstdint>

#include <dflow/detail/node.h>

namespace dflow::local {

using detail::Node;

/// Notes that the body of this node, which still has its callable, took so long. Thread-safe.
void note_duration(const Node& node, std::chrono::nanoseconds took) noexcept;

}  // namespace dflow::local
