#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// Turns a compiler's messages about changed texts into messages about the user's own: in
///
///     app.cpp:4:60: warning: unused variable 'x'
///         4 |   ex.submit(::dflow::detail::site<...>, f); int x;
///           |                                                 ^
///
/// the quoted line becomes the user's, and columns (in the message and below the line) move to where the same
/// character stands in it. Insertions keep to their lines, so line numbers are right already.
std::string with_own_lines(const std::string& messages, const std::vector<RewrittenFile>& files);

/// The 1-based column of `original` where the character at `column` of `changed` stands; one that was
/// inserted: the character behind the insertion. `changed` must be `original` with insertions.
std::size_t own_column(std::string_view original, std::string_view changed, std::size_t column);

}  // namespace dflow::compiler
