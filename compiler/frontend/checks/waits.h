// Where a program may wait for tasks, and where it leaves an object as it is.
#pragma once

#include <map>

#include "compiler/frontend/checks/checks.h"

namespace dflow::compiler {

/// Whether evaluating something may wait for tasks: yes where it cannot be seen. Remembers functions.
class WaitSearch {
 public:
  /// This statement or expression itself, its parts aside.
  bool waits_here(const clang::Stmt& statement);

 private:
  bool call_waits(const clang::CallExpr& call);
  bool body_waits(const clang::FunctionDecl& function);
  std::map<const clang::FunctionDecl*, bool> bodies_;
};

/// All that a statement evaluates, bodies of lambdas aside; what is inside of a part if `see` says so.
void visit_evaluated(const clang::Stmt& statement, const std::function<bool(const clang::Stmt&)>& see);

/// Whether what stands around the name of an object changes it: surely, perhaps (somebody gets a mutable
/// access), or not.
enum class Change { none, perhaps, sure };
Change change_of(const clang::Expr& name, Around around);

/// Nothing in the body may change the variable, or the object of `this` if that is null.
bool reads_only(const clang::FunctionDecl& function, const clang::VarDecl* variable);

}  // namespace dflow::compiler
