// What others have named, for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace dflow::formats {

/// The text without what a terminal would obey: control characters, those in `kept` aside, and bytes that are no UTF-8 are
/// written as `\x1b`, one for each byte.
std::string printable(std::string_view text, std::string_view kept = {});

/// The same for a message of several lines.
inline std::string printable_lines(std::string_view text) { return printable(text, "\n\t"); }

}  // namespace dflow::formats
