#include "compiler/frontend/launch_values.h"

#include <utility>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_callables.h"
#include "compiler/frontend/only_reads.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) { refuse_launch(reason, where); }

/// Then its value depends on where in the body it is asked.
bool counts_in_body(const clang::ForStmt& loop, const clang::VarDecl& variable) {
  bool found = false;
  visit(loop.getBody(), [&](const clang::Stmt& part) {
    found = found || changes(part, variable);
    return !found;
  });
  return found;
}

bool is_assigned(const clang::ParmVarDecl& parameter) {
  bool found = false;
  visit(cast<clang::FunctionDecl>(parameter.getDeclContext())->getBody(), [&](const clang::Stmt& part) {
    found = found || changes(part, parameter);
    return !found;
  });
  return found;
}

/// A local variable that could be a constant.
bool is_only_read(const clang::VarDecl& variable) {
  const auto* function = dyn_cast<clang::FunctionDecl>(variable.getDeclContext());
  return variable.isLocalVarDecl() && function != nullptr && function->hasBody() && only_reads(*function->getBody(), variable);
}

/// One that calls do not change; nor can anything be assigned to it but itself.
bool is_constant_lambda(clang::QualType type) {
  const auto* record = type->getAsCXXRecordDecl();
  return record != nullptr && record->isLambda() && record->getLambdaCallOperator()->isConst();
}

/// An object that exists before the call and after it.
bool is_path(const clang::Expr& expression) {
  const clang::Expr& bare = *expression.IgnoreParenImpCasts();
  if (isa<clang::DeclRefExpr>(bare)) return true;
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) return member->isArrow() || is_path(*member->getBase());
  const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&bare);
  return infix != nullptr && infix->getOperator() == clang::OO_Subscript && is_path(*infix->getArg(0));
}

}  // namespace

LaunchValues::LaunchValues(LaunchedFunction& shared, const std::vector<AffineFrame>& frames, When when)
    : shared_(shared),
      frames_(frames),
      objects_(shared.function, frames),
      context_{.level = frames.size()},
      when_(when) {
  for (const auto* parameter : shared.function.parameters()) taken_.insert(parameter->getNameAsString());
}

// --- what names mean

template <class Write>
std::string LaunchValues::within(const Context& context, Write write) {
  struct Back {
    Context& now;
    Context before;
    ~Back() { now = std::move(before); }
  } back{context_, std::exchange(context_, context)};
  return write();
}

std::string LaunchValues::text_at(const Context& context, const clang::Expr& expression) {
  return within(context, [&] { return text(expression); });
}

void LaunchValues::enter(const clang::Stmt& loop, const std::string& index) {
  if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&loop)) {
    const auto* variable = range->getLoopVariable();
    if (isa<clang::DecompositionDecl>(variable) || holds_future(range->getRangeInit()->getType())) return;
    const auto held = first_type_argument(range->getRangeInit()->getType());
    if (held.isNull() || !is_sequence(range->getRangeInit()->getType())) return;
    loops_[variable] = {launch_type(held.getUnqualifiedType(), context(), loop.getBeginLoc()) + "&", index, range->getRangeInit()};
    return;
  }
  if (!isa<clang::ForStmt>(loop)) return;  // its counters change in passing
  const auto* declarations = dyn_cast_or_null<clang::DeclStmt>(cast<clang::ForStmt>(loop).getInit());
  if (declarations == nullptr || !declarations->isSingleDecl()) return;
  const auto* variable = dyn_cast<clang::VarDecl>(declarations->getSingleDecl());
  if (variable == nullptr || counts_in_body(cast<clang::ForStmt>(loop), *variable)) return;
  loops_[variable] = {launch_type(variable->getType().getUnqualifiedType(), context(), loop.getBeginLoc()), index, nullptr};
}

std::string LaunchValues::name(const clang::ValueDecl& decl, clang::SourceLocation where) {
  if (isa<clang::EnumConstantDecl>(decl)) return launch_name(decl, context(), where);
  const auto* variable = dyn_cast<clang::VarDecl>(&decl);
  if (variable == nullptr) refuse("'" + decl.getNameAsString() + "' is not repeated", where);
  if (const auto found = names_.find(variable); found != names_.end()) return found->second;
  if (const auto* declared = dyn_cast<clang::ParmVarDecl>(variable)) return parameter(*declared, where);
  if (const auto found = loops_.find(variable); found != loops_.end()) {
    const Loop& loop = found->second;
    return declare(*variable, loop.type,
                   loop.range != nullptr ? element_of(*variable, loop)
                                         : "static_cast<" + loop.type + ">(" + loop.index + ")");
  }
  const bool constant = variable->getType()->isArithmeticType() && (variable->getType().isConstQualified() || is_only_read(*variable));
  const bool global = variable->hasGlobalStorage() && !variable->isStaticLocal();
  if (constant && global && variable->evaluateValue() != nullptr) return launch_name(*variable, context(), where);
  if (!constant || !variable->isLocalVarDecl() || variable->isStaticLocal() || !variable->hasInit())
    refuse("'" + decl.getNameAsString() + "' may be another one when the task runs", where);
  return declare(*variable, type_of(*variable, where),
                 text_at({.level = objects_.level_of(*variable)}, *variable->getInit()));
}

/// The graph function's own, or of one that was walked in place.
std::string LaunchValues::parameter(const clang::ParmVarDecl& parameter, clang::SourceLocation where) {
  const auto* argument = argument_for(parameter);
  if (argument == nullptr) {
    keep(parameter, where);
    return parameter.getNameAsString();
  }
  const auto type = parameter.getType().getNonReferenceType();
  require_constant(parameter, *cast<clang::FunctionDecl>(parameter.getDeclContext())->getBody(), where);
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(parameter.getDeclContext()))
    for (const auto* init : constructor->inits()) require_constant(parameter, *init->getInit(), where);
  const Context outer{.level = is_constructors(parameter) ? context_.object->level
                                                          : objects_.level_of(parameter).value_or(1) - 1};
  if (type->isScalarType()) return declare(parameter, type_of(parameter, where), text_at(outer, *argument));
  if (!is_path(*argument)) refuse("an argument of '" + parameter.getNameAsString() + "' is made for the call", argument->getExprLoc());
  return declare(parameter, type_of(parameter, where) + "&", text_at(outer, *argument));
}

bool LaunchValues::is_constructors(const clang::ParmVarDecl& parameter) const {
  return context_.object &&
         context_.object->constructor.callee == dyn_cast<clang::FunctionDecl>(parameter.getDeclContext());
}

const clang::Expr* LaunchValues::argument_for(const clang::ParmVarDecl& parameter) const {
  const auto* function = dyn_cast<clang::FunctionDecl>(parameter.getDeclContext());
  std::vector<const AffineFrame*> frames;
  if (is_constructors(parameter)) frames.push_back(&context_.object->constructor);
  for (const AffineFrame& frame : frames_) frames.push_back(&frame);
  for (const AffineFrame* each : frames) {
    const AffineFrame& frame = *each;
    if (frame.callee != function) continue;
    if (parameter.getFunctionScopeIndex() >= frame.arguments.size()) refuse("this call is not repeated", frame.call->getExprLoc());
    return &given(*frame.arguments[parameter.getFunctionScopeIndex()]);
  }
  if (function != &shared_.function) refuse("'" + parameter.getNameAsString() + "' may be another one when the task runs", parameter.getLocation());
  return nullptr;
}

void LaunchValues::keep(const clang::ParmVarDecl& parameter, clang::SourceLocation where) {
  if (when_ == When::now) return require_constant(parameter, *shared_.function.getBody(), where);
  if (!is_value(parameter.getType().getNonReferenceType()))
    refuse("'" + parameter.getNameAsString() + "' refers to what it does not own, or cannot be copied", where);
  require_constant(parameter, *shared_.function.getBody(), where);
  shared_.kept.insert(parameter.getNameAsString());
}

void LaunchValues::require_constant(const clang::VarDecl& variable, const clang::Stmt& body, clang::SourceLocation where) {
  const auto type = variable.getType().getNonReferenceType();
  if (type.isConstQualified()) return;
  if (!type->isIntegralOrEnumerationType() && only_reads(body, variable)) return;
  bool changed = !type->isIntegralOrEnumerationType() || elusive_integers(body).contains(&variable);
  visit(&body, [&](const clang::Stmt& part) {
    changed = changed || changes(part, variable);
    return !changed;
  });
  if (changed) refuse("'" + variable.getNameAsString() + "' may change", where);
}

std::string LaunchValues::type_of(const clang::VarDecl& variable, clang::SourceLocation where) const {
  return launch_type(variable.getType().getNonReferenceType().getUnqualifiedType(), context(), where);
}

/// Two variables of one name get two names.
const std::string& LaunchValues::declare(const clang::VarDecl& variable, const std::string& type, const std::string& value) {
  std::string unique = variable.getNameAsString();
  while (!taken_.insert(unique).second) unique += '_';
  declared_.push_back({type, unique, value});
  return names_[&variable] = unique;
}

std::string LaunchValues::element_of(const clang::VarDecl& variable, const Loop& loop) {
  return within({.level = objects_.level_of(variable)}, [&] { return element(*loop.range, loop.index); });
}

std::string LaunchValues::element(const clang::Expr& container, const std::string& index) {
  const clang::Expr& named = *container.IgnoreParenImpCasts();
  if (!is_sequence(named.getType()) || !is_path(named)) refuse("this range is not a container that is a parameter", container.getExprLoc());
  return text(named) + "[static_cast<::std::size_t>(" + index + ")]";
}

// --- callables

const clang::Expr& LaunchValues::origin(const clang::Expr& expression) const {
  const clang::Expr& bare = stripped(expression);
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&bare);
      made != nullptr && made->getConstructor()->isCopyOrMoveConstructor() && made->getNumArgs() == 1)
    return origin(*made->getArg(0));
  if (const auto* move = dyn_cast<clang::CallExpr>(&bare); move != nullptr && move->isCallToStdMove()) return origin(*move->getArg(0));
  if (const auto* address = dyn_cast<clang::UnaryOperator>(&bare);
      address != nullptr && (address->getOpcode() == clang::UO_AddrOf || address->getOpcode() == clang::UO_Plus))
    return origin(*address->getSubExpr());
  const auto* variable = named_variable(bare);
  if (variable == nullptr) return bare;
  if (const auto* declared = dyn_cast<clang::ParmVarDecl>(variable)) {
    const auto* argument = argument_for(*declared);
    return argument == nullptr || is_assigned(*declared) ? bare : origin(*argument);
  }
  const bool local = variable->isLocalVarDecl() && !variable->isStaticLocal();
  const bool constant = local && (variable->getType().isConstQualified() || is_constant_lambda(variable->getType()));
  return constant && variable->hasInit() ? origin(*variable->getInit()) : bare;
}

std::string LaunchValues::object(const clang::Expr& expression) {
  const clang::Expr& bare = written(expression);
  const auto* record = bare.getType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || record->isLambda()) return "";
  const std::string type = launch_type(bare.getType().getUnqualifiedType(), context(), bare.getExprLoc());
  if (record->isEmpty() && record->hasTrivialDefaultConstructor() && record->isTriviallyCopyable()) return type + "{}";
  const auto* braces = dyn_cast<clang::InitListExpr>(&bare);
  if (const auto* made = dyn_cast<clang::CXXFunctionalCastExpr>(&bare)) braces = dyn_cast<clang::InitListExpr>(made->getSubExpr()->IgnoreImplicit());
  if (braces == nullptr || !record->isAggregate() || record->getNumBases() > 0) return "";
  std::string values;
  for (const auto* init : braces->inits()) {
    if (!init->getType()->isArithmeticType()) return "";
    values += (values.empty() ? "" : ", ") + as_type(init->getType(), text(*init), init->getExprLoc());
  }
  return type + "{" + values + "}";
}

}  // namespace dflow::compiler
