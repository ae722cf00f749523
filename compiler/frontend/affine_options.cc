// What ex.with(TaskOptions) changes in the graph: names, and what tasks wait for.
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;

namespace {

/// Through copies, temporaries and conversions that only pass a value on.
const clang::Expr& inner_of(const clang::Expr& expression) {
  const clang::Expr* bare = &expression;
  for (;;) {
    const clang::Expr* inner = bare->IgnoreParenImpCasts()->IgnoreImplicit();
    if (const auto* functional = dyn_cast<clang::CXXFunctionalCastExpr>(inner)) inner = functional->getSubExpr();
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(inner);
        made != nullptr && made->getConstructor()->isCopyOrMoveConstructor() && made->getNumArgs() >= 1)
      inner = made->getArg(0);
    if (inner == bare) return *bare;
    bare = inner;
  }
}

const clang::StringLiteral* literal_in(const clang::Expr& expression) {
  const auto* made = dyn_cast<clang::CXXConstructExpr>(&inner_of(expression));
  if (made == nullptr || made->getNumArgs() == 0) return nullptr;
  return dyn_cast<clang::StringLiteral>(made->getArg(0)->IgnoreParenImpCasts());
}

/// The futures of `{a, b}`, each of which became an AnyFuture. None: it is not written like that.
std::optional<std::vector<const clang::Expr*>> futures_in(const clang::Expr& list) {
  const auto* made = dyn_cast<clang::CXXConstructExpr>(&inner_of(list));
  if (made == nullptr) return std::nullopt;
  std::vector<const clang::Expr*> futures;
  if (made->getNumArgs() == 0 || llvm::isa<clang::CXXDefaultArgExpr>(made->getArg(0))) return futures;
  const auto* standard = dyn_cast<clang::CXXStdInitializerListExpr>(made->getArg(0)->IgnoreImplicit());
  const auto* elements = standard == nullptr ? nullptr : dyn_cast<clang::InitListExpr>(standard->getSubExpr()->IgnoreImplicit());
  if (elements == nullptr) return std::nullopt;
  for (const auto* each : elements->inits()) {
    const clang::Expr* future = nullptr;
    visit(each, [&](const clang::Stmt& part) {
      const auto* expression = dyn_cast<clang::Expr>(&part);
      if (future == nullptr && expression != nullptr && is_future(expression->getType())) future = expression;
      return future == nullptr;
    });
    if (future == nullptr) return std::nullopt;
    futures.push_back(future);
  }
  return futures;
}

}  // namespace

AffineWalk::Options AffineWalk::read_options(const clang::Expr& options, bool at_once) {
  const auto* list = dyn_cast<clang::InitListExpr>(&inner_of(options));
  const auto* record = options.getType()->getAsCXXRecordDecl();
  if (list == nullptr || record == nullptr) refuse("options that are made elsewhere are not followed", options.getExprLoc());
  Options read;
  read.list = list;
  auto init = list->inits().begin();
  for (const auto* field : record->fields()) {
    if (init == list->inits().end()) break;
    const clang::Expr& value = **init++;
    if (llvm::isa<clang::CXXDefaultInitExpr, clang::ImplicitValueInitExpr>(value)) continue;
    if (field->getName() == "name") {
      const auto* text = literal_in(value);
      if (text == nullptr) refuse("a task's name that is no literal is not followed", value.getExprLoc());
      read.name = text->getBytes().str();
    } else if (field->getName() == "after") {
      const auto futures = futures_in(value);
      if (!futures || (!futures->empty() && !at_once)) refuse("this 'after' is not followed", value.getExprLoc());
      read.after = *futures;
    } else {
      forget(value);
    }
  }
  return read;
}

/// Of the executor that a call goes through; none: it has none of its own.
std::optional<AffineWalk::Options> AffineWalk::options_of(const SiteCall& site) {
  if (site.operation == Operation::then) return std::nullopt;
  const clang::Expr* object = llvm::cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument();
  if (is_dflow_class(object->IgnoreImplicit()->getType(), "Executor")) return std::nullopt;
  bool at_once = true;
  if (const auto* variable = named_variable(inner_of(*object))) {
    const bool plain = variable->isLocalVarDecl() && variable->hasInit() && !variable->isStaticLocal() && !variable->getType()->isReferenceType();
    bool changes = false;
    visit(active_.back()->getBody(), [&](const clang::Stmt& part) {
      const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&part);
      changes = changes || (infix != nullptr && infix->isAssignmentOp() && named_variable(*infix->getArg(0)->IgnoreParenImpCasts()) == variable);
      return true;
    });
    if (!plain || changes) refuse("options that are made elsewhere are not followed", site.call->getExprLoc());
    object = variable->getInit();
    at_once = false;
  }
  const auto* with = dyn_cast<clang::CXXMemberCallExpr>(&inner_of(*object));
  const bool known = with != nullptr && with->getMethodDecl() != nullptr && with->getMethodDecl()->getDeclName().isIdentifier() &&
                     with->getMethodDecl()->getName() == "with" && with->getNumArgs() == 1 &&
                     is_dflow_class(with->getImplicitObjectArgument()->IgnoreImplicit()->getType(), "Executor");
  if (!known) refuse("options that are made elsewhere are not followed", site.call->getExprLoc());
  return read_options(*with->getArg(0), at_once);
}

/// What tasks wait for besides their arguments, as more arguments.
void AffineWalk::read_after(const Options& options, std::size_t number, std::vector<flow::Read>& reads) {
  for (const auto* each : options.after) {
    const auto object = named(*each);
    const Named future = object ? *object : made(*each);
    reads.push_back({future.cases, {}, number++});
  }
}

}  // namespace dflow::compiler
