// Dependences to C++: the expressions, conditions and loops that a launcher (codegen/launcher.h) is made of, printed by
// isl's code generator (Grosser, Verdoolaege, Cohen, "Polyhedral AST generation is more than scanning polyhedra", 2015).
//
// Names in the texts: `dflow_SYMBOL` for parameters, `dflow_VARIABLE` for the indices of the instance at hand.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/flow/analyse.h"

namespace dflow::compiler::flow {

/// Where a value comes from: under `condition` ("" for the last case) from that instance of `producer`.
struct SourceCase {
  std::string condition;
  std::uint32_t producer = 0;
  std::vector<std::string> indices;
};

/// A future argument of a family's tasks. Where it is a container, `dflow_e` counts its elements.
struct LaunchInput {
  std::uint32_t argument = 0;
  bool is_range = false;
  std::string length;   ///< Of a range, in the instance's indices.
  std::string longest;  ///< Of all instances' ranges.
  std::vector<SourceCase> cases;
};

/// Which element of what is returned (counted from 0) an instance makes, under a condition.
struct OutputCase {
  std::string condition;
  std::string element;
};

struct LaunchFamily {
  std::uint32_t node = 0;
  std::vector<std::string> variables;
  std::string nonempty;                                     ///< Condition on the parameters; "" for always.
  std::vector<std::pair<std::string, std::string>> bounds;  ///< Least and greatest index, dimension by dimension.
  std::string contains;                                     ///< Condition on indices within bounds; "" for all.
  std::vector<LaunchInput> inputs;
  /// Statements that call `dflow_visit(InputOf<CONSUMER, ARGUMENT>{}, indices...[, element])`; "" for no consumers.
  std::string consumers;
  /// Statements that count the instances without consumers in `dflow_sinks`.
  std::string sinks;
  std::vector<OutputCase> outputs;
};

struct LaunchCode {
  std::vector<formats::Symbol> symbols;
  std::string assumptions;  ///< "" for always
  std::vector<LaunchFamily> families;
  bool returns = false;          ///< Something that the tasks make.
  std::string returned_length;   ///< "" for a single future.
};

/// None, with the reason, where a launcher cannot have all that it needs in closed form. `reduces`: nodes whose first
/// argument is folded into a tree, which must have at least two elements; other containers of futures at least one.
formats::Result<LaunchCode> launch_code(const Analysed& analysed, const std::vector<std::uint32_t>& reduces);

}  // namespace dflow::compiler::flow
