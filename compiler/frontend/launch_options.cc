#include "compiler/frontend/launch_options.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_types.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

std::int64_t constant(const clang::Expr& value, const clang::ASTContext& context, const std::string& option) {
  clang::Expr::EvalResult result;
  if (!value.EvaluateAsInt(result, context)) refuse_launch("option '" + option + "' is no constant", value.getExprLoc());
  return result.Val.getInt().getExtValue();
}

}  // namespace

void read_launch_options(const clang::InitListExpr& options, const clang::ASTContext& context, LaunchSite& site) {
  enum OnFailure { fail, ignore, cancel_successors };
  const auto* record = options.getType()->getAsCXXRecordDecl();
  auto init = options.inits().begin();
  bool once = false;
  for (const auto* field : record->fields()) {
    if (init == options.inits().end()) break;
    const clang::Expr& value = **init++;
    if (isa<clang::CXXDefaultInitExpr, clang::ImplicitValueInitExpr>(value)) continue;
    const std::string name = field->getNameAsString();
    if (name == "priority") site.priority = static_cast<int>(constant(value, context, name));
    if (name == "retries") site.retries = static_cast<unsigned>(constant(value, context, name));
    if (name == "pure") site.pure = site.pure || constant(value, context, name) != 0;
    if (name == "once") once = constant(value, context, name) != 0;
    if (name == "on_failure") {
      const auto chosen = constant(value, context, name);
      if (chosen == ignore) refuse_launch("option 'on_failure' ignores failures", value.getExprLoc());
      site.cancels = chosen == cancel_successors;
    }
    if (name == "timeout") refuse_launch("option 'timeout' limits how long a task may run", value.getExprLoc());
  }
  // The submit says what is wrong about it.
  if (once && (site.retries > 0 || site.pure)) refuse_launch("option 'once' goes with neither 'retries' nor 'pure'", options.getExprLoc());
}

const clang::Expr& executor_behind(const clang::Expr& object) {
  const clang::Expr* bare = object.IgnoreParenImpCasts()->IgnoreImplicit();
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(bare); made != nullptr && made->getNumArgs() == 1) return executor_behind(*made->getArg(0));
  if (const auto* with = dyn_cast<clang::CXXMemberCallExpr>(bare)) return *with->getImplicitObjectArgument();
  const auto* variable = named_variable(*bare);
  const bool bound = variable != nullptr && is_dflow_class(variable->getType(), "BoundExecutor") && variable->hasInit() && variable->isLocalVarDecl();
  return bound ? executor_behind(*variable->getInit()) : object;
}

}  // namespace dflow::compiler
