// Functions with boundaries: piece by piece, each as if the futures that it finds came in from outside.
#include <algorithm>
#include <set>

#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

void add_declared(const clang::Stmt* statement, std::set<const clang::VarDecl*>& found) {
  const auto* declarations = llvm::dyn_cast_or_null<clang::DeclStmt>(statement);
  if (declarations == nullptr) return;
  for (const auto* each : declarations->decls())
    if (const auto* variable = dyn_cast<clang::VarDecl>(each)) found.insert(variable);
}

std::set<const clang::VarDecl*> declared_in(const clang::Stmt& statement) {
  std::set<const clang::VarDecl*> found;
  visit(&statement, [&](const clang::Stmt& part) {
    add_declared(&part, found);
    return true;
  });
  return found;
}

/// Variables of a statement that what is walked of it may name: its own, not those of its parts.
std::set<const clang::VarDecl*> outlasting(const clang::Stmt& statement) {
  std::set<const clang::VarDecl*> found;
  add_declared(&statement, found);
  if (const auto* loop = dyn_cast<clang::ForStmt>(&statement)) add_declared(loop->getInit(), found);
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) add_declared(loop->getLoopVarStmt(), found);
  if (const auto* loop = dyn_cast<clang::WhileStmt>(&statement)) add_declared(loop->getConditionVariableDeclStmt(), found);
  if (const auto* choice = dyn_cast<clang::IfStmt>(&statement)) {
    add_declared(choice->getInit(), found);
    add_declared(choice->getConditionVariableDeclStmt(), found);
  }
  return found;
}

}  // namespace

std::vector<AffineSegment> AffineWalk::segments() {
  enter_function();
  cut(*function_.getBody());
  close();
  return std::move(segments_);
}

/// Walks as far as it can; what cannot be walked ends a segment, and what stands inside of it makes others.
void AffineWalk::cut(const clang::Stmt& statement) {
  if (const auto* block = dyn_cast<clang::CompoundStmt>(&statement)) {
    for (const auto* each : block->body()) cut(*each);
    return;
  }
  if (const auto* attributed = dyn_cast<clang::AttributedStmt>(&statement)) return cut(*attributed->getSubStmt());
  open_guard_ = guard_;
  const auto refusal = attempt([&] { execute(statement); });
  if (!refusal) return;
  if (const auto* choice = dyn_cast<clang::IfStmt>(&statement)) return cut_if(*choice);
  if (const auto* loop = dyn_cast<clang::ForStmt>(&statement)) {
    if (loop->getInit() != nullptr) cut(*loop->getInit());
    return cut_loop(statement, loop->getCond(), *loop->getBody(), *refusal);
  }
  if (const auto* loop = dyn_cast<clang::WhileStmt>(&statement)) return cut_loop(statement, loop->getCond(), *loop->getBody(), *refusal);
  if (const auto* loop = dyn_cast<clang::DoStmt>(&statement)) return cut_loop(statement, loop->getCond(), *loop->getBody(), *refusal);
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) return cut_loop(statement, loop->getRangeInit(), *loop->getBody(), *refusal);
  if (bound_of(statement, ast().getSourceManager()) == Bound::before) close();
  add_sites(statement, *refusal);
  close();
  unsettle(statement);
}

void AffineWalk::cut_if(const clang::IfStmt& choice) {
  if (choice.getInit() != nullptr) cut(*choice.getInit());
  if (choice.getConditionVariableDeclStmt() != nullptr) cut(*choice.getConditionVariableDeclStmt());
  if (choice.getCond() != nullptr) add_sites(*choice.getCond(), NotAffine("a condition is not affine", choice.getIfLoc(), ast().getSourceManager()));
  for (const auto* part : {choice.getThen(), choice.getElse()}) {
    close();
    if (part == nullptr) continue;
    const Expr around = guard_;
    cut(*part);
    close();
    guard_ = around;
    unsettle(choice);
  }
}

/// A segment, or several, for a round of a loop that is run nobody knows how often.
void AffineWalk::cut_loop(const clang::Stmt& loop, const clang::Expr* condition, const clang::Stmt& body, const NotAffine& refusal) {
  close();
  unsettle(loop);
  if (condition != nullptr && !isa<clang::DoStmt>(loop)) add_sites(*condition, refusal);
  close();
  const Expr around = guard_;
  cut(body);
  if (condition != nullptr && isa<clang::DoStmt>(loop)) add_sites(*condition, refusal);
  close();
  guard_ = around;
  unsettle(loop);
}

std::optional<NotAffine> AffineWalk::attempt(const Body& body) {
  const Snapshot before = snapshot();
  try {
    body();
    return std::nullopt;
  } catch (const NotAffine& refusal) {
    restore(before);
    return refusal;
  }
}

/// Tasks of a statement that is not followed itself, as far as their arguments are.
void AffineWalk::add_sites(const clang::Stmt& statement, const NotAffine& refusal) {
  visit(&statement, [&](const clang::Stmt& part) {
    if (isa<clang::LambdaExpr>(part)) return false;
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    const auto site = call == nullptr ? std::nullopt : as_site(*call);
    if (!site) return true;
    const auto refused = attempt([&] { put_site(*site, new_object("unused", shape_of(call->getType()).value_or(Shape{}))); });
    if (!refused) return false;
    if (not_affine_.empty()) not_affine_ = line_of(refusal);
    result_.sites.push_back({site->operation, call, "", &ast().getSourceManager()});
    return true;
  });
}

std::string AffineWalk::line_of(const NotAffine& refusal) const {
  return line_text(refusal.location, *refusal.sources, project_) + ": " + refusal.what();
}

/// Ends a segment: what it made is from outside for the next.
void AffineWalk::close() {
  ++closed_;
  if (!result_.sites.empty()) segments_.push_back({result_, not_affine_});
  result_.records.statements.clear();
  result_.records.obligations.clear();
  result_.sites.clear();
  result_.given.clear();
  not_affine_.clear();
  places_ = {0};
  for (flow::Array& array : result_.records.arrays) array.missing = flow::Array::Missing::external;
}

/// What a statement may have changed has values that are not known, but do not change before something else does.
void AffineWalk::unsettle(const clang::Stmt& statement) {
  const auto inner = declared_in(statement);
  visit(&statement, [&](const clang::Stmt& part) {
    for (const auto* changed : changed_by(part))
      if (!inner.contains(changed)) unsettle(*changed);
    const auto* variable = named_variable(part);
    const auto found = variable == nullptr || inner.contains(variable) ? bindings_.end() : bindings_.find(variable);
    const auto* object = found == bindings_.end() ? nullptr : std::get_if<Named>(&found->second);
    if (object != nullptr && object->shape.is_single()) state_.integers.erase(variable);
    if (object != nullptr) unsettle_sizes(*object, variable->getNameAsString());
    return true;
  });
  // Others that it declares are declared anew before anybody names them.
  for (const auto* variable : outlasting(statement)) forget_variable(*variable);
  for (auto& [variable, binding] : bindings_) {
    auto* object = std::get_if<Named>(&binding);
    const bool refers = variable->getType()->isReferenceType() && !isa<clang::ParmVarDecl>(variable);
    if (object != nullptr && refers) object->lose();
  }
}

void AffineWalk::unsettle(const clang::VarDecl& variable) {
  if (!variable.getType()->isIntegralOrEnumerationType()) return;
  state_.integers[&variable] = {Expr::parameter(unknown_number(variable.getNameAsString(), variable.getType().getUnqualifiedType())), {}};
}

/// Declared by what is not followed.
void AffineWalk::forget_variable(const clang::VarDecl& variable) {
  bindings_.erase(&variable);
  unsettle(variable);
  const auto shape = variable.getType()->isReferenceType() ? std::nullopt : shape_of(variable.getType());
  if (!shape) return;
  Named object = new_object(variable.getNameAsString(), *shape, flow::Array::Missing::external);
  unsettle_sizes(object, variable.getNameAsString());
  bindings_.insert_or_assign(&variable, std::move(object));
}

void AffineWalk::unsettle_sizes(const Named& object, const std::string& name) {
  distrust_sizes(object);
  if (!object.fields.empty() || object.cases.size() != 1 || !object.cases[0].subscripts.empty()) return;
  if (object.shape.levels.size() != 1 || object.shape.levels[0].length || object.shape.levels[0].keyed) return;
  state_.sizes.at(object.cases[0].array).base[0] = Expr::parameter(unknown_number(name + ".size", {}));
}

/// A parameter of the segments to come.
std::size_t AffineWalk::unknown_number(const std::string& name, clang::QualType type) {
  std::string fresh = name;
  for (int i = 2; parameters_.contains(fresh); ++i) fresh = name + "#" + std::to_string(i);
  return *parameter(fresh, type);
}

}  // namespace dflow::compiler
