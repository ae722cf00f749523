// The passes by name, in the order in which they run. Beside passes.h for those who only have to know the
// names.
#pragma once

#include <array>
#include <string_view>

namespace dflow::compiler::passes {

inline constexpr std::array<std::string_view, 6> kNames = {"verify", "dead-tasks", "common-calls",
                                                           "fusion", "last-use",   "critical-path"};

}  // namespace dflow::compiler::passes
