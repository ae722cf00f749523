// What evaluating an expression, or running a function's body, changes of what was there before it.
#pragma once

#include <map>
#include <vector>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Finds changes in the expression itself and in the functions that it calls, as far as they can be seen: what lambdas do
/// to what they captured, and what functions do through pointers, references and members. What cannot be seen is taken to
/// keep what its signature promises. Globals do not count: whoever reads one does not know it anyway. Remembers functions.
class ChangeSearch {
 public:
  using Targets = std::vector<const clang::Expr*>;

  /// What is changed, as it is named there: `x`, `x[i]`, `*p`, or a pointer through which something is.
  Targets changed_by(const clang::Stmt& part);
  /// The same of a body, without what ends with it.
  const Targets& changed_by(const clang::FunctionDecl& body);

 private:
  std::map<const clang::FunctionDecl*, Targets> bodies_;
};

/// A pointer or reference by which what it leads to can be changed, or an object that holds some and does not own that.
bool reaches(clang::QualType type);

}  // namespace dflow::compiler
