// What `ex.with(TaskOptions{...})` says of tasks that are launched.
#pragma once

#include "clang/AST/Expr.h"
#include "compiler/codegen/launcher.h"

namespace dflow::compiler {

/// Names, priorities, retries, time limits, purity, what failures lead to, and what only worker processes heed. Throws
/// NotLaunched for what is no constant.
void read_launch_options(const clang::InitListExpr& options, const clang::ASTContext& context, LaunchSite& site);

/// The executor behind `ex.with(...)`, written in place or as a variable that is one.
const clang::Expr& executor_behind(const clang::Expr& object);

}  // namespace dflow::compiler
