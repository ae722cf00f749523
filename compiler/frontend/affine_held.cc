// Whether futures and optional ones are there, where conditions ask: a number, 0 or 1, that goes by the variable's name.
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/separate_members.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

bool is_optional(clang::QualType type) { return is_std_class(type, {"optional"}); }

/// A future, or perhaps one.
bool is_holder(clang::QualType type) {
  const auto shape = shape_of(type);
  return shape && shape->is_single();
}

llvm::StringRef asked(const clang::CallExpr& call) {
  const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(call.getDirectCallee());
  if (method == nullptr) return "";
  if (isa<clang::CXXConversionDecl>(method)) return "has_value";
  return method->getDeclName().isIdentifier() ? method->getName() : "";
}

/// Names of holders that may be changed where they stand.
class HolderSearch {
 public:
  std::set<const clang::VarDecl*> run(const clang::Stmt& body) && {
    look(&body, false);
    return std::move(found_);
  }

 private:
  void look(const clang::Stmt* statement, bool in_lambda) {
    if (statement == nullptr) return;
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(statement)) {
      for (const auto* init : lambda->capture_inits()) look(init, true);
      for (const auto* each : lambda_operators(*lambda)) look(each->getBody(), true);
      return;
    }
    if (const auto* result = dyn_cast<clang::ReturnStmt>(statement); result != nullptr && hands_out(result->getRetValue())) return;
    const auto* variable = named_variable(*statement);
    if (variable != nullptr && is_holder(variable->getType())) {
      found_.insert(variable);
      return;
    }
    for (const auto* part : statement->children()) {
      const auto* inner = llvm::dyn_cast_or_null<clang::Expr>(part);
      const auto* name = inner == nullptr ? nullptr : named_variable(*inner->IgnoreParens());
      if (name != nullptr && !in_lambda && leaves_alone(*statement, *inner)) continue;
      look(part, in_lambda);
    }
  }

  /// Nobody asks for it any more.
  static bool hands_out(const clang::Expr* value) {
    while (value != nullptr && named_variable(*value) == nullptr) {
      const auto* made = dyn_cast<clang::CXXConstructExpr>(value);
      const auto* inner = made != nullptr && made->getNumArgs() == 1 ? made->getArg(0) : value->IgnoreParenImpCasts()->IgnoreImplicit();
      value = inner == value ? nullptr : inner;
    }
    return value != nullptr && named_variable(*value)->isLocalVarDecl();
  }

  /// `name` stands where it is only looked at, or where the walk sees what becomes of it.
  static bool leaves_alone(const clang::Stmt& around, const clang::Expr& name) {
    if (const auto* cast = dyn_cast<clang::ImplicitCastExpr>(&around))
      return cast->getCastKind() == clang::CK_LValueToRValue || cast->getType().isConstQualified();
    if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&around)) {
      const auto op = infix->getOperator();
      return infix->getArg(0) == &name && (op == clang::OO_Equal || op == clang::OO_Star || op == clang::OO_Arrow);
    }
    if (const auto* member = dyn_cast<clang::MemberExpr>(&around)) {
      const auto* method = dyn_cast<clang::CXXMethodDecl>(member->getMemberDecl());
      const bool resets = method != nullptr && method->getDeclName().isIdentifier() && (method->getName() == "reset" || method->getName() == "value");
      return method != nullptr && (method->isConst() || resets);
    }
    const auto* call = dyn_cast<clang::CallExpr>(&around);
    if (call != nullptr && call->isCallToStdMove()) return is_optional(name.getType());  // is still there, with nothing in it
    return call != nullptr && as_site(*call);
  }

  std::set<const clang::VarDecl*> found_;
};

}  // namespace

std::set<const clang::VarDecl*> elusive_holders(const clang::Stmt& body) { return HolderSearch().run(body); }

bool keeps_members(const clang::VarDecl& variable, const clang::Stmt& body) {
  const auto type = variable.getType().getNonReferenceType();
  const auto* record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || !record->isAggregate() || record->getNumBases() > 0) return false;
  if (variable.getType()->isReferenceType() && !type.isConstQualified()) return false;
  bool keeps = true;
  visit(&body, [&](const clang::Stmt& part) {
    if (const auto* cast = dyn_cast<clang::ImplicitCastExpr>(&part)) {
      const auto* member = dyn_cast<clang::MemberExpr>(cast->getSubExpr()->IgnoreParens());
      const bool reads = cast->getCastKind() == clang::CK_LValueToRValue || cast->getType().isConstQualified();
      if (member != nullptr && reads && named_member(*member).variable == &variable) return false;
    }
    if (const auto* member = dyn_cast<clang::MemberExpr>(&part); member != nullptr && type.isConstQualified() && named_member(*member).variable == &variable)
      return false;
    keeps = keeps && named_variable(part) != &variable;
    return keeps;
  });
  return keeps;
}

/// `f.valid()`, `o.has_value()`, `o` as a condition.
std::optional<Integer> AffineWalk::asked_held(const clang::CallExpr& call) {
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  if (member == nullptr || call.getNumArgs() != 0) return std::nullopt;
  const auto* holder = named_variable(*member->getImplicitObjectArgument()->IgnoreParenImpCasts());
  if (holder == nullptr || !is_holder(holder->getType())) return std::nullopt;
  const auto name = asked(call);
  if (name != (is_optional(holder->getType().getNonReferenceType()) ? "has_value" : "valid")) return std::nullopt;
  return variable(*holder);
}

/// Whether there is something in `holder` once it is made of `value`.
std::optional<Integer> AffineWalk::held_by(const clang::Expr& value, const clang::VarDecl& holder) {
  if (elusive_.contains(&holder)) return std::nullopt;
  const bool perhaps = is_optional(holder.getType().getNonReferenceType());
  const clang::Expr* bare = &value;
  for (;;) {
    const auto* inner = bare->IgnoreParenImpCasts()->IgnoreImplicit()->IgnoreParenImpCasts();
    if (const auto* cast = dyn_cast<clang::CXXFunctionalCastExpr>(inner)) inner = cast->getSubExpr();
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(inner); made != nullptr && made->getNumArgs() == 1) inner = made->getArg(0);
    if (const auto* call = dyn_cast<clang::CallExpr>(inner); call != nullptr && call->isCallToStdMove()) inner = call->getArg(0);
    if (inner == bare) break;
    bare = inner;
  }
  if (is_std_class(bare->getType(), {"nullopt_t"})) return Integer{0, {}};
  if (const auto* list = dyn_cast<clang::InitListExpr>(bare); list != nullptr && list->getNumInits() == 0) return Integer{0, {}};
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(bare); made != nullptr && made->getNumArgs() == 0) return Integer{0, {}};
  if (const auto* call = dyn_cast<clang::CallExpr>(bare); call != nullptr && as_site(*call)) return Integer{1, {}};
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(bare)) return held_by_either(*choice, holder);
  if (perhaps && is_future(bare->getType())) return Integer{1, {}};  // of whatever future
  const auto* from = named_variable(*bare);
  const bool alike = from != nullptr && is_holder(from->getType()) && is_optional(from->getType().getNonReferenceType()) == perhaps;
  return alike ? variable(*from) : std::nullopt;
}

std::optional<Integer> AffineWalk::held_by_either(const clang::ConditionalOperator& choice, const clang::VarDecl& holder) {
  const auto yes = held_by(*choice.getTrueExpr(), holder), no = held_by(*choice.getFalseExpr(), holder);
  if (!yes || !no) return std::nullopt;
  if (yes->value == no->value && yes->provided.empty() && no->provided.empty()) return yes;
  const auto condition = integer(*choice.getCond());
  if (!condition || !condition->provided.empty() || !yes->provided.empty() || !no->provided.empty()) return std::nullopt;
  return Integer{flow::select(condition->value, yes->value, no->value), {}};
}

/// `value` null: nothing.
std::optional<Integer> AffineWalk::held_after(const clang::VarDecl& holder, const clang::Expr* value) {
  if (elusive_.contains(&holder) || !is_holder(holder.getType())) return std::nullopt;
  return value == nullptr ? Integer{0, {}} : held_by(*value, holder);
}

void AffineWalk::note_held(const clang::VarDecl& holder, const std::optional<Integer>& held) {
  if (holder.getType()->isReferenceType() || !is_holder(holder.getType())) return;
  state_.integers.erase(&holder);
  if (held) state_.integers[&holder] = *held;
}

}  // namespace dflow::compiler
