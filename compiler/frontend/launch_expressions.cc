// Expressions as a launcher repeats them, part by part; what names in them mean is found in launch_values.cc.
#include <cctype>

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/edits.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_callables.h"
#include "compiler/frontend/launch_values.h"
#include "llvm/ADT/StringExtras.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) { refuse_launch(reason, where); }

}  // namespace

std::string LaunchValues::text(const clang::Expr& argument) {
  const clang::Expr& expression = written(argument);
  const auto where = expression.getExprLoc();
  if (const auto* named = dyn_cast<clang::DeclRefExpr>(&expression)) return name(*named->getDecl(), where);
  if (isa<clang::IntegerLiteral, clang::FloatingLiteral, clang::CharacterLiteral>(expression)) return literal(expression);
  if (const auto* truth = dyn_cast<clang::CXXBoolLiteralExpr>(&expression)) return truth->getValue() ? "true" : "false";
  if (isa<clang::SubstNonTypeTemplateParmExpr>(expression)) return number(expression);
  if (isa<clang::CXXScalarValueInitExpr, clang::ImplicitValueInitExpr>(expression)) return as_type(expression.getType(), "0", where);
  if (const auto* inner = dyn_cast<clang::ParenExpr>(&expression)) return "(" + text(*inner->getSubExpr()) + ")";
  if (const auto* braces = dyn_cast<clang::InitListExpr>(&expression); braces != nullptr && braces->getType()->isArithmeticType())
    return braces->getNumInits() == 0 ? as_type(braces->getType(), "0", where) : text(*braces->getInit(0));
  if (const auto* braces = dyn_cast<clang::InitListExpr>(&expression)) return aggregate(*braces);
  if (const auto* functional = dyn_cast<clang::CXXFunctionalCastExpr>(&expression); functional != nullptr && functional->getType()->isRecordType())
    return text(*functional->getSubExpr());
  if (const auto* object = dyn_cast<clang::CXXConstructExpr>(&expression)) return made(*object);
  if (const auto* characters = dyn_cast<clang::StringLiteral>(&expression); characters != nullptr && when_ == When::now && characters->getCharByteWidth() == 1)
    return cpp_literal(characters->getBytes().str());
  if (const auto* convert = dyn_cast<clang::CastExpr>(&expression)) return converted(*convert);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression)) {
    if (!unary->isArithmeticOp()) refuse("this operator is not repeated", where);
    // With a blank: of two signs, one would be a decrement.
    return clang::UnaryOperator::getOpcodeStr(unary->getOpcode()).str() + " " + text(*unary->getSubExpr());
  }
  if (const auto* binary = dyn_cast<clang::BinaryOperator>(&expression)) {
    if (binary->isAssignmentOp() || binary->isCommaOp() || binary->isPtrMemOp()) refuse("this operator is not repeated", where);
    const std::string left = text(*binary->getLHS());
    return left + " " + binary->getOpcodeStr().str() + " " + text(*binary->getRHS());
  }
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&expression)) {
    const std::string condition = text(*choice->getCond()), yes = text(*choice->getTrueExpr());
    return condition + " ? " + yes + " : " + text(*choice->getFalseExpr());
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(&expression)) return field(*member);
  if (const auto* calls = dyn_cast<clang::CallExpr>(&expression)) return call(*calls);
  refuse("this expression is not repeated", where);
}

std::string LaunchValues::as_type(clang::QualType type, const std::string& text, clang::SourceLocation where) const {
  return "static_cast<" + launch_type(type.getUnqualifiedType(), context(), where) + ">(" + text + ")";
}

/// As it is spelled, also where a macro says it.
std::string LaunchValues::literal(const clang::Expr& literal) const {
  const auto& sources = shared_.project.sources();
  const auto place = sources.getSpellingLoc(literal.getBeginLoc());
  const auto length = clang::Lexer::MeasureTokenLength(place, sources, context().getLangOpts());
  bool invalid = false;
  const char* begin = sources.getCharacterData(place, &invalid);
  const std::string spelled = invalid ? "" : std::string(begin, length);
  // Of a template's argument, this is the place where the parameter stands.
  const bool is_literal = !spelled.empty() && (std::isdigit(static_cast<unsigned char>(spelled.front())) != 0 ||
                                               spelled.front() == '.' || spelled.back() == '\'');
  return is_literal ? spelled : number(literal);
}

std::string LaunchValues::number(const clang::Expr& constant) const {
  clang::Expr::EvalResult result;
  if (!constant.getType()->isIntegralOrEnumerationType() || !constant.EvaluateAsInt(result, context()))
    refuse("this constant is not repeated", constant.getExprLoc());
  const auto value = result.Val.getInt();
  const std::string digits = llvm::toString(value, 10) + (value.isUnsigned() ? "u" : "");
  return as_type(constant.getType(), digits, constant.getExprLoc());
}

std::string LaunchValues::converted(const clang::CastExpr& convert) {
  switch (convert.getCastKind()) {
    case clang::CK_LValueToRValue:
    case clang::CK_NoOp:
    case clang::CK_IntegralCast:
    case clang::CK_IntegralToFloating:
    case clang::CK_FloatingToIntegral:
    case clang::CK_FloatingCast:
    case clang::CK_IntegralToBoolean:
    case clang::CK_FloatingToBoolean:
    case clang::CK_ArrayToPointerDecay:
      break;
    default:
      refuse("this conversion is not repeated", convert.getExprLoc());
  }
  const std::string inner = text(*convert.getSubExpr());
  if (!isa<clang::ExplicitCastExpr>(convert) || !convert.getType()->isScalarType()) return inner;
  return as_type(convert.getType(), inner, convert.getExprLoc());
}

/// Elements and lengths of the launcher's own copies of parameters.
std::string LaunchValues::call(const clang::CallExpr& call) {
  const auto where = call.getExprLoc();
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  const auto* subscript = dyn_cast<clang::CXXOperatorCallExpr>(&call);
  const auto* object = member != nullptr ? member->getImplicitObjectArgument() : call.getNumArgs() > 0 ? call.getArg(0) : nullptr;
  const bool known = object != nullptr && (is_sequence(object->getType()) || is_std_class(object->getType(), {"basic_string"}));
  const auto* method = member == nullptr ? nullptr : member->getMethodDecl();
  const auto name = method != nullptr && method->getDeclName().isIdentifier() ? method->getName() : llvm::StringRef();
  const bool size = call.getNumArgs() == 0 && name == "size";
  const bool element = subscript != nullptr && subscript->getOperator() == clang::OO_Subscript;
  // It may throw: only the function's caller may see that.
  if (known && name == "at" && when_ == When::now) return text(*object) + ".at(" + text(*call.getArg(0)) + ")";
  if ((!known || (!size && !element)) && when_ == When::now) return any_call(call);
  if (!known || (!size && !element)) refuse("a call in an argument is not repeated", where);
  const std::string of = text(*object);
  return size ? of + ".size()" : of + "[" + text(*call.getArg(1)) + "]";
}

/// Whatever is called: the function's caller evaluates it.
std::string LaunchValues::any_call(const clang::CallExpr& call) {
  const auto where = call.getExprLoc();
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || callee->getAccess() == clang::AS_private || callee->getAccess() == clang::AS_protected)
    refuse("a call in an argument is not repeated", where);
  const std::vector<const clang::Expr*> arguments(call.arg_begin(), call.arg_end());
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call)) {
    if (infix->isAssignmentOp() || !infix->isInfixBinaryOp()) refuse("a call in an argument is not repeated", where);
    return "(" + text(*arguments[0]) + ") " + clang::getOperatorSpelling(infix->getOperator()) + " (" + text(*arguments[1]) + ")";
  }
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    const auto* method = member->getMethodDecl();
    const auto* object = member->getImplicitObjectArgument();
    if (method == nullptr || !method->isConst() || !method->getDeclName().isIdentifier() || method->isTemplateInstantiation() ||
        object->getType()->isPointerType())
      refuse("a call in an argument is not repeated", where);
    return "(" + text(*object) + ")." + method->getNameAsString() + "(" + all(arguments) + ")";
  }
  if (callee->isTemplateInstantiation() && in_std_namespace(*callee)) refuse("a call in an argument is not repeated", where);
  return called_function(*callee, context(), where) + "(" + all(arguments) + ")";
}

std::string LaunchValues::all(llvm::ArrayRef<const clang::Expr*> arguments) {
  std::string list;
  for (const auto* each : arguments) {
    if (isa<clang::CXXDefaultArgExpr>(each)) break;  // and those behind it
    list += (list.empty() ? "" : ", ") + text(*each);
  }
  return list;
}

/// An object that is made in the expression.
std::string LaunchValues::made(const clang::CXXConstructExpr& made) {
  const auto& constructor = *made.getConstructor();
  const auto where = made.getExprLoc();
  if (constructor.isCopyOrMoveConstructor() && made.getNumArgs() == 1) return text(*made.getArg(0));
  if (when_ != When::now || constructor.getAccess() != clang::AS_public || made.getType()->isArrayType() || made.isStdInitListInitialization())
    refuse("an argument is made by a constructor", where);
  const std::vector<const clang::Expr*> arguments(made.arg_begin(), made.arg_end());
  const std::string given = all(arguments);
  return launch_type(made.getType().getUnqualifiedType(), context(), where) + (given.empty() ? "{}" : "(" + given + ")");
}

/// Its members as they are written. In a task only numbers, and what can be copied as such.
std::string LaunchValues::aggregate(const clang::InitListExpr& braces) {
  const auto where = braces.getExprLoc();
  const auto* record = braces.getType()->getAsCXXRecordDecl();
  const bool simple = record != nullptr && record->isAggregate() && record->getNumBases() == 0 && !record->isUnion();
  if (!simple || (when_ != When::now && !braces.getType().isTriviallyCopyableType(context()))) refuse("an argument is made in a way that is not repeated", where);
  std::string values;
  for (const auto* init : braces.inits()) {
    if (const auto* initial = dyn_cast<clang::CXXDefaultInitExpr>(init)) init = initial->getExpr();
    const std::string value = isa<clang::ImplicitValueInitExpr>(init) && !init->getType()->isScalarType() ? "{}" : text(*init);
    values += (values.empty() ? "" : ", ") + (init->getType()->isArithmeticType() ? as_type(init->getType(), value, init->getExprLoc()) : value);
  }
  return launch_type(braces.getType().getUnqualifiedType(), context(), where) + "{" + values + "}";
}

}  // namespace dflow::compiler
