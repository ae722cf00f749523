// Numbers of the program as expressions over parameters and loops.
#include <algorithm>

#include "clang/AST/Attr.h"
#include "compiler/flow/delinearise.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/separate_members.h"
#include "llvm/Support/SaveAndRestore.h"

namespace dflow::compiler {

using flow::Expr;
using flow::Op;
using llvm::dyn_cast;
using llvm::isa;

namespace {

/// Sizes and 64-bit numbers of real programs stay below it.
constexpr std::int64_t kHuge = std::int64_t{1} << 62;

Integer combined(Expr value, const Integer& left, const Integer& right) {
  Integer result{std::move(value), left.provided};
  result.provided.insert(result.provided.end(), right.provided.begin(), right.provided.end());
  return result;
}

/// What must hold of `part` where `condition` holds.
std::vector<Expr> only_if(const Expr& condition, const std::vector<Expr>& part) {
  std::vector<Expr> result;
  for (const Expr& each : part) result.push_back(flow::either(flow::negation(condition), each));
  return result;
}

std::int64_t largest(clang::QualType type, const clang::ASTContext& context) {
  const unsigned bits = context.getIntWidth(type) - (type->isSignedIntegerOrEnumerationType() ? 1 : 0);
  return bits >= 62 ? kHuge : (std::int64_t{1} << bits) - 1;
}

std::int64_t least(clang::QualType type, const clang::ASTContext& context) {
  return type->isSignedIntegerOrEnumerationType() ? -largest(type, context) - 1 : 0;
}

std::string method_name(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  return callee != nullptr && callee->getDeclName().isIdentifier() ? callee->getName().str() : "";
}

}  // namespace

std::optional<std::size_t> AffineWalk::parameter(const std::string& name, clang::QualType type) {
  const auto [found, inserted] = parameters_.try_emplace(name, result_.records.parameters.size());
  if (inserted) {
    flow::Parameter made{name, 0, kHuge};
    if (!type.isNull()) made = {name, least(type, ast()), largest(type, ast())};
    result_.records.parameters.push_back(std::move(made));
  }
  return found->second;
}

Integer AffineWalk::within(Integer number, clang::QualType type, const clang::ASTContext& context) {
  const std::int64_t low = least(type, context), high = largest(type, context);
  number.provided.push_back(flow::less_equal(low, number.value));
  if (high < kHuge) number.provided.push_back(flow::less_equal(number.value, high));
  std::erase(number.provided, flow::always());
  return number;
}

std::optional<Integer> AffineWalk::integer(const clang::Expr& expression) {
  const clang::Expr& bare = *expression.IgnoreParens();
  const clang::QualType type = bare.getType();
  if (!type->isIntegralOrEnumerationType()) return std::nullopt;
  clang::Expr::EvalResult constant;
  if (!bare.isValueDependent() && bare.EvaluateAsInt(constant, ast()) &&
      constant.Val.getInt().isRepresentableByInt64()) {
    return Integer{constant.Val.getInt().getExtValue(), {}};
  }
  if (const auto* full = dyn_cast<clang::FullExpr>(&bare)) return integer(*full->getSubExpr());
  if (const auto* temporary = dyn_cast<clang::MaterializeTemporaryExpr>(&bare))
    return integer(*temporary->getSubExpr());
  if (const auto* argument = dyn_cast<clang::SubstNonTypeTemplateParmExpr>(&bare))
    return integer(*argument->getReplacement());
  if (const auto* cast = dyn_cast<clang::CastExpr>(&bare)) return converted(*cast);
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) {
    const auto* part = dyn_cast<clang::BindingDecl>(name->getDecl());
    const auto* declared = part != nullptr ? part->getHoldingVar() : dyn_cast<clang::VarDecl>(name->getDecl());
    auto number = declared == nullptr ? std::nullopt : variable(*declared);
    if (number && !multiplying_ && flow::multiplies(number->value)) return std::nullopt;
    return number;
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) {
    const auto number = member_number(*member);
    return number ? number : given_member(*member, false);
  }
  if (const auto* operation = dyn_cast<clang::BinaryOperator>(&bare)) return binary(*operation);
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&bare)) {
    const auto condition = integer(*choice->getCond()), yes = integer(*choice->getTrueExpr()),
               no = integer(*choice->getFalseExpr());
    if (!condition || !yes || !no) return std::nullopt;
    Integer result{flow::select(condition->value, yes->value, no->value), condition->provided};
    for (const Expr& each : only_if(condition->value, yes->provided)) result.provided.push_back(each);
    for (const Expr& each : only_if(flow::negation(condition->value), no->provided)) result.provided.push_back(each);
    return result;
  }
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare)) {
    if (unary == stepping_) return stepped(*unary);
    const auto inner = integer(*unary->getSubExpr());
    if (!inner) return std::nullopt;
    if (unary->getOpcode() == clang::UO_Plus) return inner;
    if (unary->getOpcode() == clang::UO_LNot) return Integer{flow::negation(inner->value), inner->provided};
    if (unary->getOpcode() == clang::UO_Minus && type->isSignedIntegerType())
      return Integer{Expr(0) - inner->value, inner->provided};
    return std::nullopt;
  }
  if (const auto* call = dyn_cast<clang::CallExpr>(&bare)) {
    if (auto truth = asked_held(*call)) return truth;
    if (auto number = called_number(*call)) return number;
  }
  return asked_size(bare);
}

/// A number that may multiply what varies, as only subscripts can.
std::optional<Integer> AffineWalk::product(const clang::Expr& expression) {
  const llvm::SaveAndRestore multiplying(multiplying_, true);
  return integer(expression);
}

/// The increment in a loop's condition, whose effect the loop sees to, or in an expression, which has it behind.
std::optional<Integer> AffineWalk::stepped(const clang::UnaryOperator& unary) {
  auto number = integer(*unary.getSubExpr());
  if (!number || unary.isPostfix()) return number;
  number->value = unary.isIncrementOp() ? number->value + 1 : number->value - 1;
  return unary.getType()->isUnsignedIntegerType() ? within(*number, unary.getType(), ast()) : *number;
}

std::optional<Integer> AffineWalk::converted(const clang::CastExpr& cast) {
  const clang::Expr& inner = *cast.getSubExpr();
  switch (cast.getCastKind()) {
    case clang::CK_LValueToRValue:
    case clang::CK_NoOp:
    case clang::CK_UserDefinedConversion:  // of an optional
      return integer(inner);
    case clang::CK_IntegralToBoolean: {
      const auto number = integer(inner);
      if (!number) return std::nullopt;
      return Integer{flow::negation(flow::equal(number->value, 0)), number->provided};
    }
    case clang::CK_IntegralCast: {
      const auto number = integer(inner);
      if (!number) return std::nullopt;
      const auto& context = ast();
      const bool widens = least(cast.getType(), context) <= least(inner.getType(), context) &&
                          largest(cast.getType(), context) >= largest(inner.getType(), context);
      return widens ? *number : within(*number, cast.getType(), context);
    }
    default:
      return std::nullopt;
  }
}

std::optional<Integer> AffineWalk::variable(const clang::VarDecl& declared) {
  if (elusive_.contains(&declared)) return std::nullopt;
  if (const auto known = state_.integers.find(&declared); known != state_.integers.end()) return known->second;
  return std::nullopt;
}

std::optional<Integer> AffineWalk::binary(const clang::BinaryOperator& operation) {
  if (operation.isAssignmentOp() || operation.isCommaOp()) return std::nullopt;
  const auto left = integer(*operation.getLHS()), right = integer(*operation.getRHS());
  if (!left || !right) return std::nullopt;
  if (operation.isLogicalOp()) {
    const bool conjunction = operation.getOpcode() == clang::BO_LAnd;
    Integer result{conjunction ? flow::both(left->value, right->value) : flow::either(left->value, right->value),
                   left->provided};
    const Expr reached = conjunction ? left->value : flow::negation(left->value);
    for (const Expr& each : only_if(reached, right->provided)) result.provided.push_back(each);
    return result;
  }
  switch (operation.getOpcode()) {
    case clang::BO_LT:
      return combined(flow::less(left->value, right->value), *left, *right);
    case clang::BO_LE:
      return combined(flow::less_equal(left->value, right->value), *left, *right);
    case clang::BO_GT:
      return combined(flow::less(right->value, left->value), *left, *right);
    case clang::BO_GE:
      return combined(flow::less_equal(right->value, left->value), *left, *right);
    case clang::BO_EQ:
      return combined(flow::equal(left->value, right->value), *left, *right);
    case clang::BO_NE:
      return combined(flow::negation(flow::equal(left->value, right->value)), *left, *right);
    default:
      return arithmetic({operation.getOpcode(), operation.getType()}, *left, *right);
  }
}

std::optional<Integer> AffineWalk::arithmetic(const Arithmetic& operation, const Integer& left, const Integer& right) {
  const auto checked = [&](Expr value) -> std::optional<Integer> {
    Integer result = combined(std::move(value), left, right);
    // Signed overflow is undefined; unsigned numbers wrap, and then mean something else here.
    return operation.type->isSignedIntegerType() ? result : within(result, operation.type, ast());
  };
  const bool constant = right.value.op == Op::constant;
  if (!constant && left.value.op != Op::constant) {
    if (auto number = computed(operation, left, right)) return number;
  }
  switch (operation.code) {
    case clang::BO_Add:
      return checked(left.value + right.value);
    case clang::BO_Sub:
      return checked(left.value - right.value);
    case clang::BO_Mul:
      if (!constant && left.value.op != Op::constant && !multiplying_) return std::nullopt;
      return checked(left.value * right.value);
    case clang::BO_Div:
      return combined(Expr(Op::divide, {left.value, right.value}), left, right);
    case clang::BO_Rem:
      return combined(Expr(Op::remainder, {left.value, right.value}), left, right);
    case clang::BO_And: {
      if (!constant && left.value.op == Op::constant) return arithmetic(operation, right, left);
      const auto mask = static_cast<std::uint64_t>(constant ? right.value.number : -1);
      if (mask >= (1 << 20) || !llvm::isPowerOf2_64(mask + 1)) return std::nullopt;
      return combined(flow::low_bits(left.value, llvm::countr_one(mask)), left, right);
    }
    case clang::BO_Xor:
      if (!constant && left.value.op == Op::constant) return arithmetic(operation, right, left);
      return right.value == Expr(1) ? std::optional(combined(flow::toggled(left.value), left, right)) : std::nullopt;
    case clang::BO_Shr:
      if (!constant || right.value.number < 0 || right.value.number > 40) return std::nullopt;
      return combined(Expr(Op::floor_divide, {left.value, std::int64_t{1} << right.value.number}), left, right);
    case clang::BO_Shl:
      if (!constant || right.value.number < 0 || right.value.number > 30) return std::nullopt;
      return checked(left.value * Expr(std::int64_t{1} << right.value.number));
    default:
      return std::nullopt;
  }
}

/// A product, quotient or rest of parameters alone: a parameter of its own.
std::optional<Integer> AffineWalk::computed(const Arithmetic& operation, const Integer& left, const Integer& right) {
  const auto code = operation.code;
  if (code != clang::BO_Mul && code != clang::BO_Div && code != clang::BO_Rem) return std::nullopt;
  const Op op = code == clang::BO_Mul ? Op::multiply : code == clang::BO_Div ? Op::divide : Op::remainder;
  const auto number = computed(Expr(op, {left.value, right.value}));
  if (!number) return std::nullopt;
  const Integer result = combined(*number, left, right);
  return operation.type->isSignedIntegerType() ? result : within(result, operation.type, ast());
}

/// `x += y` and the like: what x is then.
std::optional<Integer> AffineWalk::assigned_by(const clang::CompoundAssignOperator& operation, const clang::VarDecl& changed) {
  const auto by = product(*operation.getRHS());
  auto now = variable(changed);
  if (!now || !by) return std::nullopt;
  const auto type = changed.getType();
  const bool narrows = ast().getIntWidth(operation.getComputationResultType()) > ast().getIntWidth(type);
  const bool wraps = !type->isSignedIntegerType() || ast().getIntWidth(type) < 32 || narrows;
  const auto code = clang::BinaryOperator::getOpForCompoundAssignment(operation.getOpcode());
  if (code == clang::BO_Add || code == clang::BO_Sub) {
    now->value = code == clang::BO_Add ? now->value + by->value : now->value - by->value;
    now->provided.insert(now->provided.end(), by->provided.begin(), by->provided.end());
  } else {
    if (!operation.getComputationLHSType()->isSignedIntegerType() && type->isSignedIntegerType()) return std::nullopt;
    now = arithmetic({code, operation.getComputationResultType()}, *now, *by);
  }
  return now && wraps ? within(*now, type, ast()) : now;
}

/// std::swap(i, j)
bool AffineWalk::swap_integers(const clang::CallExpr& call) {
  const auto* left = named_variable(*call.getArg(0)->IgnoreParens());
  const auto* right = named_variable(*call.getArg(1)->IgnoreParens());
  if (left == nullptr || right == nullptr || !left->getType()->isIntegralOrEnumerationType() || left->getType()->isReferenceType()) return false;
  const auto one = variable(*left), other = variable(*right);
  if (right->getType()->isReferenceType() || !one || !other) return false;
  state_.integers[left] = *other;
  state_.integers[right] = *one;
  return true;
}

std::optional<Expr> AffineWalk::computed(const Expr& value) {
  auto text = flow::text_of(value, result_.records.parameters);
  if (!text) return std::nullopt;
  const auto [found, inserted] = parameters_.try_emplace(*text, result_.records.parameters.size());
  if (inserted) result_.records.parameters.push_back({"(" + *text + ")", std::nullopt, std::nullopt, value.op == Op::multiply ? value.operands : std::vector<Expr>()});
  return Expr::parameter(found->second);
}

/// `p.n`, where p is a parameter of the graph function that nothing changes: a parameter of its own; or p.xs.size().
std::optional<Integer> AffineWalk::given_member(const clang::MemberExpr& member, bool size) {
  const auto [variable, field] = compiler::named_member(member);
  if (variable == nullptr || !separate_.contains(variable)) return std::nullopt;
  const std::string name = variable->getNameAsString() + "." + field->getNameAsString();
  if (size) return Integer{Expr::parameter(*parameter(name + ".size", {})), {}};
  return Integer{Expr::parameter(*parameter(name, field->getType().getUnqualifiedType())), {}};
}

/// v.size(), v.empty(), std::size(v), std::min(a, b), std::max(a, b)
std::optional<Integer> AffineWalk::asked_size(const clang::Expr& expression) {
  const auto* call = dyn_cast<clang::CallExpr>(&expression);
  if (call == nullptr || call->getDirectCallee() == nullptr || !in_std_namespace(*call->getDirectCallee()))
    return std::nullopt;
  const std::string name = method_name(*call);
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(call)) {
    if (name != "size" && name != "empty") return std::nullopt;
    const auto size = size_of_range(*member->getImplicitObjectArgument());
    if (!size || name == "size") return size;
    return Integer{flow::equal(size->value, 0), size->provided};
  }
  if ((name == "size" || name == "ssize") && call->getNumArgs() == 1) return size_of_range(*call->getArg(0));
  if ((name != "min" && name != "max") || call->getNumArgs() != 2) return std::nullopt;
  const auto left = integer(*call->getArg(0)), right = integer(*call->getArg(1));
  if (!left || !right) return std::nullopt;
  return combined(name == "min" ? flow::minimum(left->value, right->value) : flow::maximum(left->value, right->value),
                  *left, *right);
}

std::optional<Integer> AffineWalk::size_of_range(const clang::Expr& container) {
  const clang::Expr& bare = stripped(container);
  if (holds_future(bare.getType())) {
    const auto object = named(bare);
    if (!object) return std::nullopt;
    const auto size = size_of(*object);
    return size ? std::optional(Integer{*size, {}}) : std::nullopt;
  }
  if (const auto* array = ast().getAsConstantArrayType(bare.getType())) {
    return Integer{static_cast<std::int64_t>(array->getSize().getZExtValue()), {}};
  }
  const auto* instance =
      llvm::dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(bare.getType()->getAsCXXRecordDecl());
  if (instance != nullptr && in_std_namespace(*instance) && instance->getName() == "array") {
    return Integer{instance->getTemplateArgs().get(1).getAsIntegral().getExtValue(), {}};
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare); member != nullptr && is_std_class(bare.getType(), {"vector", "span", "deque"}))
    return given_member(*member, true);
  const auto* name = dyn_cast<clang::DeclRefExpr>(&bare);
  const auto* declared = name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
  const auto found = bindings_.find(declared);
  const auto* values = found == bindings_.end() ? nullptr : std::get_if<Values>(&found->second);
  return values == nullptr ? std::nullopt : values->size;
}

Expr AffineWalk::subscript(const clang::Expr& expression) {
  const auto number = product(expression);
  if (!number) refuse("a subscript is not affine", expression.getExprLoc());
  if (result_.multiplied.empty() && flow::multiplies(number->value))
    result_.multiplied = line_text(expression.getExprLoc(), ast().getSourceManager(), project_);
  return use(*number, expression.getExprLoc());
}

/// A product of a parameter and a loop's variable, say: `i * n + j`.
bool AffineWalk::multiplies(const clang::Expr& expression) const {
  bool found = false;
  visit(&expression, [&](const clang::Stmt& part) {
    const auto* product = dyn_cast<clang::BinaryOperator>(&part);
    if (product == nullptr || product->getOpcode() != clang::BO_Mul) return true;
    clang::Expr::EvalResult constant;
    found = found || (!product->getLHS()->EvaluateAsInt(constant, ast()) &&
                      !product->getRHS()->EvaluateAsInt(constant, ast()));
    return true;
  });
  return found;
}

Expr AffineWalk::needed(const clang::Expr& expression, const std::string& what) {
  const auto number = integer(expression);
  if (!number) refuse(what + (multiplies(expression) ? " multiplies numbers that vary" : " is not affine"), expression.getExprLoc());
  return use(*number, expression.getExprLoc());
}

Expr AffineWalk::use(const Integer& number, clang::SourceLocation where) {
  for (const Expr& condition : number.provided) oblige(condition, "a number may not fit its type", where);
  return number.value;
}

}  // namespace dflow::compiler
