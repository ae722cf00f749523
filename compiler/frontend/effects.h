// Which calls have effects that a dry run must not have: input and output, time, randomness, threads, functions that
// nobody can look into.
#pragma once

#include <string>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

enum class CallClass {
  pure,     ///< The result depends on the arguments; mutable arguments may change.
  inspect,  ///< A function of the user's whose body tells.
  unknown,  ///< Its result may depend on anything, but it changes nothing of ours.
  effect,
};

struct CallKind {
  CallClass kind = CallClass::pure;
  std::string reason;  ///< Of an effect, and the name of what is unknown.
};

/// A reference or pointer by which the object can be changed.
bool is_mutable_access(clang::QualType type);

/// Whoever is given an object of this type can submit tasks, or learn what they came to.
bool gives_away(clang::QualType type);

/// Classifies a call or a construction that is none of dflow's own.
CallKind classify(const clang::Expr& call, const Project& project);

}  // namespace dflow::compiler
