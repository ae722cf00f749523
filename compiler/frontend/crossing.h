// The types whose values cross tasks in one translation unit, and what the runtime has to be told of them.
#pragma once

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/edits.h"
#include "compiler/frontend/sendable.h"

namespace dflow::compiler {

/// The type of each value given to a task, in the order of `site.arguments`; null where it is not known.
std::vector<clang::QualType> argument_types(const SiteCall& site);

struct CrossingTypes {
  std::vector<Exposure> exposures;
  std::vector<std::string> exceptions;  ///< Thrown types of the user's, as they are written.
};

/// Classes local to functions are told what to say of themselves by edits, and lambdas become such classes.
CrossingTypes crossing_types(const Project& project, const Definitions& definitions, Proposals& proposals);

}  // namespace dflow::compiler
