// Boundaries in what is walked, in functions that it calls as well: each ends a segment.
#include <algorithm>

#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"
#include "compiler/frontend/passed_callables.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

/// May be what a boundary's line is about; what steers is refused anyway.
bool may_be_boundary(const clang::Stmt& part, const Project& project) {
  if (isa<clang::CoawaitExpr>(part)) return true;
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&part)) return unary->isIncrementDecrementOp();
  if (const auto* binary = dyn_cast<clang::BinaryOperator>(&part)) return binary->isAssignmentOp();
  if (const auto* call = dyn_cast<clang::CallExpr>(&part))
    return !as_site(*call) &&
           (!future_query(*call).empty() || classify(*call, project).kind != CallClass::pure);
  const auto* made = dyn_cast<clang::CXXConstructExpr>(&part);
  return made != nullptr && classify(*made, project).kind != CallClass::pure;
}

/// What a call evaluates before it makes tasks.
std::vector<const clang::Stmt*> given_to(const SiteCall& site) {
  std::vector<const clang::Stmt*> parts(site.arguments.begin(), site.arguments.end());
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(site.call))
    parts.push_back(member->getImplicitObjectArgument());
  return parts;
}

/// The walk goes into it, rather than pass over it.
bool is_walked(const clang::FunctionDecl& callee) {
  const auto given = [](const auto* each) { return gives_away(each->getType()); };
  return gives_away(callee.getReturnType()) ||
         (callee.getReturnType()->isVoidType() && std::ranges::any_of(callee.parameters(), given));
}

}  // namespace

/// A statement that the walk goes through. What surrounds it is not known where it is cut: then its parts are
/// walked.
void AffineWalk::execute(const clang::Stmt& statement) {
  const bool many = isa<clang::CompoundStmt, clang::AttributedStmt>(statement);
  const Bound bound =
      boundaries_.empty() || many ? Bound::none : bound_of(statement, ast().getSourceManager());
  if (bound == Bound::none) return execute_whole(statement);
  const bool one = isa<clang::DeclStmt, clang::ReturnStmt, clang::Expr>(statement);
  if (!loops_.empty() || !(guard_ == open_guard_) || !(one || may_ignore(statement)))
    refuse("a boundary stands in it", statement.getBeginLoc());
  if (bound == Bound::before) close();
  const std::size_t closed = closed_;
  one ? execute_whole(statement) : forget(statement);
  if (bound != Bound::before && closed == closed_) close();
}

AffineWalk::Bound AffineWalk::bound_of(const clang::Stmt& part, const clang::SourceManager& sources) {
  if (isa<clang::LambdaExpr>(part)) return Bound::none;  // its body runs where it is called
  Bound bound = Bound::none;
  const auto* call = dyn_cast<clang::CallExpr>(&part);
  const auto site = call == nullptr ? std::nullopt : as_site(*call);
  for (const auto* inner : site ? given_to(*site) : evaluated_parts(part)) {
    const Bound found = bound_of(*inner, sources);
    bound = std::max(bound, site && found == Bound::behind ? Bound::before : found);
  }
  if (site) return bound;
  if (const auto* expression = dyn_cast<clang::Expr>(&part))
    bound = std::max(bound, bound_of_call(*expression));
  const auto at = [&] {
    const UserPlace place = user_place(llvm::cast<clang::Expr>(part).getExprLoc(), sources);
    return std::pair(place.file, static_cast<std::uint32_t>(place.line));
  };
  return may_be_boundary(part, project_) && boundaries_.contains(at()) ? std::max(bound, Bound::behind)
                                                                       : bound;
}

/// In the function that is called, and in those that it is given to call.
AffineWalk::Bound AffineWalk::bound_of_call(const clang::Expr& expression) {
  const auto* callee = callee_of(expression);
  if (callee == nullptr || in_dflow_namespace(*callee)) return Bound::none;
  Bound bound = Bound::none;
  if (const auto* call = dyn_cast<clang::CallExpr>(&expression)) {
    for (const auto* argument : call->arguments())
      for (const auto* function : callables_of(*argument, callee, project_))
        if (holds_boundary(*function)) bound = Bound::behind;
  }
  const auto* body = in_std_namespace(*callee) ? nullptr : body_of(*callee, project_);
  if (body == nullptr || !holds_boundary(*body)) return bound;
  return std::max(bound, is_walked(*body) ? Bound::inside : Bound::behind);
}

bool AffineWalk::holds_boundary(const clang::FunctionDecl& function) {
  const auto [known, unknown] = bounding_.emplace(&function, false);
  if (!unknown) return known->second;
  const auto& sources = function.getASTContext().getSourceManager();
  return bounding_[&function] = bound_of(*function.getBody(), sources) != Bound::none;
}

}  // namespace dflow::compiler
