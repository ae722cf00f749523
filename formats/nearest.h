// What somebody may have meant by a name that there is not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::formats {

/// Insertions, deletions and replacements of characters that make one of the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` at the least edit distance from `name`, or "" if that is more than two and more than a third of the
/// name's characters, or more than one and than half of them: then they have next to nothing in common.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace dflow::formats
