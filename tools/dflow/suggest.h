#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dflow::tools {

/// " (did you mean word_count?)", or "" if nothing is near; then the list "; it has heat, word_count".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

/// "heat, word_count"; what is too long for a line of text is counted instead.
std::string list(const std::vector<std::string>& names);

}  // namespace dflow::tools
