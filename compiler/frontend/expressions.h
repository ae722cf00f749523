// Questions about single expressions, on which the safety of every rewriting rests.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// The parts of a statement that are evaluated where it stands, in written order: no types, no unevaluated
/// operands, no bodies of lambdas.
std::vector<const clang::Stmt*> evaluated_parts(const clang::Stmt& statement);

/// Some part of `expression`, itself included, satisfies `test`.
bool any_part(const clang::Stmt& expression, const std::function<bool(const clang::Stmt&)>& test);

/// The bodies of a lambda: its own, or those of a generic one's instantiations.
/// Those of a functor's; of a lambda the same as above.
std::vector<const clang::FunctionDecl*> call_operators(const clang::CXXRecordDecl& record);
/// A lambda, or a class of the user's that can be called.
bool is_functor(clang::QualType type);
std::vector<const clang::FunctionDecl*> closure_operators(const clang::CXXRecordDecl& closure);
std::vector<const clang::FunctionDecl*> lambda_operators(const clang::LambdaExpr& lambda);

/// Without what the compiler added around it.
const clang::Expr& written(const clang::Expr& expression);

/// The function that is called, with its body if there is one to see.
const clang::FunctionDecl* callee_of(const clang::Expr& call);
const clang::FunctionDecl* visible_body(const clang::FunctionDecl& function);
/// What a call is given for a parameter, if it is a default, where that is written.
const clang::Expr& given(const clang::Expr& argument);
/// Of a function that is but `return EXPRESSION;`: that; null for others.
const clang::Expr* only_value(const clang::FunctionDecl& function);

/// A name, a literal, or a member of a named object: evaluating it can do nothing.
bool is_plain(const clang::Expr& expression);

/// Changes an object that exists before it: assignments, increments, moves, calls that take mutable references.
bool changes_state(const clang::Expr& expression);

/// A non-const member function that only looks: operator[], begin, at, ...
bool only_looks(const clang::CXXMethodDecl& method);

/// How a value argument can be put into a lambda that returns it, so that it means the same.
enum class LazyForm {
  none,       ///< not at all
  prvalue,    ///< return EXPR;
  reference,  ///< return (EXPR);
  copy,       ///< by value, though EXPR is a reference to something that ends with the lambda
};
LazyForm lazy_form(const clang::Expr& argument);

/// Whether evaluating an expression may submit tasks; remembers functions.
class SubmitSearch {
 public:
  bool may_submit(const clang::Stmt& expression);
  /// One of these functions may.
  bool may_be_called(const std::vector<const clang::FunctionDecl*>& functions);

 private:
  bool call_may_submit(const clang::CallExpr& call);
  bool body_may_submit(const clang::FunctionDecl& function);
  std::map<const clang::FunctionDecl*, bool> bodies_;
};

}  // namespace dflow::compiler
