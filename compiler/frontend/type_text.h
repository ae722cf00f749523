// Types as C++ that can be written anywhere.
#pragma once

#include <string>

#include "clang/AST/ASTContext.h"
#include "clang/AST/PrettyPrinter.h"
#include "clang/AST/Type.h"

namespace dflow::compiler {

/// Prints every name from the global namespace on, and no places of files.
inline clang::PrintingPolicy full_names(const clang::ASTContext& context) {
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.SuppressUnwrittenScope = true;
  policy.FullyQualifiedName = true;
  policy.AnonymousTagLocations = false;
  return policy;
}

/// From the global namespace: "::ns::Box<::Point>".
std::string type_text(clang::QualType type, const clang::ASTContext& context);

/// No type or name that was printed in words instead of C++.
bool is_writable(const std::string& text);

}  // namespace dflow::compiler
