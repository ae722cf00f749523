#include "compiler/frontend/throws.h"

#include <algorithm>
#include <set>

#include "clang/AST/Attr.h"
#include "compiler/frontend/library_bodies.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

class ThrowSearch {
 public:
  bool may_throw(const clang::Stmt& statement) {
    return any_part(statement, [this](const clang::Stmt& part) { return throws_here(part); });
  }

 private:
  bool throws_here(const clang::Stmt& part) {
    if (isa<clang::CXXThrowExpr>(part)) return true;
    if (const auto* cast = dyn_cast<clang::CXXDynamicCastExpr>(&part)) return cast->getType()->isReferenceType() || cast->isGLValue();
    const auto* expression = dyn_cast<clang::Expr>(&part);
    if (expression == nullptr || !isa<clang::CallExpr, clang::CXXConstructExpr>(part)) return false;
    const auto* callee = callee_of(*expression);
    return callee == nullptr || callee_throws(*callee);
  }

  bool callee_throws(const clang::FunctionDecl& callee) {
    const auto* type = callee.getType()->getAs<clang::FunctionProtoType>();
    if (type != nullptr && type->isNothrow()) return false;
    if (callee.isTrivial() || callee.isDefaulted() || callee.hasAttr<clang::NoThrowAttr>()) return false;
    if (in_std_namespace(callee)) return !is_known(callee);
    const auto* body = in_library(callee) ? nullptr : visible_body(callee);
    return body == nullptr || body_throws(*body);
  }

  /// What of the library throws only where memory runs out.
  static bool is_known(const clang::FunctionDecl& callee) {
    static const std::set<llvm::StringRef> names = {
        "size", "empty", "length", "begin", "end", "cbegin", "cend", "rbegin", "rend", "front", "back", "data", "c_str",
        "min", "max", "clamp", "move", "forward", "next", "prev", "distance", "make_pair", "make_tuple", "to_string"};
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&callee))
      return constructor->isCopyOrMoveConstructor() || constructor->isDefaultConstructor();
    const auto op = callee.getOverloadedOperator();
    if (op != clang::OO_None) return op != clang::OO_Call;
    return callee.getDeclName().isIdentifier() && names.contains(callee.getName());
  }

  bool body_throws(const clang::FunctionDecl& body) {
    const auto [known, inserted] = bodies_.try_emplace(&body, false);
    if (!inserted) return known->second;
    bool throws = may_throw(*body.getBody());
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&body))
      throws = throws || std::ranges::any_of(constructor->inits(), [this](const auto* init) { return may_throw(*init->getInit()); });
    return bodies_[&body] = throws;
  }

  std::map<const clang::FunctionDecl*, bool> bodies_;
};

/// A handler after which the function is left by an exception all the same.
bool throws_on(const clang::CXXCatchStmt& handler) {
  const auto* block = dyn_cast<clang::CompoundStmt>(handler.getHandlerBlock());
  if (block == nullptr || block->body_empty()) return false;
  const auto* last = dyn_cast<clang::Expr>(block->body_back());
  return last != nullptr && isa<clang::CXXThrowExpr>(written(*last));
}

}  // namespace

bool may_throw(const clang::Expr& expression) { return ThrowSearch().may_throw(expression); }

int handlers_that_stop(const clang::CXXTryStmt& attempt) {
  int stopping = 0;
  for (unsigned i = 0; i < attempt.getNumHandlers(); ++i) stopping += throws_on(*attempt.getHandler(i)) ? 0 : 1;
  return stopping;
}

LazyForm lazy_form(const clang::Expr& argument, int rescues) {
  const LazyForm form = lazy_form(argument);
  return form != LazyForm::none && rescues > 0 && may_throw(argument) ? LazyForm::none : form;
}

}  // namespace dflow::compiler
