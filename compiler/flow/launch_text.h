// Sets of isl's as C++: conditions, coordinates and loops, where parameters are variables of type dflow_rt::Index.
#pragma once

#include <isl/cpp.h>

#include <functional>
#include <string>
#include <vector>

namespace dflow::compiler::flow {

/// `known`: for what parameters the text need be right. Its points, if there are any, play no part.
isl::ast_build build_in(const isl::set& known);

/// An expression for `value`, which it takes.
std::string value_text(const isl::ast_build& build, isl_pw_aff* value);

/// The number of values from 0 up to `greatest`, which it takes.
std::string count_up_to(const isl::ast_build& build, isl_pw_aff* greatest);

/// "" where it holds throughout `known`.
std::string condition(const isl::set& set, const isl::set& known);

/// Of a set of points of which each choice of parameters leaves one, or none: case by case where that is, as a set and as a
/// condition within `known`, and the point's coordinates.
using EachCase = std::function<void(const isl::set& where, std::string when, std::vector<std::string> coordinates)>;
void for_each_case(const isl::set& single, const isl::set& known, const EachCase& each);

/// Statements that go over the points of a set, in order, calling `visit(coordinates...)`.
std::string loops(const isl::set& points, const std::string& visit, const isl::set& known);

/// The same for a set of one point, or none, in a fifth of the time.
std::string call_at(const isl::set& single, const std::string& visit, const isl::set& known);

// Sets and relations with other names.
isl::set with_parameter_name(const isl::set& set, unsigned at, const std::string& name);
isl::map with_parameter_name(const isl::map& map, unsigned at, const std::string& name);
/// The indices become parameters with these names.
isl::set fixed(isl::set set, const std::vector<std::string>& names);
/// The first dimensions become parameters with these names.
isl::set inner_of(const isl::set& set, const std::vector<std::string>& names);
/// What is reached from an instance whose indices have these names.
isl::set image(isl::map map, const std::vector<std::string>& names);
/// The values of one dimension, whatever the others are, without gaps.
isl::set projected(const isl::set& domain, unsigned dimension);
isl::set same_tuple(const isl::set& set, const isl::set& like);

}  // namespace dflow::compiler::flow
