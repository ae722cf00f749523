// What is submitted, as a launcher calls it: the same function wherever it is written.
#pragma once

#include <string>

#include "compiler/frontend/launch_values.h"

namespace dflow::compiler {

struct LaunchCallable {
  const clang::FunctionDecl* function = nullptr;  ///< That is called in the end.
  std::string text;                               ///< Its name, or the type of an object.
  std::string made = {};                          ///< The object, if it has a state.
  bool noted = false;                             ///< Called by a pointer that the program's own text leaves.
  const clang::LambdaExpr* lambda = nullptr;      ///< Whose text leaves it,
  std::string key = {};                           ///< under this name: "\"file\", line, column".
};

/// Throws NotLaunched.
LaunchCallable launch_callable(const SiteCall& site, LaunchValues& values, const Project& project);

}  // namespace dflow::compiler
