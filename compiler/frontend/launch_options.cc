#include "compiler/frontend/launch_options.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_types.h"

#include "clang/AST/DeclTemplate.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

std::int64_t constant(const clang::Expr& value, const clang::ASTContext& context, const std::string& option) {
  clang::Expr::EvalResult result;
  if (!value.EvaluateAsInt(result, context)) refuse_launch("option '" + option + "' is no constant", value.getExprLoc());
  return result.Val.getInt().getExtValue();
}

/// What a period counts: std::ratio<Num, Den>.
std::optional<std::pair<std::int64_t, std::int64_t>> ratio(clang::QualType type) {
  const auto* record = llvm::dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
  if (record == nullptr || !is_std_class(type, {"ratio"}) || record->getTemplateArgs().size() != 2) return std::nullopt;
  const auto& arguments = record->getTemplateArgs();
  return std::pair(arguments[0].getAsIntegral().getExtValue(), arguments[1].getAsIntegral().getExtValue());
}

/// A constant std::chrono::duration in whole numbers, as nanoseconds; none where it is another type.
std::optional<std::int64_t> nanoseconds(const clang::Expr& value, const clang::ASTContext& context) {
  const auto* record = llvm::dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(value.getType().getNonReferenceType()->getAsCXXRecordDecl());
  if (record == nullptr || !in_std_namespace(*record) || record->getName() != "duration" || record->getTemplateArgs().size() != 2)
    return std::nullopt;
  const auto period = ratio(record->getTemplateArgs()[1].getAsType());
  clang::Expr::EvalResult result;
  if (!period || value.isValueDependent() || !value.EvaluateAsRValue(result, context, /*InConstantContext=*/true)) return std::nullopt;
  if (!result.Val.isStruct() || result.Val.getStructNumFields() != 1 || !result.Val.getStructField(0).isInt()) return std::nullopt;
  std::int64_t ns = 0;
  const bool fits = !__builtin_mul_overflow(result.Val.getStructField(0).getInt().getExtValue(), period->first, &ns) &&
                    !__builtin_mul_overflow(ns, std::int64_t{1'000'000'000}, &ns);
  return fits ? std::optional(ns / period->second) : std::nullopt;
}

/// A number that the submit would refuse has to reach it.
class RefusedAmounts : public clang::RecursiveASTVisitor<RefusedAmounts> {
 public:
  explicit RefusedAmounts(const clang::ASTContext& context) : context_(context) {}

  bool VisitExpr(clang::Expr* expression) {
    if (!expression->getType()->isArithmeticType() || passes_on(*expression)) return true;
    clang::Expr::EvalResult result;
    any_ = any_ || !expression->EvaluateAsRValue(result, context_, /*InConstantContext=*/true) || !is_amount(result.Val);
    return !any_;
  }
  /// A map, or its key, from elsewhere says nothing of what it holds.
  bool VisitDeclRefExpr(clang::DeclRefExpr* name) {
    any_ = any_ || name->getType()->isRecordType();
    return !any_;
  }
  bool VisitMemberExpr(clang::MemberExpr* member) {
    any_ = any_ || member->getType()->isRecordType();
    return !any_;
  }
  bool VisitCallExpr(clang::CallExpr* call) {
    any_ = any_ || call->getType()->isRecordType();
    return !any_;
  }
  bool any() const { return any_; }

 private:
  /// What is within has the value.
  static bool passes_on(const clang::Expr& expression) {
    return expression.isGLValue() && isa<clang::MaterializeTemporaryExpr, clang::CastExpr, clang::ParenExpr>(expression);
  }
  static bool is_amount(const clang::APValue& value) {
    if (value.isInt()) return value.getInt().isNonNegative();
    return value.isFloat() && value.getFloat().isFinite() && !value.getFloat().isNegative();
  }

  const clang::ASTContext& context_;
  bool any_ = false;
};

void check_resources(const clang::Expr& value, const clang::ASTContext& context) {
  RefusedAmounts refused(context);
  refused.TraverseStmt(const_cast<clang::Expr*>(&value));
  if (refused.any()) refuse_launch("option 'resources' is no constant, or negative", value.getExprLoc());
}

/// As it is written, before it became an optional one in nanoseconds.
std::int64_t limit(const clang::Expr& value, const clang::ASTContext& context) {
  for (const clang::Expr* inner = &value; inner != nullptr;) {
    if (const auto found = nanoseconds(*inner, context)) return *found;
    const clang::Expr* next = inner->IgnoreParens();
    if (const auto* cast = dyn_cast<clang::CastExpr>(next)) next = cast->getSubExpr();
    else if (const auto* full = dyn_cast<clang::FullExpr>(next)) next = full->getSubExpr();
    else if (const auto* temporary = dyn_cast<clang::MaterializeTemporaryExpr>(next)) next = temporary->getSubExpr();
    else if (const auto* bound = dyn_cast<clang::CXXBindTemporaryExpr>(next)) next = bound->getSubExpr();
    else if (const auto* made = dyn_cast<clang::CXXConstructExpr>(next); made != nullptr && made->getNumArgs() > 0) next = made->getArg(0);
    else if (const auto* braces = dyn_cast<clang::InitListExpr>(next); braces != nullptr && braces->getNumInits() == 1) next = braces->getInit(0);
    else if (next == inner) next = nullptr;
    inner = next;
  }
  refuse_launch("option 'timeout' is no constant", value.getExprLoc());
}

}  // namespace

void read_launch_options(const clang::InitListExpr& options, const clang::ASTContext& context, LaunchSite& site) {
  enum OnFailure { fail, ignore, cancel_successors };
  const auto* record = options.getType()->getAsCXXRecordDecl();
  auto init = options.inits().begin();
  bool once = false, forgotten = false;
  std::int64_t allowed = 0;
  for (const auto* field : record->fields()) {
    if (init == options.inits().end()) break;
    const clang::Expr& value = **init++;
    if (isa<clang::CXXDefaultInitExpr, clang::ImplicitValueInitExpr>(value)) continue;
    const std::string name = field->getNameAsString();
    if (name == "priority") site.priority = static_cast<int>(constant(value, context, name));
    if (name == "retries") site.retries = static_cast<unsigned>(constant(value, context, name));
    if (name == "pure") site.pure = site.pure || constant(value, context, name) != 0;
    if (name == "once") once = constant(value, context, name) != 0;
    if (name == "fire_and_forget") forgotten = constant(value, context, name) != 0;
    if (name == "on_failure") {
      const auto chosen = constant(value, context, name);
      site.ignores = chosen == ignore;
      site.cancels = chosen == cancel_successors;
    }
    if (name == "timeout") site.limit_ns = limit(value, context);
    if (name == "allowed_failures") allowed = constant(value, context, name);
    if (name == "resources") check_resources(value, context);
  }
  if (site.op == formats::NodeOp::reduce && (site.ignores || site.limit_ns))
    refuse_launch("a reduce has a time limit, or its failures are ignored", options.getExprLoc());
  // The submit says what is wrong about these.
  if (site.limit_ns && *site.limit_ns <= 0) refuse_launch("option 'timeout' is not above 0", options.getExprLoc());
  if (allowed > 255) refuse_launch("option 'allowed_failures' is above 255", options.getExprLoc());
  if (once && (site.retries > 0 || site.pure)) refuse_launch("option 'once' goes with neither 'retries' nor 'pure'", options.getExprLoc());
  if (forgotten) site.pure = false;  // it runs, whoever reads its result
}

const clang::Expr& executor_behind(const clang::Expr& object) {
  const clang::Expr* bare = object.IgnoreParenImpCasts()->IgnoreImplicit();
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(bare); made != nullptr && made->getNumArgs() == 1) return executor_behind(*made->getArg(0));
  if (const auto* with = dyn_cast<clang::CXXMemberCallExpr>(bare)) return *with->getImplicitObjectArgument();
  const auto* variable = named_variable(*bare);
  const bool bound = variable != nullptr && is_dflow_class(variable->getType(), "BoundExecutor") && variable->hasInit() && variable->isLocalVarDecl();
  return bound ? executor_behind(*variable->getInit()) : object;
}

}  // namespace dflow::compiler
