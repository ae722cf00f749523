#include "compiler/frontend/passed_callables.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// `f`, `&f`, `&C::f`, and casts of them.
const clang::FunctionDecl* named_function(const clang::Expr& argument) {
  const clang::Expr* bare = &stripped(argument);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(bare)) return named_function(*unary->getSubExpr());
  const auto* name = dyn_cast<clang::DeclRefExpr>(bare);
  return name == nullptr ? nullptr : dyn_cast<clang::FunctionDecl>(name->getDecl());
}

/// Algorithms, std::invoke and their like do; what only keeps a function does not, but for std::function,
/// whose target nobody finds again.
bool calls_by_name(const clang::FunctionDecl* receiver) {
  static const std::set<llvm::StringRef> keep = {"make_pair", "make_tuple", "tie", "forward_as_tuple",
                                                 "make_optional"};
  if (receiver == nullptr || !in_std_namespace(*receiver)) return false;
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(receiver))
    return constructor->getParent()->getName() == "function";
  return !isa<clang::CXXMethodDecl>(receiver) &&
         !(receiver->getDeclName().isIdentifier() && keep.contains(receiver->getName()));
}

const clang::FunctionProtoType* signature_of(clang::QualType type) {
  type = type.getNonReferenceType();
  if (type->isPointerType()) type = type->getPointeeType();
  if (const auto* record =
          dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
      record != nullptr && is_std_class(type, {"function"}))
    type = record->getTemplateArgs().get(0).getAsType();
  return type->getAs<clang::FunctionProtoType>();
}

/// Of a functor whose operators are declared here, and defined elsewhere.
const clang::FunctionDecl* far_operator(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || in_std_namespace(*record) ||
      in_dflow_namespace(*record))
    return nullptr;
  const auto far = [](const auto* method) {
    return method->getOverloadedOperator() == clang::OO_Call && visible_body(*method) == nullptr;
  };
  const auto found = std::find_if(record->method_begin(), record->method_end(), far);
  return found == record->method_end() ? nullptr : *found;
}

bool takes_futures(const clang::FunctionDecl& function) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&function);
  const bool on_object = method != nullptr && method->isInstance();
  return (on_object && gives_away(function.getASTContext().getRecordType(method->getParent()))) ||
         std::ranges::any_of(function.parameters(),
                             [](const auto* each) { return gives_away(each->getType()); });
}

}  // namespace

std::vector<const clang::FunctionDecl*> callables_of(const clang::Expr& argument,
                                                     const clang::FunctionDecl* receiver,
                                                     const Project& project) {
  if (is_functor(argument.getType()))
    return call_operators(*argument.getType().getNonReferenceType()->getAsCXXRecordDecl());
  const auto* named = calls_by_name(receiver) ? named_function(argument) : nullptr;
  const bool followed = named != nullptr && !in_std_namespace(*named) && !in_dflow_namespace(*named);
  const auto* body = followed ? body_of(*named, project) : nullptr;
  return body == nullptr ? std::vector<const clang::FunctionDecl*>() : std::vector{body};
}

std::string stranger_in(const clang::Expr& argument, const clang::FunctionDecl& receiver,
                        const Project& project) {
  if (!calls_by_name(&receiver) || !callables_of(argument, &receiver, project).empty()) return "";
  const auto* named = named_function(argument);
  const auto* function = named != nullptr ? named : far_operator(argument.getType());
  if (function != nullptr) {
    const bool known = in_std_namespace(*function) || in_dflow_namespace(*function) || is_pure(*function);
    return known || !takes_futures(*function)
               ? ""
               : "'" + qualified_name(*function) + "', whose body is not visible";
  }
  const auto* signature = signature_of(argument.getType());
  const bool takes = signature != nullptr && std::ranges::any_of(signature->param_types(), gives_away);
  return takes ? "a function that is only known at run time" : "";
}

}  // namespace dflow::compiler
