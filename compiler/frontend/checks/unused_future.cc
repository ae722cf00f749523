// -Wdflow-unused-future: a task computes something, and nobody can ever see it or its exception.
#include <algorithm>
#include <map>
#include <vector>

#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/affine_search.h"
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
      look_at_filling(written(*expression));
    }
  }

  /// Containers into which futures were put, and that nothing else names. In an instance of a template, what names them may
  /// have been left out.
  void look_at_containers(const clang::FunctionDecl& function) {
    std::map<const clang::VarDecl*, int> named;
    visit(function.getBody(), [&](const clang::Stmt& part) {
      if (const auto* name = dyn_cast<clang::DeclRefExpr>(&part)) ++named[dyn_cast<clang::VarDecl>(name->getDecl())];
      return true;
    });
    for (const Container& each : containers_)
      if (each.submits && each.filled == named[each.variable] && !function.isTemplateInstantiation()) report(*each.variable);
    containers_.clear();
  }

 private:
  /// A local one of futures that have results.
  struct Container {
    const clang::VarDecl* variable;
    int filled = 0;  ///< How often it is named to put something there.
    bool submits = false;
  };

  void look_at_container(const clang::VarDecl& variable) {
    const auto type = variable.getType();
    if (type->isReferenceType() || is_future(type) || variable.hasAttr<clang::UnusedAttr>() || !gives_result(type)) return;
    containers_.push_back({.variable = &variable, .submits = variable.hasInit() && submits_.may_submit(*variable.getInit())});
  }

  /// `v.push_back(...)`, `v[i] = ...`
  void look_at_filling(const clang::Expr& expression) {
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&expression);
    const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&expression);
    if (member != nullptr) {
      const auto name = method_of(*member);
      if (name != "push_back" && name != "emplace_back" && name != "reserve" && name != "resize") return;
      return fill(*member->getImplicitObjectArgument(), *member);
    }
    if (infix == nullptr || infix->getOperator() != clang::OO_Equal) return;
    const auto* element = dyn_cast<clang::CXXOperatorCallExpr>(infix->getArg(0)->IgnoreParenImpCasts());
    if (element != nullptr && element->getOperator() == clang::OO_Subscript) fill(*element->getArg(0), *infix);
  }

  void fill(const clang::Expr& container, const clang::CallExpr& call) {
    const auto found = std::ranges::find(containers_, named_variable(*container.IgnoreParenImpCasts()), &Container::variable);
    if (found == containers_.end()) return;
    ++found->filled;
    found->submits = found->submits || submits_.may_submit(call);
  }

  void report(const clang::VarDecl& container) {
    const auto begin = container.getSourceRange().getBegin();
    reporter_.warn(kName, {.at = container.getLocation(),
                           .text = "the results in '" + container.getNameAsString() + "' are never used, and nobody will see their exceptions",
                           .notes = {{.at = begin,
                                      .text = "mark it if the tasks run for their effects alone",
                                      .fixes = {clang::FixItHint::CreateInsertion(begin, "[[maybe_unused]] ")}}}});
  }

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
    if (variable->isReferenced()) look_at_container(*variable);
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
  std::vector<Container> containers_;  ///< Of the function at hand.
};

}  // namespace

void check_unused_futures(const CheckInput& input, Reporter& reporter) {
  UnusedFutures check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around around) { check.look(statement, around); });
    check.look_at_containers(*function);
  }
}

}  // namespace dflow::compiler
