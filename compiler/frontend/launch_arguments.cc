#include "compiler/frontend/launch_arguments.h"

#include "clang/AST/DeclCXX.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_callables.h"

namespace dflow::compiler {

void LaunchArguments::read(const clang::Expr& argument, const std::string* element) {
  LaunchArgument read;
  // A reduce's second argument is the left operand.
  const auto number = of_.site.op == formats::NodeOp::reduce ? 0 : static_cast<unsigned>(of_.site.arguments.size());
  const auto parameter = task_parameter(of_.called, number, context());
  if (holds_future(argument.getType())) {
    read_future(argument, element, parameter, read);
  } else {
    const auto given = element != nullptr ? first_type_argument(argument.getType()) : written(argument).getType();
    if (is_object() && !context().hasSameUnqualifiedType(given.getNonReferenceType(), parameter.getNonReferenceType()))
      refuse_launch("a member function is called on a pointer", argument.getExprLoc());
    read_value({argument, element, given, parameter}, read);
  }
  of_.site.arguments.push_back(std::move(read));
}

void LaunchArguments::read_captured(const clang::Expr& copy) {
  LaunchArgument read;
  read.captured = true;
  const auto held = copy.getType().getNonReferenceType().getUnqualifiedType();
  read_value({copy, nullptr, written(copy).getType(), context().getLValueReferenceType(held.withConst())}, read);
  of_.site.arguments.push_back(std::move(read));
}

void LaunchArguments::read_future(const clang::Expr& argument, const std::string* element, clang::QualType parameter, LaunchArgument& read) const {
  const auto where = argument.getExprLoc();
  read.is_future = true;
  const auto held = future_value(argument.getType());
  if (held.isNull() || held->isVoidType()) refuse_launch("a future of this type is not followed", where);
  if (is_object() && !context().hasSameUnqualifiedType(held, parameter.getNonReferenceType()))
    refuse_launch("a member function is called on a pointer", where);
  read.type = launch_type(held, context(), where);
  read.by_reference = parameter->isLValueReferenceType();
  read.refs = is_dflow_class(parameter, "Refs");
  const bool whole = element == nullptr && of_.site.op != formats::NodeOp::reduce;
  if (whole && !is_future(argument.getType())) check_container(argument, held, parameter);
  if (element != nullptr && !is_future(first_type_argument(argument.getType()))) refuse_launch("a container of containers is mapped", where);
}

void LaunchArguments::read_value(const Value& value, LaunchArgument& read) {
  const bool later = of_.values.attempt([&] {
    read.value = value.element != nullptr ? of_.values.element(value.expression, *value.element) : of_.values.text(value.expression);
    read.is_object = !value.given->isScalarType() && (value.element != nullptr || written(value.expression).isGLValue());
    check_passed(value.given, value.parameter, value.expression.getExprLoc());
  });
  if (!later) read_now(value, read);
}

/// Evaluated where the launch is asked for, and kept as a submit would keep it.
void LaunchArguments::read_now(const Value& value, LaunchArgument& read) {
  const auto where = value.expression.getExprLoc();
  const auto kept = value.parameter.getNonReferenceType().getUnqualifiedType();
  const auto given = value.given.getNonReferenceType().getUnqualifiedType();
  const auto* record = kept->getAsCXXRecordDecl();
  const bool refers = kept->isPointerType() || kept->isReferenceType() || is_std_class(kept, {"basic_string_view", "span", "reference_wrapper", "function"});
  const bool sliced = record != nullptr && given->getAsCXXRecordDecl() != nullptr && !context().hasSameUnqualifiedType(given, kept) &&
                      given->getAsCXXRecordDecl()->hasDefinition() && given->getAsCXXRecordDecl()->isDerivedFrom(record);
  if (refers || sliced || (record != nullptr && record->isAbstract())) refuse_launch("an argument is kept in a way that is not repeated", where);
  read.now = true;
  read.is_object = false;
  read.by_reference = value.parameter->isLValueReferenceType();
  read.type = launch_type(kept, context(), where);
  read.value = value.element != nullptr ? of_.now.element(value.expression, *value.element) : of_.now.text(value.expression);
  of_.repeated.insert(&value.expression);
}

void LaunchArguments::check_container(const clang::Expr& argument, clang::QualType held, clang::QualType parameter) const {
  const bool vectors = is_std_class(argument.getType(), {"vector"}) && (is_std_class(parameter, {"vector"}) || is_dflow_class(parameter, "Refs")) &&
                       is_future(first_type_argument(argument.getType())) &&
                       context().hasSameUnqualifiedType(first_type_argument(parameter), held);
  if (!vectors) refuse_launch("a container of futures arrives as another type", argument.getExprLoc());
}

/// A class must arrive as it is: conversions and copies may throw, where a submit would have thrown.
void LaunchArguments::check_passed(clang::QualType given, clang::QualType parameter, clang::SourceLocation where) const {
  given = given.getNonReferenceType();
  const auto taken = parameter.getNonReferenceType();
  if (given->isArithmeticType() && taken->isArithmeticType()) return;
  if (given->isEnumeralType() && context().hasSameUnqualifiedType(given, taken)) return;
  const bool same = context().hasSameUnqualifiedType(given, taken);
  if (same && parameter->isLValueReferenceType()) return;
  if (same && given.isTriviallyCopyableType(context())) return;
  refuse_launch("an argument would be copied or converted later than where it is written", where);
}

}  // namespace dflow::compiler
