#pragma once

#include <string>
#include <string_view>

namespace dflow::tools {

/// `text` as a quoted string of Graphviz's language.
std::string dot_string(std::string_view text);

}  // namespace dflow::tools
