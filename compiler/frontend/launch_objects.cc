#include "compiler/frontend/launch_objects.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_options.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

const clang::Expr& bare(const clang::Expr& expression) {
  return *expression.IgnoreParens()->IgnoreImplicit()->IgnoreParenImpCasts();
}

/// Its initial value is what it always names.
bool is_local(const clang::VarDecl& variable) {
  return variable.isLocalVarDecl() && !variable.isStaticLocal() && variable.hasInit();
}

const clang::FunctionDecl* function_around(const clang::Decl& decl) {
  return dyn_cast_or_null<clang::FunctionDecl>(decl.getParentFunctionOrMethod());
}

}  // namespace

std::optional<LaunchObjects::Level> LaunchObjects::level_of(const clang::FunctionDecl* function) const {
  if (function == &graph_) return 0;
  for (std::size_t i = 0; i < frames_.size(); ++i)
    if (frames_[i].callee == function) return i + 1;
  return std::nullopt;
}

std::optional<LaunchObjects::Level> LaunchObjects::level_of(const clang::VarDecl& variable) const {
  return level_of(function_around(variable));
}

std::optional<LaunchObjects::Level> LaunchObjects::level_of_this(Level level) const {
  const auto* function = level == 0 ? &graph_ : frames_.at(level - 1).callee;
  for (const auto* method = dyn_cast<clang::CXXMethodDecl>(function);
       method != nullptr && method->getParent()->isLambda();
       method = dyn_cast_or_null<clang::CXXMethodDecl>(function))
    function = function_around(*method->getParent());
  return level_of(function);
}

/// The object of the member function at a level above the graph function's.
const clang::Expr* LaunchObjects::called_on(Level level) const {
  const clang::Expr& call = *frames_.at(level - 1).call;
  if (isa<clang::CXXConstructExpr>(call)) return &call;
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call))
    return member->getImplicitObjectArgument();
  const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
  return infix == nullptr ? nullptr : infix->getArg(0);
}

bool LaunchObjects::is_own(const clang::Expr& object, Level level) const {
  if (!isa<clang::CXXThisExpr>(bare(object))) return false;
  const auto at = level_of_this(level);
  if (!at || *at == 0) return at.has_value();
  const auto* outer = called_on(*at);
  return outer != nullptr && is_own(*outer, *at - 1);
}

const clang::Expr* LaunchObjects::argument_for(const clang::ParmVarDecl& parameter, Level level) const {
  const auto& arguments = frames_.at(level - 1).arguments;
  if (parameter.getFunctionScopeIndex() >= arguments.size()) return nullptr;
  const auto* argument = arguments[parameter.getFunctionScopeIndex()];
  return isa<clang::CXXDefaultArgExpr>(argument) ? nullptr : argument;
}

const clang::ValueDecl* LaunchObjects::executor(const clang::Expr& of_call) const {
  return executor(executor_behind(of_call), frames_.size());
}

const clang::ValueDecl* LaunchObjects::executor(const clang::Expr& expression, Level level) const {
  const clang::Expr& named = bare(expression);
  if (!is_dflow_class(named.getType(), "Executor")) return nullptr;  // another one has options of its own
  if (const auto* member = dyn_cast<clang::MemberExpr>(&named)) {
    const auto* field = dyn_cast<clang::FieldDecl>(member->getMemberDecl());
    if (field == nullptr || !field->getType()->isReferenceType()) return nullptr;
    if (is_own(*member->getBase(), level)) return field;
    const auto found = initial(*member->getBase(), *field, level);
    if (!found) return nullptr;
    const clang::Expr* value = found->value;
    if (found->constructor.callee != nullptr) {
      const auto* parameter = dyn_cast_or_null<clang::ParmVarDecl>(named_variable(bare(*value)));
      const auto& arguments = found->constructor.arguments;
      const bool given = parameter != nullptr && function_around(*parameter) == found->constructor.callee;
      if (!given || parameter->getFunctionScopeIndex() >= arguments.size()) return nullptr;
      value = arguments[parameter->getFunctionScopeIndex()];
    }
    return executor(*value, found->level);
  }
  const auto* variable = named_variable(named);
  const auto at = variable == nullptr ? std::nullopt : level_of(*variable);
  if (!at) return nullptr;
  if (const auto* parameter = dyn_cast<clang::ParmVarDecl>(variable)) {
    if (*at == 0) return parameter;
    const auto* argument = argument_for(*parameter, *at);
    return argument == nullptr ? nullptr : executor(*argument, *at - 1);
  }
  const bool refers = variable->getType()->isReferenceType() && is_local(*variable);
  return refers ? executor(*variable->getInit(), *at) : variable;
}

/// The expression that made an object.
std::optional<LaunchObjects::Made> LaunchObjects::made(const clang::Expr& object, Level level) const {
  const clang::Expr& expression = bare(object);
  if (isa<clang::CXXThisExpr>(expression)) {
    const auto at = level_of_this(level);
    const auto* outer = !at || *at == 0 ? nullptr : called_on(*at);
    return outer == nullptr ? std::nullopt : made(*outer, *at - 1);
  }
  if (const auto* construct = dyn_cast<clang::CXXConstructExpr>(&expression)) {
    const auto& constructor = *construct->getConstructor();
    if (!constructor.isCopyOrMoveConstructor()) return Made{construct, level};
    return constructor.isUserProvided() || construct->getNumArgs() != 1 ? std::nullopt
                                                                        : made(*construct->getArg(0), level);
  }
  if (isa<clang::InitListExpr>(expression)) return Made{&expression, level};
  if (const auto* functional = dyn_cast<clang::CXXFunctionalCastExpr>(&expression))
    return made(*functional->getSubExpr(), level);
  const auto* variable = named_variable(expression);
  const auto at =
      variable == nullptr || variable->getType()->isPointerType() ? std::nullopt : level_of(*variable);
  if (!at) return std::nullopt;
  if (const auto* parameter = dyn_cast<clang::ParmVarDecl>(variable)) {
    const auto* argument = *at == 0 ? nullptr : argument_for(*parameter, *at);
    return argument == nullptr ? std::nullopt : made(*argument, *at - 1);
  }
  return is_local(*variable) ? made(*variable->getInit(), *at) : std::nullopt;
}

std::optional<LaunchObjects::Initial> LaunchObjects::initial(const clang::Expr& object,
                                                             const clang::FieldDecl& field,
                                                             Level level) const {
  const auto found = made(object, level);
  if (!found) return std::nullopt;
  if (const auto* braces = dyn_cast<clang::InitListExpr>(found->expression)) {
    const auto* record = braces->getType()->getAsCXXRecordDecl();
    const bool own = record != nullptr && record->getNumBases() == 0 && !record->isUnion() &&
                     field.getParent()->getCanonicalDecl() == record->getCanonicalDecl();
    if (!own || field.getFieldIndex() >= braces->getNumInits()) return std::nullopt;
    const auto* value = braces->getInit(field.getFieldIndex());
    if (isa<clang::CXXDefaultInitExpr>(value)) return std::nullopt;
    return Initial{.value = value, .level = found->level};
  }
  const auto& construct = *llvm::cast<clang::CXXConstructExpr>(found->expression);
  const auto* constructor =
      dyn_cast_or_null<clang::CXXConstructorDecl>(visible_body(*construct.getConstructor()));
  if (constructor == nullptr) return std::nullopt;
  for (const auto* init : constructor->inits()) {
    if (!init->isMemberInitializer() || init->getMember() != &field ||
        isa<clang::CXXDefaultInitExpr>(init->getInit()))
      continue;
    std::vector<const clang::Expr*> arguments(construct.arg_begin(), construct.arg_end());
    return Initial{.value = init->getInit(),
                   .constructor = {constructor, std::move(arguments), &construct},
                   .level = found->level};
  }
  return std::nullopt;
}

}  // namespace dflow::compiler
