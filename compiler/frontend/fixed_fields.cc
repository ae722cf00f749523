#include "compiler/frontend/fixed_fields.h"

#include <algorithm>
#include <map>

#include "clang/AST/DeclCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/definitions.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using llvm::dyn_cast;

namespace {

const clang::FieldDecl* field_of(const clang::Stmt& part) {
  const auto* member = dyn_cast<clang::MemberExpr>(&part);
  const auto* name = dyn_cast<clang::DeclRefExpr>(&part);  // &Solver::n_
  const clang::ValueDecl* named = member != nullptr ? member->getMemberDecl()
                                  : name != nullptr ? name->getDecl()
                                                    : nullptr;
  return llvm::dyn_cast_or_null<clang::FieldDecl>(named);
}

/// How often a field stands where its value is read, and how often at all.
struct Mentions {
  int reads = 0;
  int all = 0;
};

const clang::Expr* without_added_const(const clang::Expr& expression) {
  const clang::Expr* bare = expression.IgnoreParens();
  const auto* cast = dyn_cast<clang::ImplicitCastExpr>(bare);
  return cast != nullptr && cast->getCastKind() == clang::CK_NoOp ? cast->getSubExpr()->IgnoreParens() : bare;
}

/// Copied by a submit, or bound to a constant reference of a function of the standard library's.
std::vector<const clang::Expr*> looked_at(const clang::CallExpr& call) {
  if (const auto site = as_site(call)) return site->arguments;
  std::vector<const clang::Expr*> found;
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || !in_std_namespace(*callee)) return found;
  for (const auto* argument : call.arguments())
    if (argument->isGLValue() && argument->getType().isConstQualified()) found.push_back(argument);
  return found;
}

void count_mentions(const clang::Stmt* part, std::map<const clang::FieldDecl*, Mentions>& mentions) {
  visit(part, [&mentions](const clang::Stmt& each) {
    if (const auto* field = field_of(each)) ++mentions[field].all;
    if (const auto* call = dyn_cast<clang::CallExpr>(&each)) {
      for (const auto* argument : looked_at(*call))
        if (const auto* field = field_of(*without_added_const(*argument))) ++mentions[field].reads;
    }
    const auto* cast = dyn_cast<clang::CastExpr>(&each);
    const auto* read = cast == nullptr || cast->getCastKind() != clang::CK_LValueToRValue
                           ? nullptr
                           : field_of(*cast->getSubExpr()->IgnoreParens());
    if (read != nullptr) ++mentions[read].reads;
    return true;
  });
}

/// Objects of this class are assigned to as a whole somewhere.
bool is_assigned(const clang::CXXRecordDecl& record) {
  return std::any_of(record.method_begin(), record.method_end(), [](const clang::CXXMethodDecl* method) {
    const bool assigns = method->isCopyAssignmentOperator() || method->isMoveAssignmentOperator();
    return assigns && !method->isDeleted() &&
           (method->isUserProvided() || method->isUsed() || method->isReferenced());
  });
}

}  // namespace

bool FixedFields::contains(const clang::FieldDecl& field) {
  const auto* record = dyn_cast<clang::CXXRecordDecl>(field.getParent());
  const bool number = field.getType()->isArithmeticType() || field.getType()->isEnumeralType();
  if (!number || field.isMutable() || field.getType().isVolatileQualified()) return false;
  if (record == nullptr || record->isUnion() || is_assigned(*record) ||
      &field.getASTContext() != &project_.context())
    return false;
  if (!touched_) {
    std::map<const clang::FieldDecl*, Mentions> mentions;
    for (const auto* function : project_definitions(project_).functions) {
      count_mentions(function->getBody(), mentions);
      if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(function))
        for (const auto* init : constructor->inits()) count_mentions(init->getInit(), mentions);
    }
    touched_.emplace();
    for (const auto& [each, mentioned] : mentions)
      if (mentioned.reads < mentioned.all) touched_->insert(each);
  }
  return !touched_->contains(&field);
}

}  // namespace dflow::compiler
