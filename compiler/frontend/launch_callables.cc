#include "compiler/frontend/launch_callables.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/carried_lambdas.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/sendable.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;

namespace {

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) { refuse_launch(reason, where); }

/// Its name says which one it is.
bool alone(const clang::FunctionDecl& function) {
  if (function.isTemplateInstantiation()) return false;
  std::set<const clang::Decl*> found;
  for (const auto* each : function.getDeclContext()->getRedeclContext()->lookup(function.getDeclName())) found.insert(each->getCanonicalDecl());
  return found.size() == 1;
}

/// In canonical types: one that is deduced may be spelled as only the standard library's inside can.
std::string pointer_type(const clang::FunctionDecl& function, const clang::ASTContext& context, clang::SourceLocation where) {
  const auto text = [&](clang::QualType type) {
    return launch_type(type.getCanonicalType(), context, where);
  };
  std::string types;
  for (const auto* parameter : function.parameters())
    types += (types.empty() ? "" : ", ") + text(parameter->getType());
  return text(function.getReturnType()) + " (*)(" + types + ")";
}

LaunchCallable named_function(const clang::FunctionDecl& function, const clang::ASTContext& context, clang::SourceLocation where) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&function);
  if ((method != nullptr && !method->isStatic()) || function.isVariadic()) refuse("what is submitted is no ordinary function", where);
  const std::string name = launch_name(function, context, where);
  const std::string text = alone(function) ? name : "static_cast<" + pointer_type(function, context, where) + ">(&" + name + ")";
  return {.function = &function, .text = text};
}

/// Whose name alone says which one it is, and that can be called on any object.
LaunchCallable member_function(const clang::CXXMethodDecl& method, const clang::ASTContext& context, clang::SourceLocation where) {
  if (method.isVariadic() || method.getRefQualifier() != clang::RQ_None || method.isVolatile() || !method.getDeclName().isIdentifier() ||
      method.isTemplateInstantiation() || !alone(method))
    refuse("a member function that is one of several, or can be called on some objects alone, is submitted", where);
  return {.function = &method, .text = launch_name(method, context, where), .method = method.getNameAsString()};
}

clang::QualType bare(clang::QualType type) {
  return type.isNull() ? type : type.getNonReferenceType().getCanonicalType().getUnqualifiedType();
}

/// As what an argument arrives; null where more than its type decides that.
clang::QualType arrives_as(const clang::Expr& argument, Operation operation) {
  const auto type = bare(argument.getType());
  if (operation == Operation::map && !is_sequence(type)) return {};
  const auto one = operation == Operation::map ? bare(first_type_argument(type)) : type;
  if (!holds_future(one)) return one->isArrayType() || one->isFunctionType() ? clang::QualType() : one;
  return is_future(one) ? bare(future_value(one)) : clang::QualType();
}

std::vector<clang::QualType> arriving(const SiteCall& site) {
  std::vector<clang::QualType> types;
  if (site.operation == Operation::then)
    types.push_back(bare(future_value(
        llvm::cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument()->getType())));
  for (const auto* each : site.arguments) types.push_back(arrives_as(*each, site.operation));
  return types;
}

/// Whether a task's input is the last reader's may choose between functions, or between what one does:
/// `auto&&`, `auto&`.
bool binds_as_given(const clang::ParmVarDecl* parameter) {
  const auto type = parameter->getType();
  return type->isRValueReferenceType() ||
         (type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified());
}

/// Which function a lambda that is a template is here: the one that takes these types.
const clang::FunctionDecl& instance_for(const clang::LambdaExpr& lambda, const SiteCall& site) {
  const auto where = lambda.getBeginLoc();
  const auto& pattern = *lambda.getLambdaClass()->getDependentLambdaCallOperator();
  const auto given = arriving(site);
  const auto fits = [](clang::QualType type, const clang::ParmVarDecl* parameter) {
    return type.isNull() || type == bare(parameter->getType());
  };
  const clang::FunctionDecl* found = nullptr;
  for (const clang::FunctionDecl* each : pattern.specializations()) {
    const auto taken = each->parameters();
    if (!std::equal(given.begin(), given.end(), taken.begin(), taken.end(), fits)) continue;
    if (found != nullptr)
      refuse_launch("a lambda is submitted that is several functions for what it is given", where);
    found = each;
  }
  if (found == nullptr || found->getReturnType()->isUndeducedType())
    refuse_launch("a lambda is submitted that is a template of what is not known here", where);
  return *found;
}

/// What a reduce calls of a lambda that is a template: declarations alone do not make it, but both operands
/// and the result have one type, or it could not reduce.
std::string reducing_pointer(const clang::LambdaExpr& lambda, const SiteCall& site,
                             const clang::ASTContext& context) {
  const auto where = lambda.getBeginLoc();
  const auto operand = bare(future_value(site.arguments.at(0)->getType()));
  const bool initial = site.arguments.size() > 1 && !holds_future(site.arguments[1]->getType());
  if (initial || operand.isNull())
    refuse_launch("a lambda that is a template reduces from a value that is no future", where);
  const std::string type = launch_type(operand, context, where);
  std::string taken;
  for (const auto* each : lambda.getCallOperator()->parameters()) {
    if (each->getType().getNonReferenceType()->getAs<clang::TemplateTypeParmType>() == nullptr)
      refuse_launch("a lambda that is a template of parts of its operands reduces", where);
    taken +=
        (taken.empty() ? "" : ", ") + (each->getType()->isReferenceType() ? "const " + type + "&" : type);
  }
  return type + " (*)(" + taken + ")";
}

/// Of an instance of a function or class that is a template.
bool is_in_template(const clang::LambdaExpr& lambda) {
  const auto* generic = lambda.getLambdaClass()->getDependentLambdaCallOperator();
  return generic != nullptr ? generic->getInstantiatedFromMemberTemplate() != nullptr
                            : lambda.getCallOperator()->getTemplateInstantiationPattern() != nullptr;
}

/// A copy that is made when the task runs is like one that was made before.
bool copies_alike(clang::QualType type, const clang::ASTContext& context) {
  const auto* record = type->getAsCXXRecordDecl();
  return type.isTriviallyCopyableType(context) || (record != nullptr && in_std_namespace(*record) && is_value(type));
}

/// One that holds copies and is written as a class of them (carried_lambdas.h): it leaves a function that makes it anew from the
/// copies, which the launcher has behind the arguments.
LaunchCallable holding_lambda(const clang::LambdaExpr& lambda, const Project& project) {
  const auto where = lambda.getBeginLoc();
  const auto& context = project.context();
  const auto carried = carried_lambda(lambda, project);
  if (!carried) refuse("a lambda is submitted that holds more than copies", where);
  if (lambda.isMutable()) refuse("a lambda is submitted that changes what it holds", where);
  SendableTypes sendable(project);
  const auto& function = *lambda.getCallOperator();
  const std::string result = launch_type(function.getReturnType().getCanonicalType(), context, where);
  std::string arguments, captures, held;
  for (const auto* parameter : function.parameters())
    arguments += (arguments.empty() ? "" : ", ") + launch_type(parameter->getType().getCanonicalType(), context, where);
  for (const CarriedCapture& each : carried->captures) {
    if (sendable.find(each.type) || !copies_alike(each.type, context)) refuse("a lambda is submitted that holds what is not copied again", where);
    const std::string type = launch_type(each.type.getCanonicalType(), context, where);
    held += (arguments.empty() && held.empty() ? "const " : ", const ") + type + "&";
    captures += ", " + type;
  }
  const auto place = user_place(where, project.sources());
  const std::string at = cpp_literal(place.file) + ", " + std::to_string(place.line) + ", " + std::to_string(place.column) + ", ";
  LaunchCallable made{.function = &function, .text = "", .noted = true, .lambda = &lambda};
  const std::string key = at + result + " (*)(" + arguments + held + ")";
  made.text = "::dflow::detail::callable_at<" + key + ">";
  made.note = "::dflow::detail::noted_holder<" + key + ", " + result + "(" + arguments + ")" + captures + ">";
  made.captured.assign(lambda.capture_init_begin(), lambda.capture_init_end());
  return made;
}

/// A lambda has no name: where it stands, it leaves a pointer to the function that it is.
LaunchCallable noted_lambda(const clang::LambdaExpr& lambda, const SiteCall& site, const Project& project) {
  const auto where = lambda.getBeginLoc();
  if (is_in_template(lambda)) refuse("a lambda in a template is submitted", where);
  if (!text_range(lambda.getSourceRange(), project)) refuse("a lambda in a macro is submitted", where);
  if (lambda.capture_size() != 0) return holding_lambda(lambda, project);
  const bool generic = lambda.isGenericLambda(), reduces = site.operation == Operation::reduce;
  if (generic && std::ranges::any_of(lambda.getCallOperator()->parameters(), binds_as_given))
    refuse("a lambda is submitted that takes references to what may change", where);
  const auto& function = generic && !reduces ? instance_for(lambda, site) : *lambda.getCallOperator();
  const auto& context = project.context();
  const auto place = user_place(where, project.sources());
  const std::string key =
      cpp_literal(place.file) + ", " + std::to_string(place.line) + ", " + std::to_string(place.column) +
      ", " +
      (generic && reduces ? reducing_pointer(lambda, site, context) : pointer_type(function, context, where));
  return {.function = &function,
          .text = "::dflow::detail::callable_at<" + key + ">",
          .noted = true,
          .lambda = &lambda,
          .note = "::dflow::detail::noted<" + key + ">"};
}

/// An object of a class that is called in one way.
LaunchCallable functor(const clang::Expr& expression, LaunchValues& values, const Project& project) {
  const auto where = expression.getExprLoc();
  const auto* record = expression.getType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || record->isLambda()) refuse("what is submitted is no function", where);
  const auto& names = project.context().DeclarationNames;
  const auto operators = record->lookup(const_cast<clang::DeclarationNameTable&>(names).getCXXOperatorName(clang::OO_Call));
  const auto* method = operators.isSingleResult() ? dyn_cast<clang::CXXMethodDecl>(operators.front()) : nullptr;
  if (method == nullptr || !method->isConst() || method->getAccess() != clang::AS_public || method->isVirtual())
    refuse("what is submitted can be called in several ways, or changes when it is", where);
  const std::string made = values.object(expression);
  if (made.empty()) refuse("what is submitted is an object that is made elsewhere", where);
  if (made.ends_with("{}")) return {.function = method, .text = made};
  return {.function = method, .text = launch_type(expression.getType().getUnqualifiedType(), project.context(), where), .made = made};
}

}  // namespace

std::string called_function(const clang::FunctionDecl& function, const clang::ASTContext& context, clang::SourceLocation where) {
  return named_function(function, context, where).text;
}

clang::QualType task_parameter(const clang::FunctionDecl& function, unsigned place, const clang::ASTContext& context) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&function);
  // An object that is called takes its arguments alone.
  const bool on_object = method != nullptr && method->isInstance() && !method->isOverloadedOperator();
  if (!on_object) return function.getParamDecl(place)->getType();
  if (place > 0) return function.getParamDecl(place - 1)->getType();
  const auto object = context.getRecordType(method->getParent());
  return method->isConst() ? context.getLValueReferenceType(object.withConst()) : object;
}

LaunchCallable launch_callable(const SiteCall& site, LaunchValues& values, const Project& project) {
  const auto where = site.callable->getExprLoc();
  const clang::Expr& expression = values.origin(*site.callable);
  const auto* name = dyn_cast<clang::DeclRefExpr>(&expression);
  const auto* function = name == nullptr ? nullptr : dyn_cast<clang::FunctionDecl>(name->getDecl());
  LaunchCallable found;
  const auto* method = dyn_cast_or_null<clang::CXXMethodDecl>(function);
  if (method != nullptr && method->isInstance() && site.operation != Operation::reduce) {
    found = member_function(*method, project.context(), where);
  } else if (function != nullptr) {
    found = named_function(*function, project.context(), where);
  } else if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&expression)) {
    found = noted_lambda(*lambda, site, project);
  } else {
    found = functor(expression, values, project);
  }
  const std::size_t given = site.operation == Operation::reduce ? 2 : site.arguments.size() + (site.operation == Operation::then ? 1 : 0);
  if (found.function->getNumParams() + (found.method.empty() ? 0 : 1) != given || is_future(found.function->getReturnType()))
    refuse("the task takes what the runtime fills in, or returns a future", where);
  return found;
}

}  // namespace dflow::compiler
