#include "compiler/frontend/affine_search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

namespace {
/// Integers that are changed in another way than by their name, where it stands: by references, pointers, lambdas.
class ElusiveSearch {
 public:
  std::set<const clang::VarDecl*> run(const clang::Stmt& body) && {
    look(&body, nullptr);
    return std::move(found_);
  }

 private:
  /// `lambda`: the innermost one that it stands in.
  void look(const clang::Stmt* statement, const clang::FunctionDecl* lambda) {
    if (statement == nullptr) return;
    if (const auto* inner = dyn_cast<clang::LambdaExpr>(statement)) {
      for (const auto* each : lambda_operators(*inner)) look(each->getBody(), each);
      return;
    }
    if (const auto* variable = named_variable(*statement)) {
      if (variable->getType()->isIntegralOrEnumerationType() && !variable->getType().isConstQualified())
        found_.insert(variable);
      return;
    }
    const auto* cast = dyn_cast<clang::CastExpr>(statement);
    const bool reads = cast != nullptr && cast->getCastKind() == clang::CK_LValueToRValue;
    auto changed = changed_by(*statement);
    std::erase_if(changed, [&](const auto* each) { return lambda != nullptr && each->getDeclContext() != lambda; });
    for (const auto* part : statement->children()) {
      if (part == nullptr) continue;
      const auto* inner = dyn_cast<clang::Expr>(part);
      const auto* variable = inner == nullptr ? nullptr : named_variable(*without_const(*inner).IgnoreParens());
      if (variable != nullptr && (reads || std::ranges::find(changed, variable) != changed.end() || copies(*statement) || is_key(*statement, *part))) continue;
      look(part, lambda);
    }
  }
  /// What a reference to const refers to.
  static const clang::Expr& without_const(const clang::Expr& expression) {
    const auto* cast = dyn_cast<clang::ImplicitCastExpr>(expression.IgnoreParens());
    return cast != nullptr && cast->getCastKind() == clang::CK_NoOp ? *cast->getSubExpr() : expression;
  }
  /// A map makes its own key of it.
  static bool is_key(const clang::Stmt& statement, const clang::Stmt& part) {
    const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&statement);
    const auto* method = call == nullptr ? nullptr : call->getMethodDecl();
    if (method == nullptr || !method->getDeclName().isIdentifier() || call->getNumArgs() == 0 || call->getArg(0) != &part) return false;
    const auto name = method->getName();
    return in_std_namespace(*method) && is_std_class(call->getImplicitObjectArgument()->getType(), {"map", "unordered_map"}) &&
           name == "insert_or_assign";
  }
  /// dflow's calls take references, and copy; so do containers with their keys.
  static bool copies(const clang::Stmt& statement) {
    const auto* call = dyn_cast<clang::CallExpr>(&statement);
    if (call == nullptr) return false;
    if (as_site(*call)) return true;
    const auto* callee = call->getDirectCallee();
    return callee != nullptr && (!isa<clang::CXXMethodDecl>(callee) || in_std_namespace(*callee)) &&
           std::ranges::all_of(callee->parameters(), [](const auto* each) {
             return !each->getType()->isReferenceType() || each->getType().getNonReferenceType().isConstQualified();
           });
  }

  std::set<const clang::VarDecl*> found_;
};

}  // namespace

std::set<const clang::VarDecl*> elusive_integers(const clang::Stmt& body) {
  return ElusiveSearch().run(body);
}

void visit(const clang::Stmt* statement, const std::function<bool(const clang::Stmt&)>& see) {
  if (statement == nullptr || !see(*statement)) return;
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(statement)) {
    for (const auto* init : lambda->capture_inits()) visit(init, see);
    for (const auto* body : lambda_operators(*lambda)) visit(body->getBody(), see);
    return;
  }
  for (const auto* part : statement->children()) visit(part, see);
}

llvm::StringRef method_of(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  return callee != nullptr && callee->getDeclName().isIdentifier() ? callee->getName() : llvm::StringRef();
}

const clang::VarDecl* named_variable(const clang::Stmt& statement) {
  const auto* name = dyn_cast<clang::DeclRefExpr>(&statement);
  return name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
}

const clang::VarDecl* assigned(const clang::Stmt& statement) {
  if (const auto* operation = dyn_cast<clang::BinaryOperator>(&statement);
      operation != nullptr && operation->isAssignmentOp()) {
    return named_variable(*operation->getLHS()->IgnoreParens());
  }
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&statement);
      unary != nullptr && unary->isIncrementDecrementOp()) {
    return named_variable(*unary->getSubExpr()->IgnoreParens());
  }
  return nullptr;
}

std::vector<const clang::VarDecl*> changed_by(const clang::Stmt& statement) {
  if (const auto* variable = assigned(statement)) return {variable};
  const auto* call = dyn_cast<clang::CallExpr>(&statement);
  const auto* callee = call == nullptr ? nullptr : call->getDirectCallee();
  if (callee == nullptr || !in_std_namespace(*callee) || method_of(*call) != "swap" || call->getNumArgs() != 2) return {};
  std::vector<const clang::VarDecl*> result;
  for (const auto* argument : call->arguments()) {
    const auto* variable = named_variable(*argument->IgnoreParens());
    if (variable != nullptr && variable->getType()->isIntegralOrEnumerationType()) result.push_back(variable);
  }
  return result;
}

bool changes(const clang::Stmt& statement, const clang::VarDecl& variable) {
  const auto changed = changed_by(statement);
  return std::ranges::find(changed, &variable) != changed.end();
}

namespace {

/// Increments inside of an expression, and how often variables stand in it.
class StepSearch {
 public:
  explicit StepSearch(const clang::Expr& expression) { look(&expression, false); }

  const clang::UnaryOperator* only_one() const {
    if (steps_.size() != 1 || sometimes_) return nullptr;
    const auto* variable = assigned(*steps_.front());
    return variable != nullptr && names_.count(variable) == 1 ? steps_.front() : nullptr;
  }

 private:
  void look(const clang::Stmt* statement, bool sometimes) {
    if (statement == nullptr) return;
    if (const auto* variable = named_variable(*statement)) names_.insert(variable);
    const auto* unary = dyn_cast<clang::UnaryOperator>(statement);
    if (unary != nullptr && unary->isIncrementDecrementOp()) {
      steps_.push_back(unary);
      sometimes_ = sometimes_ || sometimes;
    }
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(statement)) {
      for (const auto* each : lambda_operators(*lambda)) look(each->getBody(), true);
      return;
    }
    const auto* operation = dyn_cast<clang::BinaryOperator>(statement);
    const bool may_stop = isa<clang::AbstractConditionalOperator>(statement) || (operation != nullptr && operation->isLogicalOp());
    bool first = true;
    for (const auto* part : statement->children()) look(part, sometimes || (may_stop && !std::exchange(first, false)));
  }

  std::vector<const clang::UnaryOperator*> steps_;
  std::multiset<const clang::VarDecl*> names_;
  bool sometimes_ = false;
};

}  // namespace

const clang::UnaryOperator* only_step(const clang::Expr& expression) { return StepSearch(expression).only_one(); }

bool only_asks(const clang::CallExpr& call) {
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  const auto* callee = call.getDirectCallee();
  if (member == nullptr || callee == nullptr) return false;
  const bool whole = named_variable(*written(*member->getImplicitObjectArgument()).IgnoreParenCasts()) != nullptr;
  if (whole && call.getNumArgs() == 0 && future_query(call) == "get") return true;
  const bool gathers =
      in_dflow_namespace(*callee) && callee->getDeclName().isIdentifier() && callee->getName() == "gather";
  return gathers && call.getNumArgs() == 1 && named_variable(*written(*call.getArg(0)).IgnoreParenCasts()) != nullptr;
}

bool leaves(const clang::Stmt& statement) {
  if (isa<clang::ReturnStmt, clang::GotoStmt, clang::IndirectGotoStmt, clang::CXXThrowExpr,
          clang::CoroutineSuspendExpr>(statement))
    return true;
  if (isa<clang::LambdaExpr>(statement)) return false;
  return std::ranges::any_of(statement.children(), [](const auto* part) { return part != nullptr && leaves(*part); });
}

bool keeps_length(const clang::VarDecl& variable, const clang::Stmt& body) {
  const auto type = variable.getType();
  if (type.getNonReferenceType().isConstQualified()) return true;
  bool keeps = true;
  visit(&body, [&](const clang::Stmt& part) {
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    if (call == nullptr || as_site(*call)) return true;
    const auto* callee = call->getDirectCallee();
    const auto is_it = [&](const clang::Expr* e) {
      return e != nullptr && named_variable(*e->IgnoreParenImpCasts()) == &variable;
    };
    if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(call);
        member != nullptr && is_it(member->getImplicitObjectArgument())) {
      const auto* method = member->getMethodDecl();
      if (method == nullptr || (!method->isConst() && !only_looks(*method))) keeps = false;
    }
    for (unsigned i = 0; i < call->getNumArgs(); ++i) {
      if (!is_it(call->getArg(i))) continue;
      const bool subscript = isa<clang::CXXOperatorCallExpr>(call) &&
                             cast<clang::CXXOperatorCallExpr>(call)->getOperator() == clang::OO_Subscript;
      const bool by_const = callee != nullptr && i < callee->getNumParams() && !isa<clang::CXXOperatorCallExpr>(call) &&
                            callee->getParamDecl(i)->getType().getNonReferenceType().isConstQualified();
      if (!subscript && !by_const) keeps = false;
    }
    return true;
  });
  visit(&body, [&](const clang::Stmt& part) {  // another name for it
    const auto* declarations = dyn_cast<clang::DeclStmt>(&part);
    if (declarations == nullptr) return true;
    for (const auto* decl : declarations->decls()) {
      const auto* other = dyn_cast<clang::VarDecl>(decl);
      const bool refers = other != nullptr && other->hasInit() &&
                          (other->getType()->isReferenceType() || other->getType()->isPointerType());
      if (refers && any_part(*other->getInit(), [&](const clang::Stmt& e) { return named_variable(e) == &variable; })) {
        if (!other->isImplicit()) keeps = false;  // a range-for's own reference only looks
      }
    }
    return true;
  });
  return keeps;
}

}  // namespace dflow::compiler
