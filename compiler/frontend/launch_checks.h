// What else stands in a function that is launched: nothing that could be seen, since none of it runs.
#pragma once

#include <set>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Throws NotLaunched at what might be seen: of the function, and of those that it calls.
class LaunchChecks {
 public:
  /// `repeated`: expressions that the launcher evaluates as they are written. `bounded`: calls of `at` that do not throw for
  /// any parameters that the plan holds for.
  LaunchChecks(std::set<const clang::Expr*> repeated, const std::set<const clang::CallExpr*>& bounded)
      : repeated_(std::move(repeated)), bounded_(bounded) {}
  void check(const clang::FunctionDecl& function);

 private:
  void check_all(const clang::Stmt& statement);
  void check(const clang::Stmt& part);
  void check_call(const clang::CallExpr& call);
  std::set<const clang::Expr*> repeated_;
  const std::set<const clang::CallExpr*>& bounded_;
  std::set<const clang::FunctionDecl*> seen_;
};

}  // namespace dflow::compiler
