// Whether a variable that is no constant is one all the same.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Stmt.h"

namespace dflow::compiler {

/// Each place in the body that names it takes its value, or that of a part, or binds it as const. What is not understood changes
/// it.
bool only_reads(const clang::Stmt& body, const clang::VarDecl& variable);

}  // namespace dflow::compiler
