// Numbers that are computed from a graph function's parameters.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "formats/result.h"

namespace dflow::compiler::flow {

/// The value of `expression`, as records.h spells it: names of parameters, numbers, + - * / % and parentheses. Fails
/// for a name that is not among `parameters`, for a division by 0 and beyond 64 bits.
formats::Result<std::int64_t> computed(const std::string& expression,
                                       const std::map<std::string, std::int64_t>& parameters);

}  // namespace dflow::compiler::flow
