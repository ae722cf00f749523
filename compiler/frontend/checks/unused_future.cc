// -Wdflow-unused-future: a task computes something, and nobody can ever see it or its exception.
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

constexpr std::string_view kName = "unused-future";

/// A task without a result runs for what it does; one may leave it alone.
bool gives_result(clang::QualType type) {
  const auto awaited = awaited_type(type);
  return !awaited.isNull() && !awaited->isVoidType();
}

class UnusedFutures {
 public:
  UnusedFutures(const CheckInput& input, Reporter& reporter) : project_(input.project), reporter_(reporter) {}

  void look(const clang::Stmt& statement, Around around) {
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) {
      for (const auto* decl : declarations->decls()) look_at_variable(*decl);
    }
    if (const auto* expression = dyn_cast<clang::Expr>(&statement);
        expression != nullptr && is_discarded(*expression, around)) {
      look_at_discarded(written(*expression));
    }
  }

 private:
  /// An expression that is a statement.
  static bool is_discarded(const clang::Expr& expression, Around around) {
    if (around.empty()) return false;
    const clang::Stmt& parent = *around.back();
    if (isa<clang::CompoundStmt>(parent))
      return around.size() < 2 || !isa<clang::StmtExpr>(*around[around.size() - 2]);
    if (const auto* branch = dyn_cast<clang::IfStmt>(&parent)) return branch->getCond() != &expression;
    if (const auto* loop = dyn_cast<clang::ForStmt>(&parent)) return loop->getCond() != &expression;
    if (const auto* loop = dyn_cast<clang::WhileStmt>(&parent)) return loop->getCond() != &expression;
    if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&parent)) return loop->getBody() == &expression;
    return false;
  }

  void look_at_discarded(const clang::Expr& expression) {
    const auto* call = dyn_cast<clang::CallExpr>(expression.IgnoreParens());
    if (call == nullptr || !call->isPRValue() || !gives_result(call->getType())) return;
    const auto site = as_site(*call);
    const auto* callee = call->getDirectCallee();
    if (!site && (callee == nullptr || !is_graph(*callee))) return;
    const auto fixes = wrap(expression, "static_cast<void>(", ")", project_);
    if (fixes.empty()) return;
    const std::string what = site ? task_of(*site) : "'" + qualified_name(*callee) + "'";
    reporter_.warn(
        kName,
        {.at = call->getExprLoc(),
         .text = "the result of " + what + " is never used, and nobody will see its exception",
         .range = expression.getSourceRange(),
         .notes = {{.at = call->getExprLoc(),
                    .text = "keep the future, or cast it to void if the task runs for its effects alone",
                    .fixes = fixes}}});
  }

  std::string task_of(const SiteCall& site) const {
    const std::string name = callable_name(*site.callable, project_.sources());
    if (name.empty() || name.starts_with("lambda@"))
      return site.operation == Operation::map ? "these tasks" : "this task";
    return (site.operation == Operation::map ? "the tasks '" : "the task '") + name + "'";
  }

  void look_at_variable(const clang::Decl& decl) {
    const auto* variable = dyn_cast<clang::VarDecl>(&decl);
    if (variable == nullptr || !variable->hasInit() || !variable->hasLocalStorage() ||
        isa<clang::DecompositionDecl>(variable))
      return;
    const bool wanted =
        variable->isReferenced() || variable->isUsed() || variable->hasAttr<clang::UnusedAttr>();
    if (wanted || !gives_result(variable->getType()) || !submits_.may_submit(*variable->getInit())) return;
    const auto begin = variable->getSourceRange().getBegin();
    reporter_.warn(kName,
                   {.at = variable->getLocation(),
                    .text = "the result of '" + variable->getNameAsString() +
                            "' is never used, and nobody will see its exception",
                    .notes = {{.at = begin,
                               .text = "mark it if the task runs for its effects alone",
                               .fixes = {clang::FixItHint::CreateInsertion(begin, "[[maybe_unused]] ")}}}});
  }

  const Project& project_;
  Reporter& reporter_;
  SubmitSearch submits_;
};

}  // namespace

void check_unused_futures(const CheckInput& input, Reporter& reporter) {
  UnusedFutures check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around around) { check.look(statement, around); });
  }
}

}  // namespace dflow::compiler
