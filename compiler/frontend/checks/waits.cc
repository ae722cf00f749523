#include "compiler/frontend/checks/waits.h"

#include <algorithm>
#include <optional>
#include <set>

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

bool is_named(const clang::FunctionDecl& function, const std::set<llvm::StringRef>& names) {
  return function.getDeclName().isIdentifier() && names.contains(function.getName());
}

bool is_constant(clang::QualType type) {
  return type.getNonReferenceType().isConstQualified();
}

bool is_mutable_range(const clang::CXXForRangeStmt& loop) {
  const auto type = loop.getLoopVariable()->getType();
  return type->isReferenceType() && !is_constant(type);
}

bool gives_constant(const clang::CastExpr& cast) {
  const auto type = cast.getType();
  return is_constant(type) || (type->isPointerType() && is_constant(type->getPointeeType()));
}

/// What a member function's name after `object.` says of the object; nothing: it gives a part of it.
std::optional<Change> change_by(const clang::CXXMethodDecl& method) {
  if (method.isConst() || method.isStatic()) return Change::none;
  const bool of_map = is_std_class(method.getFunctionObjectParameterType(), {"map", "unordered_map"});
  if (of_map && method.getOverloadedOperator() == clang::OO_Subscript) return Change::sure;  // where there is no such key
  return only_looks(method) ? std::nullopt : std::optional(Change::sure);
}

/// The elements' name, in a loop over the object.
Change change_in_rounds(const clang::CXXForRangeStmt& loop) {
  if (!is_mutable_range(loop)) return Change::none;
  if (isa<clang::DecompositionDecl>(loop.getLoopVariable())) return Change::perhaps;
  Change most = Change::none;
  walk(*loop.getBody(), [&](const clang::Stmt& part, Around around) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    if (name == nullptr || name->getDecl() != loop.getLoopVariable()) return;
    most = std::max(most, around.empty() ? Change::none : change_of(*name, around));
  });
  return most;
}

/// std::swap(x, y), std::exchange(x, y)
bool changes_arguments(const clang::Stmt& user, const clang::Expr& object) {
  const auto* call = dyn_cast<clang::CallExpr>(&user);
  const auto* callee = call == nullptr ? nullptr : call->getDirectCallee();
  if (callee == nullptr || isa<clang::CXXMethodDecl>(callee) || !in_std_namespace(*callee)) return false;
  const bool swaps = is_named(*callee, {"swap", "iter_swap"}), exchanges = is_named(*callee, {"exchange"});
  for (unsigned i = 0; i < call->getNumArgs(); ++i)
    if (call->getArg(i) == &object) return swaps || (exchanges && i == 0);
  return false;
}

/// What its user does to an object; nothing: that gives a part of it, whose user says more.
std::optional<Change> change_by(const clang::Stmt& user, const clang::Expr& object) {
  if (const auto* cast = dyn_cast<clang::CastExpr>(&user)) {
    const bool read = cast->getCastKind() == clang::CK_LValueToRValue;
    return read || gives_constant(*cast) ? std::optional(Change::none) : std::nullopt;
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(&user)) {
    const auto* method = dyn_cast<clang::CXXMethodDecl>(member->getMemberDecl());
    return method == nullptr ? std::nullopt : change_by(*method);
  }
  if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&user)) {
    const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(op->getDirectCallee());
    const bool first = op->getArg(0) == &object;
    if (op->getOperator() == clang::OO_Arrow || op->getOperator() == clang::OO_Star)
      return Change::perhaps;  // of what it points to
    if (method == nullptr || !first) return first && op->isAssignmentOp() ? Change::sure : Change::perhaps;
    return change_by(*method);
  }
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&user)) {
    if (unary->isIncrementDecrementOp()) return Change::sure;
    return unary->getOpcode() == clang::UO_AddrOf ? Change::perhaps : std::optional<Change>();
  }
  if (const auto* binary = dyn_cast<clang::BinaryOperator>(&user)) {
    return binary->isAssignmentOp() && binary->getLHS() == &object ? Change::sure : Change::none;
  }
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&user)) return change_in_rounds(*loop);
  if (changes_arguments(user, object)) return Change::sure;
  const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&user);
  if (isa<clang::ParenExpr, clang::ArraySubscriptExpr>(user) ||
      (call != nullptr && call->getCallee() == &object))
    return std::nullopt;
  return isa<clang::CompoundStmt>(user) ? Change::none : Change::perhaps;
}

}  // namespace

Change change_of(const clang::Expr& name, Around around) {
  const clang::Expr* object = &name;
  for (std::size_t i = around.size(); i > 0; --i) {
    const clang::Stmt& user = *around[i - 1];
    if (const auto change = change_by(user, *object)) return *change;
    object = dyn_cast<clang::Expr>(&user);
    if (object == nullptr) return Change::perhaps;
    const bool gives_part =
        object->isGLValue() || object->getType()->isPointerType() || isa<clang::MemberExpr>(object);
    if (!gives_part) return Change::none;
  }
  return Change::perhaps;
}

bool WaitSearch::waits_here(const clang::Stmt& statement) {
  if (isa<clang::CoawaitExpr, clang::CoyieldExpr>(statement)) return true;
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) {
    return std::ranges::any_of(lambda_operators(*lambda),
                               [this](const auto* function) { return body_waits(*function); });
  }
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&statement)) {
    const auto* body = visible_body(*made->getConstructor());
    return body != nullptr && !in_std_namespace(*body) && !in_dflow_namespace(*body) && body_waits(*body);
  }
  const auto* call = dyn_cast<clang::CallExpr>(&statement);
  return call != nullptr && call_waits(*call);
}

bool WaitSearch::call_waits(const clang::CallExpr& call) {
  static const std::set<llvm::StringRef> queries = {"get", "wait", "exception", "done"};
  static const std::set<llvm::StringRef> others = {"wait", "as_completed", "gather", "shutdown"};
  if (queries.contains(future_query(call))) return true;
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) return true;
  if (in_dflow_namespace(*callee)) return is_named(*callee, others);
  if (in_std_namespace(*callee) || callee->getBuiltinID() != 0)
    return callee->getOverloadedOperator() == clang::OO_Call;
  if (callee->getASTContext().getSourceManager().isInSystemHeader(callee->getLocation())) return false;
  const auto* body = visible_body(*callee);
  return body == nullptr ? !callee->isImplicit() && !callee->isDefaulted() : body_waits(*body);
}

bool WaitSearch::body_waits(const clang::FunctionDecl& function) {
  const auto [found, inserted] = bodies_.try_emplace(&function, false);
  if (!inserted) return found->second;
  const bool result =
      any_part(*function.getBody(), [this](const clang::Stmt& part) { return waits_here(part); });
  return bodies_[&function] = result;
}

void visit_evaluated(const clang::Stmt& statement, const std::function<bool(const clang::Stmt&)>& see) {
  if (!see(statement)) return;
  for (const auto* part : evaluated_parts(statement)) visit_evaluated(*part, see);
}

bool reads_only(const clang::FunctionDecl& function, const clang::VarDecl* variable) {
  bool reads = true;
  walk(function, [&](const clang::Stmt& statement, Around around) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&statement);
    const bool named = variable == nullptr ? isa<clang::CXXThisExpr>(statement)
                                           : name != nullptr && name->getDecl() == variable;
    if (!named) return;
    const bool constant =
        variable == nullptr && is_constant(dyn_cast<clang::Expr>(&statement)->getType()->getPointeeType());
    reads &= constant || change_of(*dyn_cast<clang::Expr>(&statement), around) == Change::none;
  });
  return reads;
}

}  // namespace dflow::compiler
