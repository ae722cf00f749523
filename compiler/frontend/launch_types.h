// Types as a launcher repeats them, and whether their values can be kept for later.
#pragma once

#include <stdexcept>
#include <string>

#include "clang/AST/ASTContext.h"
#include "clang/AST/Type.h"
#include "clang/Basic/SourceLocation.h"

namespace dflow::compiler {

/// Why a function whose dependences are known is not launched, with the line that says so.
struct NotLaunched : std::runtime_error {
  NotLaunched(const std::string& reason, clang::SourceLocation where) : std::runtime_error(reason), location(where) {}
  clang::SourceLocation location;
};
[[noreturn]] void refuse_launch(const std::string& reason, clang::SourceLocation where);

/// From the global namespace. Throws NotLaunched if it has no name there.
std::string launch_type(clang::QualType type, const clang::ASTContext& context, clang::SourceLocation where);
/// The same for a function, a constant or an enumerator.
std::string launch_name(const clang::NamedDecl& decl, const clang::ASTContext& context, clang::SourceLocation where);

/// The first type argument of a standard or dflow template; null if there is none.
clang::QualType first_type_argument(clang::QualType type);
/// What the futures in it hold.
clang::QualType future_value(clang::QualType type);
bool is_sequence(clang::QualType type);

/// Standard containers claim to be copyable whatever they hold.
bool is_copyable(clang::QualType type);
/// Copies of it mean the same later and elsewhere, and can be made at all.
bool is_value(clang::QualType type);

}  // namespace dflow::compiler
