// Functions that know more than their parameters: lambdas; and those that only compute numbers.
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

/// A lambda, or a variable that holds one.
std::optional<Closure> AffineWalk::closure_of(const clang::Expr& expression) {
  const clang::Expr* bare = &expression;
  for (;;) {
    const auto* inner = bare->IgnoreParenImpCasts()->IgnoreImplicit();
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(inner);
        made != nullptr && made->getConstructor()->isCopyOrMoveConstructor() && made->getNumArgs() == 1)
      inner = made->getArg(0);
    if (inner == bare) break;
    bare = inner;
  }
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(bare)) return capture(*lambda);
  const auto* variable = named_variable(*bare);
  const auto found = variable == nullptr ? bindings_.end() : bindings_.find(variable);
  if (found == bindings_.end() || !std::holds_alternative<Closure>(found->second)) return std::nullopt;
  return std::get<Closure>(found->second);
}

Closure AffineWalk::capture(const clang::LambdaExpr& lambda) {
  Closure closure{&lambda, {}, {}, std::nullopt};
  auto init = lambda.capture_init_begin();
  for (const auto& each : lambda.captures()) {
    const clang::Expr& value = **init++;
    if (each.capturesThis()) closure.object = this_;
    if (!each.capturesVariable()) continue;
    const auto* variable = dyn_cast<clang::VarDecl>(each.getCapturedVar());
    if (variable == nullptr) refuse("this capture is not followed", each.getLocation());
    const bool fresh = variable->isInitCapture();
    if (each.getCaptureKind() == clang::LCK_ByRef && !fresh) continue;
    const bool refers = each.getCaptureKind() == clang::LCK_ByRef;
    if (variable->getType().getNonReferenceType()->isIntegralOrEnumerationType()) {
      if (refers) refuse("this capture is not followed", each.getLocation());
      closure.numbers[variable] = product(value);
    } else if (const auto shape = shape_of(variable->getType())) {
      const auto object = named(value);
      if (refers && !object) refuse("this capture is not followed", each.getLocation());
      closure.futures.insert_or_assign(variable, refers ? *object : made(value));
    } else if (holds_future(variable->getType())) {
      refuse("this capture is not followed", each.getLocation());
    } else if (fresh) {
      forget(value);
    }
  }
  return closure;
}

bool AffineWalk::call_closure(const clang::CallExpr& call, const Named* target) {
  const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
  if (infix == nullptr || infix->getOperator() != clang::OO_Call) return false;
  const auto closure = closure_of(*call.getArg(0));
  const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(call.getDirectCallee());
  const auto* body = method == nullptr ? nullptr : visible_body(*method);
  if (!closure || body == nullptr || (target == nullptr && may_ignore(call))) return false;
  const bool own = !closure->numbers.empty() || !closure->futures.empty();
  if (own && !method->isConst()) refuse("a mutable lambda is not followed", call.getExprLoc());
  if (std::ranges::find(active_, body) != active_.end()) refuse("recursion is not affine", call.getExprLoc());
  const std::vector<const clang::Expr*> arguments(call.arg_begin() + 1, call.arg_end());
  enter_parameters(arguments, *body);
  const State before = state_;
  for (const auto& [variable, number] : closure->numbers) {
    state_.integers.erase(variable);
    if (number) state_.integers[variable] = *number;
  }
  const auto outer = std::exchange(this_, closure->object);
  with_bound(closure->futures, [&] { run_body({body, arguments, &call}, target); });
  this_ = outer;
  for (const auto& [variable, number] : closure->numbers) {
    state_.integers.erase(variable);
    if (const auto old = before.integers.find(variable); old != before.integers.end()) state_.integers.insert(*old);
  }
  return true;
}

void AffineWalk::with_bound(const std::map<const clang::VarDecl*, Named>& futures, const Body& body) {
  std::vector<std::pair<const clang::VarDecl*, Binding>> before;
  for (const auto& [variable, object] : futures) {
    if (const auto old = bindings_.find(variable); old != bindings_.end()) before.push_back(*old);
    bindings_.insert_or_assign(variable, object);
  }
  body();
  for (const auto& [variable, object] : futures) bindings_.erase(variable);
  bindings_.insert(before.begin(), before.end());
}

/// A call of a function that is but `return EXPRESSION;`.
std::optional<Integer> AffineWalk::called_number(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  const auto* body = callee == nullptr || in_std_namespace(*callee) || in_dflow_namespace(*callee) ? nullptr : body_of(*callee, project_);
  const auto* value = body == nullptr ? nullptr : only_value(*body);
  if (value == nullptr) return std::nullopt;
  const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
  const auto closure = infix == nullptr ? std::nullopt : closure_of(*call.getArg(0));
  if ((infix != nullptr && !closure) || depth_of_numbers_ >= 8) return std::nullopt;
  const unsigned skipped = infix == nullptr ? 0 : 1;
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  const auto object = closure ? closure->object : member == nullptr ? std::nullopt : object_at(*member->getImplicitObjectArgument());
  NumbersOf numbers;
  if (closure) numbers.assign(closure->numbers.begin(), closure->numbers.end());
  for (unsigned i = skipped; i < call.getNumArgs() && i - skipped < body->getNumParams(); ++i) {
    const auto* declared = body->getParamDecl(i - skipped);
    const auto type = declared->getType().getNonReferenceType();
    if (type->isIntegralOrEnumerationType()) numbers.emplace_back(declared, product(*call.getArg(i)));
  }
  return within(*body, object, numbers, [&] { return integer(*value); });
}

}  // namespace dflow::compiler
