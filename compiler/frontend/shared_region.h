// How far into a main file its analysis and its compilation can go together.
#pragma once

#include <cstddef>
#include <string_view>

namespace dflow::compiler {

/// Where the last token begins that both are likely to read alike, at `from` or behind it: the one before the first
/// that speaks of executors, graphs or calls of dflow. A guess: what is rewritten is known after the analysis only.
std::size_t last_shared_token(std::string_view text, std::size_t from);

}  // namespace dflow::compiler
