// Types as C++ that can be written anywhere.
#pragma once

#include <string>

#include "clang/AST/ASTContext.h"
#include "clang/AST/Type.h"

namespace dflow::compiler {

/// From the global namespace: "::ns::Box<::Point>".
std::string type_text(clang::QualType type, const clang::ASTContext& context);

/// No type or name that was printed in words instead of C++.
bool is_writable(const std::string& text);

}  // namespace dflow::compiler
