// Whether a function looks after what it shares.
#pragma once

#include "clang/AST/Decl.h"

namespace dflow::compiler {

/// It takes a lock somewhere, or calls something once.
bool locks(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
