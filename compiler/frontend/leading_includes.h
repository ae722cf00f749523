// Where a file's leading includes end. Plain text: no Clang.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dflow::compiler {

/// The last #include that stands before any code and outside of every #if.
struct LeadingIncludes {
  std::size_t last = 0;  ///< where its line begins
  std::size_t end = 0;   ///< behind that line
};

/// Nothing where there is none, or where something before it is not plain: a directive over several lines, a
/// name from a macro.
std::optional<LeadingIncludes> leading_includes(std::string_view text);

}  // namespace dflow::compiler
