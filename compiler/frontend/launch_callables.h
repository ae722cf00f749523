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
  std::string note = {};                          ///< by this function, called with it.
  std::vector<const clang::Expr*> captured = {};  ///< The copies, as they are made.
  std::string method = {};                        ///< Of a member function, which is called on the first argument: its name.
};

/// How a function that is not a member of an object is called by its name. Throws NotLaunched.
std::string called_function(const clang::FunctionDecl& function, const clang::ASTContext& context, clang::SourceLocation where);

/// What the task takes at this place: of a member function first the object, by value where the call may change it.
clang::QualType task_parameter(const clang::FunctionDecl& function, unsigned place, const clang::ASTContext& context);

/// Throws NotLaunched.
LaunchCallable launch_callable(const SiteCall& site, LaunchValues& values, const Project& project);

}  // namespace dflow::compiler
