// The points of isl's sets and relations for concrete parameters.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/result.h"

namespace dflow::compiler::flow {

using Point = std::vector<std::int64_t>;
using Values = std::map<std::string, std::int64_t>;  ///< By the names that isl's text has.

/// Of a set its points, of a relation pairs: the first one's indices, then the second one's; sorted. Refuses
/// what is not finite, and more than `limit` points.
formats::Result<std::vector<Point>> points_of(const std::string& text, const Values& parameters,
                                              std::size_t limit = 10'000'000);

/// Whether `text`, a set of parameters, has these.
formats::Result<bool> allows(const std::string& text, const Values& parameters);

}  // namespace dflow::compiler::flow
