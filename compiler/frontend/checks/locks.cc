#include "compiler/frontend/checks/locks.h"

#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

using llvm::dyn_cast;

bool locks(const clang::FunctionDecl& function) {
  return any_part(*function.getBody(), [](const clang::Stmt& part) {
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&part))
      return is_std_class(made->getType(), {"lock_guard", "scoped_lock", "unique_lock", "shared_lock"});
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    const auto* callee = call == nullptr ? nullptr : call->getDirectCallee();
    return callee != nullptr && callee->getDeclName().isIdentifier() &&
           (callee->getName() == "lock" || callee->getName() == "call_once" ||
            callee->getName().contains("mutex_lock"));
  });
}

}  // namespace dflow::compiler
