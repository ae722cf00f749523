// What else stands in a function that is launched: nothing that could be seen, since none of it runs.
#pragma once

#include <set>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Throws NotLaunched at what might be seen: of the function, and of those that it calls.
class LaunchChecks {
 public:
  /// `repeated`: expressions that the launcher evaluates as they are written.
  explicit LaunchChecks(std::set<const clang::Expr*> repeated) : repeated_(std::move(repeated)) {}
  void check(const clang::FunctionDecl& function);

 private:
  void check_all(const clang::Stmt& statement);
  void check(const clang::Stmt& part);
  void check_call(const clang::CallExpr& call);
  std::set<const clang::Expr*> repeated_;
  std::set<const clang::FunctionDecl*> seen_;
};

}  // namespace dflow::compiler
