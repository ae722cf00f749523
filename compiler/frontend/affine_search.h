// Searches in the AST on which the walk for affine graphs (affine_walk.h) relies.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"

namespace dflow::compiler {

/// All of a statement, bodies of lambdas too; what is inside of a part if `see` says so.
void visit(const clang::Stmt* statement, const std::function<bool(const clang::Stmt&)>& see);

/// The name of the function that is called, "" if it has none.
llvm::StringRef method_of(const clang::CallExpr& call);

/// The variable that an expression is the name of, or that a statement assigns to by its name.
const clang::VarDecl* named_variable(const clang::Stmt& statement);
const clang::VarDecl* assigned(const clang::Stmt& statement);

/// What a statement by itself gives other values, by name: what it assigns to, integers that it swaps.
std::vector<const clang::VarDecl*> changed_by(const clang::Stmt& statement);
bool changes(const clang::Stmt& statement, const clang::VarDecl& variable);

/// The one increment in an expression, always evaluated, of a variable that stands nowhere else in it: `x[++k] = y`. Null
/// if there is none.
const clang::UnaryOperator* only_step(const clang::Expr& expression);

/// Asks futures for results, which steer nothing in a function that is replicable.
bool only_asks(const clang::CallExpr& call);

/// By return, goto or throw.
bool leaves(const clang::Stmt& statement);

/// Integers that are changed in another way than by their name, where it stands: by references, pointers, lambdas.
std::set<const clang::VarDecl*> elusive_integers(const clang::Stmt& body);

/// Futures, and optional ones, whose being there may change other than where they are assigned to by name.
std::set<const clang::VarDecl*> elusive_holders(const clang::Stmt& body);

/// An aggregate parameter of which only members are read.
bool keeps_members(const clang::VarDecl& variable, const clang::Stmt& body);

/// A parameter that holds values keeps its length: nothing is called on it that may change it.
bool keeps_length(const clang::VarDecl& variable, const clang::Stmt& body);

}  // namespace dflow::compiler
