#include "compiler/frontend/launch_checks.h"

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_types.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) { refuse_launch(reason, where); }

void check_loop(const clang::Stmt& loop) {
  visit(&loop, [](const clang::Stmt& inner) {
    if (isa<clang::ReturnStmt>(inner)) refuse("a return inside of a loop is not repeated", inner.getBeginLoc());
    return !isa<clang::LambdaExpr>(inner);
  });
}

void check_declarations(const clang::DeclStmt& declarations) {
  for (const auto* decl : declarations.decls()) {
    if (isa<clang::TypedefNameDecl, clang::UsingDecl, clang::UsingDirectiveDecl, clang::StaticAssertDecl, clang::EnumDecl>(decl)) continue;
    const auto* variable = dyn_cast<clang::VarDecl>(decl);
    if (variable == nullptr || variable->isStaticLocal()) refuse("a declaration is not repeated", declarations.getBeginLoc());
  }
}

/// Of the standard library's functions, those that only look, or change what is the function's own.
bool is_harmless(const clang::FunctionDecl& callee) {
  static const std::set<std::string> harmless = {"push_back", "emplace_back", "resize", "reserve", "clear", "size", "ssize",
                                                 "empty", "back", "front", "begin", "end", "cbegin", "cend", "swap", "move",
                                                 "min", "max", "data", "make_pair", "make_tuple", "get", "tie", "has_value",
                                                 "reset", "pop_back", "exchange"};
  const bool named = callee.getDeclName().isIdentifier();
  const bool asks = callee.isOverloadedOperator() || isa<clang::CXXConversionDecl>(callee);  // an optional: is there something?
  return in_std_namespace(callee) && (named ? harmless.contains(callee.getNameAsString()) : asks);
}

/// What a future says without anybody waiting, or how it is handed on.
bool is_harmless_of_future(const clang::FunctionDecl& callee) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  if (method == nullptr || !in_dflow_namespace(*method) || !method->getParent()->getDeclName().isIdentifier() || method->getParent()->getName() != "Future")
    return false;
  const bool named = method->getDeclName().isIdentifier();
  return named ? method->getName() == "valid" : method->isOverloadedOperator() || isa<clang::CXXConversionDecl>(method);
}

/// Whose body is walked instead.
const clang::FunctionDecl* users_body(const clang::FunctionDecl& callee) {
  if (in_std_namespace(callee) || in_dflow_namespace(callee)) return nullptr;
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  return method != nullptr && method->isVirtual() ? nullptr : visible_body(callee);
}

}  // namespace

void LaunchChecks::check(const clang::FunctionDecl& function) {
  if (!seen_.insert(&function).second) return;
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) {
    for (const auto* init : constructor->inits()) {
      const auto* initial = dyn_cast<clang::CXXDefaultInitExpr>(init->getInit());
      check_all(initial == nullptr ? *init->getInit() : *initial->getExpr());
    }
  }
  check_all(*function.getBody());
}

void LaunchChecks::check_all(const clang::Stmt& statement) {
  visit(&statement, [&](const clang::Stmt& part) {
    // What a lambda does is done where it is called.
    if (isa<clang::LambdaExpr>(part)) return false;
    if (const auto* expression = dyn_cast<clang::Expr>(&part); expression != nullptr && repeated_.contains(expression))
      return false;
    check(part);
    return true;
  });
}

void LaunchChecks::check(const clang::Stmt& part) {
  if (const auto* declarations = dyn_cast<clang::DeclStmt>(&part)) return check_declarations(*declarations);
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&part)) {
    const auto& record = *made->getConstructor()->getParent();
    const bool known = in_std_namespace(record) || in_dflow_namespace(record) || made->getConstructor()->isTrivial() ||
                       made->getConstructor()->isCopyOrMoveConstructor() || made->getConstructor()->isDefaulted();
    if (known) return;
    const auto* body = visible_body(*made->getConstructor());
    if (body == nullptr) refuse("an object is made whose constructor may do anything", part.getBeginLoc());
    return check(*body);
  }
  if (const auto* call = dyn_cast<clang::CallExpr>(&part)) return check_call(*call);
  if (isa<clang::ForStmt, clang::CXXForRangeStmt, clang::WhileStmt, clang::DoStmt>(part)) check_loop(part);
  const bool refused = isa<clang::CXXThrowExpr, clang::CXXNewExpr, clang::CXXDeleteExpr, clang::CXXTypeidExpr, clang::CXXDynamicCastExpr,
                           clang::StmtExpr, clang::CoroutineSuspendExpr, clang::CoreturnStmt, clang::AsmStmt, clang::CXXTryStmt,
                           clang::GotoStmt, clang::LabelStmt>(part);
  if (refused) refuse("this is not repeated", part.getBeginLoc());
}

void LaunchChecks::check_call(const clang::CallExpr& call) {
  if (as_site(call)) return;
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) refuse("a call may do anything", call.getExprLoc());
  if (isa<clang::UserDefinedLiteral>(call) && callee->isConstexpr()) return;  // 20ms
  const bool scatters = in_dflow_namespace(*callee) && callee->getDeclName().isIdentifier() && (callee->getName() == "scatter" || callee->getName() == "with");
  if (scatters || is_harmless_of_future(*callee) || is_harmless(*callee) || bounded_.contains(&call)) return;
  const auto* body = users_body(*callee);
  if (body == nullptr) refuse("the call of '" + callee->getNameAsString() + "' is not repeated", call.getExprLoc());
  check(*body);
}

}  // namespace dflow::compiler
