// isl's sets and relations for people.
#pragma once

#include <isl/cpp.h>

#include <string>
#include <vector>

#include "compiler/flow/analyse.h"

namespace dflow::compiler::flow {

/// One text for each convex piece: "0 <= k < i < n". Empty text: holds everywhere.
std::vector<std::string> conditions_of(const isl::set& set);

/// A relation that gives each consumer one producer, case by case.
std::vector<Line> lines_of(const isl::map& relation);

/// "k,i"
std::vector<std::string> variables_of(const isl::set& set);

}  // namespace dflow::compiler::flow
