// From records to verdicts: is a graph function replicable, on what does its shape depend, where does it stop being
// knowable.
#pragma once

#include <map>

#include "compiler/frontend/records.h"

namespace dflow::compiler {

struct Verdict {
  bool replicable = false;
  std::string reason;  ///< Why not.
  std::vector<formats::ParameterNeed> needs;  ///< One a parameter.
  std::vector<formats::ParameterNeed> member_needs;  ///< One a member of FunctionRecord::members.
  formats::ParameterNeed object_need = formats::ParameterNeed::none;
  /// In order of lines, those of other files behind the graph's own.
  std::vector<formats::Boundary> boundaries;
  /// Sources that steer, or whose true value is needed otherwise, with the boundary that each makes.
  std::map<PlaceId, formats::Boundary> needed_sources;
  std::vector<FunctionId> reached;            ///< The function and all it calls.
};

/// Takes every function that `graph` reaches together: callers are not told apart, nor is the order of statements.
Verdict analyse(const UnitRecord& unit, FunctionId graph);

}  // namespace dflow::compiler
