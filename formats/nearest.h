// What somebody may have meant by a name that there is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dflow::formats {

/// The one of `known` that is nearest to `name` in insertions, deletions and replacements of characters (Levenshtein), or
/// "" if that takes more than two and more than a third of the name's characters.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace dflow::formats
