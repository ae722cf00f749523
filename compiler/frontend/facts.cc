#include "compiler/frontend/facts.h"

#include <algorithm>

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

bool is_mutable_global(const clang::VarDecl& variable) {
  if (!variable.hasGlobalStorage()) return false;
  const auto type = variable.getType().getNonReferenceType();
  return !type.isConstQualified() && !variable.isConstexpr() && !is_executor(type);
}

namespace {

/// Names `this`, or a variable that is made anew in each call. What a lambda has inside of it is its own.
bool varies(const clang::Stmt* expression) {
  if (expression == nullptr) return false;
  if (isa<clang::CXXThisExpr>(expression)) return true;
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(expression)) {
    const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl());
    return isa<clang::BindingDecl>(name->getDecl()) || (variable != nullptr && variable->hasLocalStorage());
  }
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(expression))
    return std::ranges::any_of(lambda->capture_inits(), varies);
  return std::ranges::any_of(expression->children(), varies);
}

}  // namespace

bool keeps_first_value(const clang::VarDecl& variable) {
  return variable.isStaticLocal() && varies(variable.getInit());
}

namespace {

const clang::VarDecl* global_root(const clang::Expr& expression) {
  const clang::Expr& bare = stripped(expression);
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) {
    const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl());
    return variable != nullptr && is_mutable_global(*variable) ? variable : nullptr;
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) {
    if (const auto* variable = dyn_cast<clang::VarDecl>(member->getMemberDecl())) {
      return is_mutable_global(*variable) ? variable : nullptr;
    }
    return global_root(*member->getBase());
  }
  if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&bare)) return global_root(*op->getArg(0));
  if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare))
    return global_root(*call->getImplicitObjectArgument());
  if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare))
    return global_root(*subscript->getBase());
  return nullptr;
}

/// `x[i]`, `*x`, `x->` of a class: a part of `x`, whatever else there is.
bool looks_into(const clang::CXXOperatorCallExpr& call) {
  const auto op = call.getOperator();
  return op == clang::OO_Subscript || op == clang::OO_Arrow ||
         (op == clang::OO_Star && call.getNumArgs() == 1);
}

formats::NodeOp op_of(Operation operation) {
  switch (operation) {
    case Operation::submit:
      return formats::NodeOp::submit;
    case Operation::map:
      return formats::NodeOp::map;
    case Operation::reduce:
      return formats::NodeOp::reduce;
    case Operation::then:
      return formats::NodeOp::then;
  }
  return formats::NodeOp::submit;
}

}  // namespace

void Facts::flow(const Uses& from, PlaceId to) {
  for (const Use use : from.value) record_.flows.push_back({use, {to, Aspect::value}});
  for (const Use use : from.size) record_.flows.push_back({use, {to, Aspect::size}});
  if (to == record_.object && isa<clang::CXXConstructorDecl>(function)) flow_into_made(from);
}

void Facts::flow_into_made(const Uses& from) {
  for (const Use use : from.all()) {
    if (std::ranges::find(record_.parameters, use.place) != record_.parameters.end()) continue;
    record_.flows.push_back({use, {places.made(*function), Aspect::value}});
  }
}

void Facts::steer(UseList uses, clang::SourceLocation location, std::string what) {
  if (!uses.empty()) record_.steerings.push_back({std::move(uses), line(location), std::move(what)});
}

void Facts::choose(UseList uses, clang::SourceLocation location) {
  if (!uses.empty()) record_.choices.push_back({std::move(uses), line(location), "a task's argument"});
}

int Facts::line(clang::SourceLocation location) const {
  return user_place(location, project.sources()).line;
}

Stop Facts::stopping_point() const {
  if (around.statement == nullptr) return {};
  const auto at = text_range(around.statement->getSourceRange(), project);
  if (!at) return {};
  if (around.within) return {*at, Stop::Form::wrapped};
  return {TextRange{at->file, at->begin, at->begin},
          isa<clang::Expr>(around.statement) ? Stop::Form::operand : Stop::Form::statement};
}

Stop Facts::stop_after(const clang::Expr& part) const {
  const clang::Expr& expression = written(part);
  const clang::Expr& bare = *expression.IgnoreParenImpCasts();
  if (!isa<clang::CallExpr, clang::CXXTemporaryObjectExpr>(bare) || expression.refersToBitField()) return {};
  const auto at = text_range(expression.getSourceRange(), project);
  return at ? Stop{*at, Stop::Form::after} : Stop{};
}

Stop Facts::stop_after(clang::SourceLocation begin, clang::SourceLocation end) const {
  if (!project.owns(begin) || !project.owns(end)) return {};
  const auto& sources = project.sources();
  if (sources.getFileID(begin) != sources.getFileID(end)) return {};
  return {TextRange{file_path(begin, project), sources.getFileOffset(begin), sources.getFileOffset(end)},
          Stop::Form::after};
}

void Facts::effect(const clang::Expr& expression, std::string reason) {
  effect(expression, std::move(reason), stopping_point());
}

void Facts::effect(const clang::Expr& expression, std::string reason, Stop stop) {
  record_.effects.push_back({line(expression.getExprLoc()), std::move(reason), std::move(stop)});
}

UseList Facts::source(const clang::Expr& expression, std::string name) {
  Place place;
  place.kind = Place::Kind::source;
  place.name = std::move(name);
  place.file = record_.file;
  place.line = line(expression.getExprLoc());
  place.stop = stopping_point();
  const PlaceId id = places.add(std::move(place));
  record_.sources.push_back(id);
  return {{id, Aspect::value}};
}

void Facts::may_fail(const UseList& uses, clang::SourceLocation location) {
  if (around.rescues > 0) return steer(uses, location, "a catch around it");
  flow({uses, {}}, places.failure(*function));
}

void Facts::call(const clang::FunctionDecl& callee, clang::SourceLocation location) {
  const auto* definition = body_of(callee, project);
  if (definition == nullptr) return;
  const auto id = recorded_.functions.find(definition);
  if (id == recorded_.functions.end()) return;
  record_.calls.push_back(id->second);
  may_fail({{places.failure(*definition), Aspect::value}}, location);
  NodeRecord inlined;
  inlined.node.line = static_cast<std::uint32_t>(line(location));
  inlined.node.loops = around.loops;
  inlined.node.guards = around.guards;
  inlined.inlined = id->second;
  record_.nodes.push_back(std::move(inlined));
}

void Facts::assign(const clang::Expr& target, const Uses& from) {
  change(target, from);
  const auto* name = global_root(target);
  if (name != nullptr) effect(target, "writes to '" + qualified_name(*name) + "', which is global");
}

void Facts::assign_back(const clang::Expr& target, PlaceId from) {
  change(target, {{{from, Aspect::value}}, {{from, Aspect::size}}});
}

void Facts::change(const clang::Expr& target, const Uses& from) {
  for (const Root& root : roots(target)) flow(root.whole ? from : Uses{from.all(), {}}, root.place);
}

std::vector<Facts::Root> Facts::roots(const clang::Expr& expression) {
  const clang::Expr& bare = stripped(expression);
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) {
    if (!isa<clang::VarDecl, clang::BindingDecl>(name->getDecl())) return {};
    return {{places.of(*name->getDecl()), true}};
  }
  if (isa<clang::CXXThisExpr>(bare)) {
    if (record_.object != PlaceId{-1}) return {{record_.object, true}};
    return {};
  }
  std::vector<Root> result;
  const auto add = [&](const clang::Expr* of) { std::ranges::copy(roots(*of), std::back_inserter(result)); };
  const auto add_part = [&](const clang::Expr* of) {
    for (const Root& root : roots(*of)) result.push_back({root.place, false});
  };
  if (const auto place = places.member(bare)) return {{*place, true}};
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) {
    add_part(member->getBase());
  } else if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare)) {
    add_part(subscript->getBase());
  } else if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare)) {
    const auto* method = call->getMethodDecl();
    const bool looks = method != nullptr && only_looks(*method);
    looks ? add_part(call->getImplicitObjectArgument()) : add(call->getImplicitObjectArgument());
  } else if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare)) {
    add(unary->getSubExpr());
  } else if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&bare)) {
    add(choice->getTrueExpr());
    add(choice->getFalseExpr());
  } else if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&bare); op != nullptr && looks_into(*op)) {
    add_part(op->getArg(0));
  } else if (const auto* other = dyn_cast<clang::CallExpr>(&bare); other != nullptr && !as_site(*other)) {
    // What a number was computed from is not part of what a call returns.
    for (const auto* argument : other->arguments()) {
      if (!argument->isPRValue() || !argument->getType()->isArithmeticType()) add(argument);
    }
    // In `a << b << c` every call names what those inside of it do.
    std::ranges::sort(result);
    result.erase(std::ranges::unique(result).begin(), result.end());
  } else if (const auto* binary = dyn_cast<clang::BinaryOperator>(&bare)) {
    add(binary->getLHS());
  } else if (const auto* list = dyn_cast<clang::InitListExpr>(&bare)) {
    for (const auto* init : list->inits()) add(init);
  } else if (const auto* elements = dyn_cast<clang::CXXStdInitializerListExpr>(&bare)) {
    add(elements->getSubExpr());
  }
  return result;
}

formats::Node Facts::make_node(const clang::Expr& call, formats::NodeOp op, std::string task) const {
  const auto place = user_place(call.getExprLoc(), project.sources());
  formats::Node made;
  made.op = op;
  made.task = std::move(task);
  made.file = place.file;
  made.line = static_cast<std::uint32_t>(place.line);
  made.column = static_cast<std::uint32_t>(place.column);
  made.loops = around.loops;
  made.guards = around.guards;
  return made;
}

/// Of a graph function whose body is not visible; those of others come in its place, as any function's.
void Facts::graph_node(const clang::CallExpr& call, const clang::FunctionDecl& callee) {
  if (body_of(callee, project) != nullptr) return;
  formats::Node made = make_node(call, formats::NodeOp::graph, qualified_name(callee));
  for (const auto* argument : call.arguments()) {
    if (!is_executor(argument->getType())) made.arguments.push_back(argument_of(*argument));
  }
  record_.nodes.push_back({std::move(made), FunctionId{-1}});
}

void Facts::node(const SiteCall& site) {
  formats::Node made =
      make_node(*site.call, op_of(site.operation), callable_name(*site.callable, project.sources()));
  if (site.operation == Operation::then) {
    const auto* member = cast<clang::CXXMemberCallExpr>(site.call);
    made.arguments.push_back(argument_of(*member->getImplicitObjectArgument()));
  }
  for (const auto* argument : site.arguments) made.arguments.push_back(argument_of(*argument));
  record_.nodes.push_back({std::move(made), FunctionId{-1}});
}

formats::Argument Facts::argument_of(const clang::Expr& argument) const {
  return {holds_future(argument.getType()) ? formats::ArgumentKind::future : formats::ArgumentKind::value,
          source_text(argument, project.context())};
}

}  // namespace dflow::compiler
