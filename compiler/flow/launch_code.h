// Dependences to C++: the expressions, conditions and loops that a launcher (codegen/launcher.h) is made of, printed by
// isl's code generator (Grosser, Verdoolaege, Cohen, "Polyhedral AST generation is more than scanning polyhedra", 2015).
//
// Names in the texts: `own_name` of parameters' symbols and of loops' variables, for the indices of the instance at hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/flow/flat_rows.h"
#include "compiler/ir/plan.h"
#include "formats/result.h"

namespace dflow::compiler::flow {

/// Where a value comes from: under `condition` ("" for the last case) from that instance of `producer`.
struct SourceCase {
  std::string condition;
  std::uint32_t producer = 0;
  std::vector<std::string> indices;
  ir::Reader reader = ir::Reader::counted;
};

/// A future argument of a family's tasks. Where it is a container, `dflow_e` counts its elements.
struct LaunchInput {
  std::uint32_t argument = 0;
  bool is_range = false;
  std::vector<std::pair<std::string, std::string>> parts = {};  ///< Of `dflow_e`, what the cases mention instead, and its value.
  std::string length;   ///< Of a range, in the instance's indices.
  std::string longest;  ///< Of all instances' ranges.
  std::vector<SourceCase> cases;
};

/// Which future of what is returned an instance makes, under a condition.
struct OutputCase {
  std::string condition;
  std::size_t leaf = 0;
  std::vector<std::string> element;  ///< Its subscripts there.
};

/// One of the futures, or families of them, in what is returned. Subscripts are `dflow_e0`, `dflow_e1`, ...
struct ReturnedLeaf {
  std::vector<std::string> lengths;  ///< Of the containers, level by level, in the subscripts around.
  std::vector<std::string> extents;  ///< The greatest of these.
  struct Part {
    std::uint32_t producer = 0;
    std::vector<SourceCase> given;  ///< Where it is what was given: which.
    std::string elements;  ///< Statements that call `dflow_visit(subscripts...)`.
  };
  std::vector<Part> parts;
};

/// A call that each task runs.
struct LaunchStep {
  std::uint32_t node = 0;
  std::uint32_t first_argument = 0;   ///< Inputs count the arguments of all steps together.
  std::optional<std::uint32_t> fed;   ///< The place of its argument that is the result of the step before.
  std::vector<std::string> indices;   ///< The call's own, in the task's.
};

struct LaunchFamily {
  std::uint32_t node = 0;
  std::vector<LaunchStep> steps;                            ///< The last one is the node's own.
  std::uint32_t level = 0;                                  ///< Of ready tasks, those with a higher one should run first.
  std::vector<std::string> variables;
  bool counted = true;                                      ///< Some reader has to know how many there are.
  std::string nonempty;                                     ///< Condition on the parameters; "" for always.
  std::vector<std::pair<std::string, std::string>> bounds;  ///< Least and greatest index, dimension by dimension.
  std::string contains;                                     ///< Condition on indices within bounds; "" for all.
  std::vector<LaunchInput> inputs;
  /// Statements that call `dflow_visit_CONSUMER_ARGUMENT(indices...[, element])`; "" for no consumers.
  std::string consumers;
  /// Statements that count the instances without consumers in `dflow_sinks`.
  std::string sinks;
  std::vector<OutputCase> outputs;
  bool given = false;    ///< No tasks: futures from outside.
  /// Of what is given, and of tasks with values that are evaluated before: statements that call `dflow_visit(indices...)`.
  std::string elements;
};

struct LaunchCode {
  std::vector<formats::Symbol> symbols;
  std::string assumptions;  ///< "" for always
  std::vector<LaunchFamily> families;
  std::vector<ReturnedLeaf> returned;
};

/// What a parameter or a loop's variable of the user's is called in the texts, and nothing of the launcher's own.
std::string own_name(const std::string& name);
/// What a family's indices are called in the texts.
std::vector<std::string> own_names(const std::vector<std::string>& variables);

/// None, with the reason, where a launcher cannot have all that it needs in closed form. A reduce must have at least two
/// elements; other containers of futures at least one.
formats::Result<LaunchCode> launch_code(const ir::Plan& plan, const Flattened& flat = {});

}  // namespace dflow::compiler::flow
