#include "compiler/frontend/function_walk.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

bool is_array(clang::QualType type) {
  type = type.getNonReferenceType();
  if (type->isArrayType()) return true;
  const auto* record = type->getAsCXXRecordDecl();
  return record != nullptr && in_std_namespace(*record) && record->getDeclName().isIdentifier() &&
         record->getName() == "array";
}

namespace {

bool divides(const clang::BinaryOperator& binary) {
  const auto code = binary.getOpcode();
  const bool division = code == clang::BO_Div || code == clang::BO_Rem || code == clang::BO_DivAssign ||
                        code == clang::BO_RemAssign;
  return division && binary.getRHS()->getType()->isIntegerType();
}

/// Arithmetic on a wrong number does no harm; a division or a pointer's may.
bool harmless(const clang::BinaryOperator& binary) {
  const bool numbers =
      binary.getLHS()->getType()->isArithmeticType() && binary.getRHS()->getType()->isArithmeticType();
  return numbers && !divides(binary) && !binary.isLogicalOp();
}

}  // namespace

Uses FunctionWalk::evaluate(const clang::Expr& whole, Context context) {
  const clang::Expr& expression = *whole.IgnoreParenImpCasts()->IgnoreImplicit()->IgnoreParenImpCasts();
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(&expression))
    return read(*name->getDecl(), expression, context);
  if (const auto* call = dyn_cast<clang::CallExpr>(&expression)) return evaluate_call(*call, context);
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&expression)) return construct(*made, context);
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&expression)) return capture(*lambda);
  if (const auto* member = dyn_cast<clang::MemberExpr>(&expression)) return evaluate_member(*member, context);
  if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&expression)) {
    return element(*subscript->getBase(), {subscript->getIdx()}, expression);
  }
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression)) return evaluate_unary(*unary, context);
  if (const auto* binary = dyn_cast<clang::BinaryOperator>(&expression))
    return evaluate_binary(*binary, context);
  if (const auto* choice = dyn_cast<clang::AbstractConditionalOperator>(&expression)) {
    if (const auto* elvis = dyn_cast<clang::BinaryConditionalOperator>(choice))
      evaluate(*elvis->getCommon(), Context::needed);
    steer_by(*choice->getCond(), "the condition of a ?:");
    ++facts_.around.guards;
    Uses uses = evaluate(*choice->getTrueExpr(), context);
    uses += evaluate(*choice->getFalseExpr(), context);
    --facts_.around.guards;
    return uses;
  }
  if (isa<clang::CXXThisExpr>(expression)) return this_object();
  if (const auto* list = dyn_cast<clang::InitListExpr>(&expression))
    return construct_aggregate(*list, context);
  if (const auto* elsewhere = dyn_cast<clang::CXXDefaultArgExpr>(&expression)) {
    return evaluate_within(*elsewhere->getExpr(), context);
  }
  if (const auto* elsewhere = dyn_cast<clang::CXXDefaultInitExpr>(&expression)) {
    return evaluate_within(*elsewhere->getExpr(), context);
  }
  if (const auto* inherited = dyn_cast<clang::CXXInheritedCtorInitExpr>(&expression)) {
    facts_.call(*inherited->getConstructor(), inherited->getLocation());
    return Uses::opaque({{facts_.places.made(*inherited->getConstructor()), Aspect::value}});
  }
  if (isa<clang::CoawaitExpr>(expression)) {
    evaluate_parts(expression, Context::needed);
    facts_.effect(expression, "suspends on co_await");
    return {};
  }
  if (const auto* cast = dyn_cast<clang::ExplicitCastExpr>(&expression))
    return evaluate(*cast->getSubExpr(), context);
  return evaluate_parts(expression, context);
}

Uses FunctionWalk::evaluate_parts(const clang::Stmt& expression, Context context) {
  Uses uses;
  for (const auto* part : evaluated_parts(expression)) {
    if (const auto* inner = dyn_cast<clang::Expr>(part)) {
      uses += evaluate(*inner, context);
    } else {
      execute(*part);
    }
  }
  return uses;
}

Uses FunctionWalk::this_object() {
  if (facts_.record().object == PlaceId{-1}) return {};
  return Uses{{{facts_.record().object, Aspect::value}}, {{facts_.record().object, Aspect::size}}};
}

Uses FunctionWalk::read(const clang::ValueDecl& decl, const clang::Expr& expression, Context context) {
  if (!isa<clang::VarDecl, clang::BindingDecl>(decl)) return {};
  if (const auto* variable = dyn_cast<clang::VarDecl>(&decl)) {
    if (is_executor(variable->getType())) return {};
    if (!is_mutable_global(*variable) && keeps_first_value(*variable)) {
      return Uses::opaque(
          facts_.source(expression, "'" + qualified_name(*variable) + "', which keeps the value of the first call"));
    }
    if (variable->hasGlobalStorage() && !is_mutable_global(*variable)) return {};
    if (is_mutable_global(*variable)) {
      return Uses::opaque(
          facts_.source(expression, "'" + qualified_name(*variable) + "', which is global and mutable"));
    }
  }
  return read_place(facts_.places.of(decl), decl.getType(), context);
}

Uses FunctionWalk::read_place(PlaceId place, clang::QualType type, Context context) {
  Uses uses{{{place, Aspect::value}}, {}};
  if (!type->isArithmeticType()) uses.size.push_back({place, Aspect::size});
  if (context == Context::needed) facts_.record().demands.push_back({place, Aspect::value});
  return uses;
}

Uses FunctionWalk::evaluate_member(const clang::MemberExpr& member, Context context) {
  if (const auto* variable = dyn_cast<clang::VarDecl>(member.getMemberDecl()))
    return read(*variable, member, context);
  if (const auto place = facts_.places.member(member)) return read_place(*place, member.getType(), context);
  const Uses base = evaluate(*member.getBase(), context);
  // Its members are as long as what was waited for.
  if (is_dflow_class(member.getBase()->getType(), "WaitResult")) return base;
  return Uses::opaque(base.value);
}

Uses FunctionWalk::element(const clang::Expr& container, std::vector<const clang::Expr*> subscripts,
                           const clang::Expr& where) {
  const Uses base = evaluate(container, Context::passed_on);
  UseList steering;
  if (!is_array(container.getType())) steering = base.size;
  UseList value = base.value;
  for (const auto* subscript : subscripts) {
    const Uses index = evaluate(*subscript, Context::needed);
    add_uses(steering, index.value);
    add_uses(value, index.value);
  }
  facts_.steer(std::move(steering), where.getExprLoc(), "a subscript");
  return Uses::opaque(value);
}

Uses FunctionWalk::evaluate_unary(const clang::UnaryOperator& unary, Context context) {
  if (unary.isIncrementDecrementOp()) facts_.assign(*unary.getSubExpr(), Uses{});
  const bool arithmetic = unary.getType()->isArithmeticType() && unary.isArithmeticOp();
  return evaluate(*unary.getSubExpr(), arithmetic ? context : Context::needed);
}

Uses FunctionWalk::evaluate_binary(const clang::BinaryOperator& binary, Context context) {
  if (binary.isAssignmentOp()) return evaluate_assignment(binary);
  if (binary.isCommaOp()) {
    evaluate(*binary.getLHS(), Context::passed_on);
    return evaluate(*binary.getRHS(), context);
  }
  const Context inner = harmless(binary) ? context : Context::needed;
  Uses uses = evaluate(*binary.getLHS(), inner);
  const Uses right = evaluate(*binary.getRHS(), inner);
  if (divides(binary)) facts_.steer(right.value, binary.getOperatorLoc(), "a divisor");
  uses += right;
  return uses;
}

Uses FunctionWalk::evaluate_assignment(const clang::BinaryOperator& binary) {
  const Context context =
      binary.getOpcode() == clang::BO_Assign || harmless(binary) ? Context::passed_on : Context::needed;
  const Uses from = evaluate(*binary.getRHS(), context);
  if (divides(binary)) facts_.steer(from.value, binary.getOperatorLoc(), "a divisor");
  const Uses target = evaluate(*binary.getLHS(), Context::passed_on);
  facts_.assign(*binary.getLHS(), from);
  return target;
}

Uses FunctionWalk::capture(const clang::LambdaExpr& lambda) {
  Uses uses;
  auto init = lambda.capture_init_begin();
  for (const auto& captured : lambda.captures()) {
    const clang::Expr* value = *init++;
    if (value == nullptr) continue;
    const Uses from = evaluate(*value, Context::passed_on);
    if (captured.capturesVariable()) {
      const auto* variable = dyn_cast<clang::VarDecl>(captured.getCapturedVar());
      if (variable != nullptr && variable->isInitCapture()) declare_variable(*variable, from, value);
    }
    uses += from;
  }
  return uses;
}

}  // namespace dflow::compiler
