#include "compiler/frontend/separate_members.h"

#include <algorithm>

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

/// To a graph function by whoever calls it.
bool is_given(const clang::VarDecl& variable) {
  const auto* function = dyn_cast<clang::FunctionDecl>(variable.getDeclContext());
  const auto type = variable.getType();
  const bool changes = type->isReferenceType() && !type.getNonReferenceType().isConstQualified();
  return llvm::isa<clang::ParmVarDecl>(variable) && function != nullptr && is_graph(*function) && !changes && !type->isPointerType();
}

/// Nothing ties the members together: no constructor, destructor or base, no member that leads to another.
bool is_plain(const clang::VarDecl& variable) {
  const auto type = is_given(variable) ? variable.getType().getNonReferenceType() : variable.getType();
  const auto* record = type->isReferenceType() ? nullptr : type->getAsCXXRecordDecl();
  if (record == nullptr || variable.isStaticLocal() || (!variable.isLocalVarDecl() && !is_given(variable))) return false;
  if (!record->hasDefinition() || !record->isAggregate() || record->isUnion() || record->getNumBases() > 0)
    return false;
  const auto* destructor = record->getDestructor();
  if (destructor != nullptr && !destructor->isDefaulted()) return false;
  return std::ranges::none_of(record->fields(), [](const auto* field) {
    return field->getType()->isReferenceType() || field->getType()->isPointerType();
  });
}

class Search {
 public:
  void look(const clang::Stmt& statement) {
    if (const auto* expression = dyn_cast<clang::Expr>(&statement)) {
      if (const auto* variable = named_member(*expression).variable) {
        named_.insert(variable);
        return;
      }
    }
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&statement)) {
      if (const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl())) whole_.insert(variable);
    }
    for (const auto* part : evaluated_parts(statement)) look(*part);
  }

  std::set<const clang::VarDecl*> result() && {
    std::erase_if(named_,
                  [this](const auto* variable) { return whole_.contains(variable) || !is_plain(*variable); });
    return std::move(named_);
  }

 private:
  std::set<const clang::VarDecl*> named_, whole_;
};

}  // namespace

NamedMember named_member(const clang::Expr& expression) {
  const auto* member = dyn_cast<clang::MemberExpr>(&expression);
  if (member == nullptr || member->isArrow()) return {};
  const auto* name = dyn_cast<clang::DeclRefExpr>(member->getBase()->IgnoreParens());
  const auto* field = dyn_cast<clang::FieldDecl>(member->getMemberDecl());
  const auto* variable = name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
  if (variable == nullptr || field == nullptr) return {};
  return {variable, field};
}

std::set<const clang::VarDecl*> variables_of_separate_members(
    const std::vector<const clang::FunctionDecl*>& functions) {
  Search search;
  for (const auto* function : functions) search.look(*function->getBody());
  return std::move(search).result();
}

}  // namespace dflow::compiler
