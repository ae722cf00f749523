// Objects whose members are variables by themselves: to the analysis, what happens to one says nothing about
// another.
#pragma once

#include <set>
#include <vector>

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"

namespace dflow::compiler {

/// Local variables of plain classes that are only ever named for a member: `x.a`, never `x`, `&x`, `x.f()`,
/// `[&]`.
/// Locals, and parameters of graph functions.
std::set<const clang::VarDecl*> variables_of_separate_members(
    const std::vector<const clang::FunctionDecl*>& functions);

/// The variable and its member that an expression names, if it is of the form `x.a` with a data member.
struct NamedMember {
  const clang::VarDecl* variable = nullptr;
  const clang::FieldDecl* field = nullptr;
};
NamedMember named_member(const clang::Expr& expression);

}  // namespace dflow::compiler
