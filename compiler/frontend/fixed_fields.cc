#include "compiler/frontend/fixed_fields.h"

#include <algorithm>
#include <map>

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Index/USRGeneration.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/definitions.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/flow_recorder.h"
#include "compiler/frontend/neighbours.h"

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

/// Classes whose objects code that nobody sees may change.
using Open = std::set<const clang::CXXRecordDecl*>;

void open_up(clang::QualType type, Open& open) {
  const auto* record = type->isPointerType() ? type->getPointeeType()->getAsCXXRecordDecl()
                                             : type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || in_std_namespace(*record) ||
      in_dflow_namespace(*record))
    return;
  if (!open.insert(record->getDefinition()).second) return;
  for (const auto& base : record->bases()) open_up(base.getType(), open);
  for (const auto* field : record->fields()) open_up(field->getType(), open);
}

bool may_change(clang::QualType type) {
  return (type->isReferenceType() || type->isPointerType()) && !type->getPointeeType().isConstQualified();
}

/// What a function changes that has no body to see.
void open_by(const clang::FunctionDecl& callee, const Project& project, Open& open) {
  if (in_std_namespace(callee) || in_dflow_namespace(callee) || callee.isDefaulted() ||
      body_of(callee, project) != nullptr)
    return;
  for (const auto* parameter : callee.parameters())
    if (may_change(parameter->getType())) open_up(parameter->getType()->getPointeeType(), open);
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  if (method != nullptr && method->isInstance() && !method->isConst())
    open_up(project.context().getRecordType(method->getParent()), open);
}

void look_for_open(const clang::Stmt* part, const Project& project, Open& open) {
  visit(part, [&](const clang::Stmt& each) {
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&each))
      open_by(*made->getConstructor(), project, open);
    const auto* call = dyn_cast<clang::CallExpr>(&each);
    if (call == nullptr) return true;
    const auto* callee = call->getDirectCallee();
    const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(callee);
    if (callee != nullptr && (method == nullptr || !method->isVirtual())) open_by(*callee, project, open);
    if (method != nullptr && method->isVirtual())
      open_up(project.context().getRecordType(method->getParent()), open);
    for (const auto* argument : call->arguments())
      if (callee == nullptr && argument->isLValue()) open_up(argument->getType(), open);
    return true;
  });
}

std::string name_in_all_files(const clang::FieldDecl& field) {
  llvm::SmallString<128> name;
  return clang::index::generateUSRForDecl(&field, name) ? "" : name.str().str();
}

}  // namespace

/// The fields of a file's classes that something in it changes.
std::set<const clang::FieldDecl*> FixedFields::changed(const Project& project,
                                                       const Definitions& definitions) {
  std::map<const clang::FieldDecl*, Mentions> mentions;
  Open open;
  const auto look = [&](const clang::Stmt* part) {
    count_mentions(part, mentions);
    look_for_open(part, project, open);
  };
  for (const auto* function : definitions.functions) {
    look(function->getBody());
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(function))
      for (const auto* init : constructor->inits()) look(init->getInit());
  }
  std::set<const clang::FieldDecl*> found;
  for (const auto& [each, mentioned] : mentions) {
    const auto* record = dyn_cast<clang::CXXRecordDecl>(each->getParent());
    if (mentioned.reads < mentioned.all || record == nullptr || is_assigned(*record)) found.insert(each);
  }
  for (const auto* record : open) found.insert(record->field_begin(), record->field_end());
  return found;
}

bool FixedFields::contains(const clang::FieldDecl& field) {
  const auto* record = dyn_cast<clang::CXXRecordDecl>(field.getParent());
  const bool number = field.getType()->isArithmeticType() || field.getType()->isEnumeralType();
  if (!number || field.isMutable() || field.getType().isVolatileQualified()) return false;
  if (record == nullptr || record->isUnion() || &field.getASTContext() != &project_.context()) return false;
  if (!touched_) {
    touched_ = changed(project_, project_definitions(project_));
    const auto* others = project_.neighbours();
    for (const SourceUnit& unit : others == nullptr ? std::vector<SourceUnit>() : others->units())
      for (const auto* each : changed(unit.project, unit.definitions))
        elsewhere_.insert(name_in_all_files(*each));
  }
  return !touched_->contains(&field) &&
         (elsewhere_.empty() || !elsewhere_.contains(name_in_all_files(field)));
}

}  // namespace dflow::compiler
