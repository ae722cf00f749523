// Members of objects in argument expressions.
#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/launch_values.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) {
  refuse_launch(reason, where);
}

bool is_this(const clang::Expr& expression) {
  return isa<clang::CXXThisExpr>(expression.IgnoreParenImpCasts());
}

}  // namespace

/// Of an object that is passed, or of the one that the graph function is called on.
std::string LaunchValues::field(const clang::MemberExpr& member) {
  const auto where = member.getExprLoc();
  const auto* field = dyn_cast<clang::FieldDecl>(member.getMemberDecl());
  if (field == nullptr || field->getType()->isReferenceType()) refuse("this member is not repeated", where);
  if (const auto initial =
          context_.level ? objects_.initial(*member.getBase(), *field, *context_.level) : std::nullopt)
    return made_member(*field, *initial, where);
  if (is_this(*member.getBase())) {
    const auto* own = dyn_cast<clang::CXXMethodDecl>(&shared_.function);
    // Of a helper that is called on another object, `this` is that one.
    const bool same = own != nullptr && own->isInstance() && own->isConst() && context_.level &&
                      objects_.is_own(*member.getBase(), *context_.level);
    if (!same || !is_value(field->getType()) || field->isMutable())
      refuse("this member is not repeated", where);
    const std::string name = "dflow_this_" + field->getNameAsString();
    shared_.fields[name] = {.name = name,
                            .type = launch_type(field->getType().getUnqualifiedType(), context(), where),
                            .is_kept = true,
                            .given = "this->" + field->getNameAsString()};
    return name;
  }
  if (member.isArrow() || field->getAccess() == clang::AS_private ||
      field->getAccess() == clang::AS_protected)
    refuse("this member is not repeated", where);
  return text(*member.getBase()) + "." + field->getNameAsString();
}

/// Of an object that is made on the way: what it was made with, as long as nothing changes it.
std::string LaunchValues::made_member(const clang::FieldDecl& field, const LaunchObjects::Initial& initial,
                                      clang::SourceLocation where) {
  if (!field.getType()->isArithmeticType() ||
      !(field.getType().isConstQualified() || shared_.fixed.contains(field)))
    refuse("'" + field.getNameAsString() + "' may be another one when the task runs", where);
  const auto names = names_;
  const auto* constructor = initial.constructor.callee;
  const auto forget = [&] {
    // Of another object they are others.
    if (constructor == nullptr) return;
    for (const auto* each : constructor->parameters()) names_.erase(each);
  };
  forget();
  const Context context{.level = constructor == nullptr ? std::optional(initial.level) : std::nullopt,
                        .object = initial};
  const std::string text = text_at(context, *initial.value);
  forget();
  for (const auto& [variable, name] : names) names_.try_emplace(variable, name);
  return as_type(field.getType(), text, where);
}

}  // namespace dflow::compiler
