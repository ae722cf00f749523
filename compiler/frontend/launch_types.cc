#include "compiler/frontend/launch_types.h"

#include <algorithm>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/QualTypeNames.h"
#include "compiler/frontend/recognise.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

/// Not local to a function, and not hidden in a class.
bool is_reachable(const clang::Decl& decl) {
  for (const clang::Decl* at = &decl; at != nullptr && !isa<clang::TranslationUnitDecl>(at);) {
    if (at->getAccess() == clang::AS_private || at->getAccess() == clang::AS_protected) return false;
    const auto* context = at->getDeclContext();
    if (context == nullptr || isa<clang::FunctionDecl>(context)) return context == nullptr;
    at = cast<clang::Decl>(context);
  }
  return true;
}

/// All that its name consists of.
bool is_reachable(clang::QualType type) {
  type = type.getCanonicalType();
  if (const auto* array = type->getAsArrayTypeUnsafe()) return is_reachable(array->getElementType());
  if (type->isPointerType() || type->isReferenceType()) return is_reachable(type->getPointeeType());
  const auto* tag = type->getAsTagDecl();
  if (tag == nullptr) return true;
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(tag);
  const bool arguments = instance == nullptr || std::ranges::all_of(instance->getTemplateArgs().asArray(), [](const auto& argument) {
    return argument.getKind() != clang::TemplateArgument::Type || is_reachable(argument.getAsType());
  });
  return arguments && (in_std_namespace(*tag) || in_dflow_namespace(*tag) || is_reachable(*tag));
}

bool has_copy_constructor(const clang::CXXRecordDecl& record) {
  for (const auto* constructor : record.ctors())
    if (constructor->isCopyConstructor() && (constructor->isDeleted() || constructor->getAccess() != clang::AS_public)) return false;
  return record.hasSimpleCopyConstructor() || record.hasCopyConstructorWithConstParam();
}

}  // namespace

void refuse_launch(const std::string& reason, clang::SourceLocation where) { throw NotLaunched(reason, where); }

std::string launch_type(clang::QualType type, const clang::ASTContext& context, clang::SourceLocation where) {
  auto text = clang::TypeName::getFullyQualifiedName(type, context, full_names(context), /*WithGlobalNsPrefix=*/true);
  const bool writable = text.find("(lambda") == std::string::npos && text.find("(unnamed") == std::string::npos &&
                        text.find("(anonymous") == std::string::npos;
  if (!writable || !is_reachable(type)) refuse_launch("a type cannot be named", where);
  return text;
}

std::string launch_name(const clang::NamedDecl& decl, const clang::ASTContext& context, clang::SourceLocation where) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "::";
  decl.getNameForDiagnostic(out, full_names(context), /*Qualified=*/true);
  out.flush();
  if (text.find('(') != std::string::npos || !is_reachable(decl))
    refuse_launch("'" + decl.getNameAsString() + "' cannot be named outside of where it is declared", where);
  return text;
}

clang::QualType first_type_argument(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  const auto* instance = record == nullptr ? nullptr : dyn_cast<clang::ClassTemplateSpecializationDecl>(record);
  if (instance == nullptr || instance->getTemplateArgs().size() == 0 ||
      instance->getTemplateArgs()[0].getKind() != clang::TemplateArgument::Type)
    return {};
  return instance->getTemplateArgs()[0].getAsType();
}

clang::QualType future_value(clang::QualType type) {
  for (; !type.isNull(); type = first_type_argument(type))
    if (is_future(type)) return first_type_argument(type);
  return {};
}

bool is_sequence(clang::QualType type) { return is_std_class(type, {"vector", "array", "deque"}); }

bool is_copyable(clang::QualType type) {
  const auto* record = type.getCanonicalType()->getAsCXXRecordDecl();
  if (record == nullptr) return !type->isArrayType();
  if (!record->hasDefinition() || !has_copy_constructor(*record)) return false;
  const bool holds = is_std_class(type, {"vector", "array", "deque", "list", "map", "unordered_map", "set", "optional", "pair", "tuple", "variant"});
  if (!holds) return true;
  const auto fine = [](const clang::TemplateArgument& argument) {
    return argument.getKind() != clang::TemplateArgument::Type || is_copyable(argument.getAsType());
  };
  return std::ranges::all_of(cast<clang::ClassTemplateSpecializationDecl>(record)->getTemplateArgs().asArray(), [&](const auto& argument) {
    return argument.getKind() == clang::TemplateArgument::Pack ? std::ranges::all_of(argument.pack_elements(), fine) : fine(argument);
  });
}

bool is_value(clang::QualType type) {
  type = type.getCanonicalType().getUnqualifiedType();
  if (type->isArithmeticType() || type->isEnumeralType()) return true;
  if (const auto* array = type->getAsArrayTypeUnsafe()) return type->isConstantArrayType() && is_value(array->getElementType());
  const auto* record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || is_executor(type) || holds_future(type)) return false;
  if (in_std_namespace(*record)) {
    if (is_std_class(type, {"basic_string"})) return true;
    if (!is_std_class(type, {"vector", "array", "deque", "pair", "tuple", "optional", "map", "complex"})) return false;
    const auto* instance = cast<clang::ClassTemplateSpecializationDecl>(record);
    const auto fine = [](const clang::TemplateArgument& argument) {
      if (argument.getKind() != clang::TemplateArgument::Type) return true;
      const auto* own = argument.getAsType()->getAsCXXRecordDecl();
      if (own != nullptr && in_std_namespace(*own) && own->getDeclName().isIdentifier() &&
          (own->getName() == "allocator" || own->getName() == "less" || own->getName() == "char_traits"))
        return true;
      return is_value(argument.getAsType());
    };
    return std::ranges::all_of(instance->getTemplateArgs().asArray(), [&](const auto& argument) {
      if (argument.getKind() != clang::TemplateArgument::Pack) return fine(argument);
      return std::ranges::all_of(argument.pack_elements(), fine);
    });
  }
  if (record->isLambda() || record->isUnion()) return false;
  const auto field_is_value = [](const auto* field) { return is_value(field->getType()); };
  const auto base_is_value = [](const auto& base) { return is_value(base.getType()); };
  return has_copy_constructor(*record) && std::ranges::all_of(record->fields(), field_is_value) && std::ranges::all_of(record->bases(), base_is_value);
}

}  // namespace dflow::compiler
