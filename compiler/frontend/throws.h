// Exceptions that leave an expression, and handlers that stop them.
#pragma once

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

/// As far as can be seen. That memory may run out does not count.
bool may_throw(const clang::Expr& expression);

/// Handlers after which the function goes on.
int handlers_that_stop(const clang::CXXTryStmt& attempt);

/// Where this many handlers around an argument stop exceptions: what it throws decides what comes next, so that one that
/// may throw is not put off.
LazyForm lazy_form(const clang::Expr& argument, int rescues);

}  // namespace dflow::compiler
