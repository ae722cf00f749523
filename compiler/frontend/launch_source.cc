#include "compiler/frontend/launch_source.h"

#include <algorithm>
#include <map>
#include <set>

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_callables.h"
#include "compiler/frontend/launch_checks.h"
#include "compiler/frontend/launch_instances.h"
#include "compiler/frontend/launch_values.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) { refuse_launch(reason, where); }

/// The loops around each call, outermost first.
class Surroundings {
 public:
  explicit Surroundings(const clang::Stmt& body) { look(body); }
  const std::vector<const clang::Stmt*>* loops_around(const clang::Expr& call) const {
    const auto found = around_.find(&call);
    return found == around_.end() ? nullptr : &found->second;
  }

 private:
  void look(const clang::Stmt& statement) {
    if (isa<clang::CallExpr, clang::CXXConstructExpr>(statement)) around_[cast<clang::Expr>(&statement)] = loops_;
    const bool loop = isa<clang::ForStmt, clang::CXXForRangeStmt>(statement);
    if (loop) loops_.push_back(&statement);
    for (const auto* part : statement.children())
      if (part != nullptr) look(*part);
    if (loop) loops_.pop_back();
  }
  std::map<const clang::Expr*, std::vector<const clang::Stmt*>> around_;
  std::vector<const clang::Stmt*> loops_;
};

formats::NodeOp node_op(Operation operation) {
  switch (operation) {
    case Operation::submit: return formats::NodeOp::submit;
    case Operation::map: return formats::NodeOp::map;
    case Operation::reduce: return formats::NodeOp::reduce;
    case Operation::then: return formats::NodeOp::then;
  }
  return formats::NodeOp::submit;
}

class Reader {
 public:
  Reader(const Project& project, const clang::FunctionDecl& function, const flow::Analysed& analysed)
      : project_(project), context_(project.context()), function_(function), analysed_(analysed), shared_{project, function} {}

  LaunchSource run(const std::vector<AffineSite>& sites, const std::vector<std::uint32_t>& nodes) {
    read_function();
    LaunchChecks().check(function_);
    for (std::size_t i = 0; i < sites.size(); ++i) read_site(sites[i], nodes[i]);
    Launcher& launcher = made_.launcher;
    for (LaunchParameter& each : launcher.parameters) each.is_kept = shared_.kept.contains(each.name);
    for (const auto& [name, each] : shared_.fields) launcher.parameters.push_back(each);
    return std::move(made_);
  }

 private:
  // --- the function

  void read_function() {
    const auto where = function_.getLocation();
    if (!project_.sources().isInMainFile(where) || !project_.owns(where)) refuse("it is not in the main file", where);
    if (function_.isTemplated()) refuse("it is a template", where);
    if (function_.isConstexpr() || !isa<clang::CompoundStmt>(function_.getBody())) refuse("its body is no block", where);
    const auto place = user_place(where, project_.sources());
    Launcher& launcher = made_.launcher;
    launcher.graph = qualified_name(function_);
    launcher.key = cpp_literal(launcher.graph) + ", " + cpp_literal(place.file) + ", " + std::to_string(place.line);
    for (const auto* parameter : function_.parameters()) read_parameter(*parameter);
    if (executor_ == nullptr) refuse("it takes no dflow::Executor&", where);
    read_result();
    launcher.instance = instance_of(function_, project_);
  }

  void read_parameter(const clang::ParmVarDecl& parameter) {
    const auto type = parameter.getType();
    if (parameter.getName().empty()) refuse("a parameter has no name", parameter.getLocation());
    LaunchParameter made{.name = parameter.getNameAsString(), .type = ""};
    if (is_dflow_class(type, "Executor")) {
      if (executor_ != nullptr || !type->isLValueReferenceType()) refuse("it takes its executor in another way than by reference", parameter.getLocation());
      executor_ = &parameter;
      made.is_executor = true;
    } else {
      if (type->isRValueReferenceType() || (type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified()))
        refuse("parameter '" + made.name + "' is a reference to what it may change", parameter.getLocation());
      if (holds_future(type)) refuse("parameter '" + made.name + "' holds futures", parameter.getLocation());
      made.type = launch_type(type.getNonReferenceType().getUnqualifiedType(), context_, parameter.getLocation());
    }
    made_.launcher.parameters.push_back(std::move(made));
  }

  void read_result() {
    const auto type = function_.getReturnType();
    if (type->isVoidType()) {
      if (!analysed_.returns.empty()) refuse("its result is not what it returns", function_.getLocation());
      return;
    }
    const auto held = is_future(type) ? first_type_argument(type)
                      : is_std_class(type, {"vector"}) && is_future(first_type_argument(type)) ? first_type_argument(first_type_argument(type))
                                                                                               : clang::QualType();
    if (held.isNull() || type->isReferenceType() || analysed_.returns.empty())
      refuse("it does not return a future or a vector of futures", function_.getLocation());
    Launcher& launcher = made_.launcher;
    launcher.returned = launch_type(type.getUnqualifiedType(), context_, function_.getLocation());
    launcher.returns_one = is_future(type);
    launcher.returned_value = launch_type(held, context_, function_.getLocation());
  }

  // --- calls that submit

  void read_site(const AffineSite& site, std::uint32_t node) {
    const auto call = *as_site(*site.call);
    const auto where = site.call->getExprLoc();
    LaunchValues values(shared_, site.frames);
    LaunchSite made;
    made.node = node;
    made.op = node_op(site.operation);
    enter_loops(site, made, values);
    const LaunchCallable callable = launch_callable(call, values, project_);
    called_ = callable.function;
    made.callable = callable.text;
    made.made = callable.made;
    made.noted = callable.noted;
    if (callable.lambda != nullptr) made_.noted.emplace_back(callable.lambda, callable.key);
    for (unsigned i = 0; i < 2; ++i)
      made.by_reference[i] = called_->getNumParams() == 2 && called_->getParamDecl(i)->getType()->isLValueReferenceType();
    const auto held = future_value(site.call->getType());
    if (held.isNull() || (!held->isVoidType() && !is_copyable(held))) refuse("the result cannot be copied", where);
    made.result = launch_type(held, context_, where);
    const auto place = user_place(where, project_.sources());
    made.task = callable_name(*call.callable, project_.sources());
    made.pure = is_pure(*called_);
    made.place = cpp_literal(made.task) + ", " + cpp_literal(place.file) + ", " + std::to_string(place.line) + ", " + std::to_string(place.column);
    if (site.operation == Operation::then) {
      read_argument(*cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument(), nullptr, made, values);
    } else {
      check_executor(*site.call, values);
    }
    for (const auto* argument : call.arguments)
      read_argument(*argument, site.operation == Operation::map ? &made.indices.back() : nullptr, made, values);
    made.variables = std::move(values).variables();
    made_.launcher.sites.push_back(std::move(made));
  }

  /// Of the graph function, and of those that were walked in place on the way to the call.
  void enter_loops(const AffineSite& site, LaunchSite& made, LaunchValues& values) {
    const auto where = site.call->getExprLoc();
    std::vector<const clang::Stmt*> loops;
    const clang::FunctionDecl* inside = &function_;
    const auto add = [&](const clang::Expr& call) {
      const auto [found, added] = around_.try_emplace(inside, *inside->getBody());
      const auto* around = found->second.loops_around(call);
      if (around == nullptr) refuse("tasks are submitted in another function", where);
      loops.insert(loops.end(), around->begin(), around->end());
    };
    for (const AffineFrame& frame : site.frames) {
      if (&frame.callee->getASTContext() != &context_) refuse("tasks are submitted by way of another file", where);
      add(*frame.call);
      inside = frame.callee;
    }
    add(*site.call);
    const auto family = std::ranges::find(analysed_.families, made.node, &flow::Family::node);
    const std::size_t own = site.operation == Operation::map ? 1 : 0;
    if (family == analysed_.families.end() || family->variables.size() != loops.size() + own)
      refuse("its loops are not those of the plan", where);
    made.indices = flow::own_names(family->variables);
    for (std::size_t i = 0; i < loops.size(); ++i) values.enter(*loops[i], made.indices[i]);
  }

  void check_executor(const clang::CallExpr& call, const LaunchValues& values) const {
    const auto* object = cast<clang::CXXMemberCallExpr>(call).getImplicitObjectArgument();
    if (named_variable(values.origin(*object)) != executor_) refuse("tasks are submitted through another executor", call.getExprLoc());
  }

  void read_argument(const clang::Expr& argument, const std::string* element, LaunchSite& made, LaunchValues& values) {
    LaunchArgument read;
    const auto where = argument.getExprLoc();
    const bool reduces = made.op == formats::NodeOp::reduce;
    // A reduce's second argument is the left operand.
    const auto number = static_cast<unsigned>(made.arguments.size());
    const auto parameter = called_->getParamDecl(reduces ? 0 : number)->getType();
    read.is_future = holds_future(argument.getType());
    if (read.is_future) {
      const auto held = future_value(argument.getType());
      if (held.isNull() || held->isVoidType()) refuse("a future of this type is not followed", where);
      read.type = launch_type(held, context_, where);
      read.by_reference = parameter->isLValueReferenceType();
      if (element == nullptr && !reduces && !is_future(argument.getType())) check_container(argument, held, parameter);
      if (element != nullptr && !is_future(first_type_argument(argument.getType()))) refuse("a container of containers is mapped", where);
    } else if (element != nullptr) {
      read.value = values.element(argument, *element);
      read.is_object = !first_type_argument(argument.getType())->isScalarType();
      check_passed(first_type_argument(argument.getType()), parameter, where);
    } else {
      read.value = values.text(argument);
      read.is_object = !written(argument).getType()->isScalarType();
      check_passed(written(argument).getType(), parameter, where);
    }
    made.arguments.push_back(std::move(read));
  }

  void check_container(const clang::Expr& argument, clang::QualType held, clang::QualType parameter) const {
    const bool vectors = is_std_class(argument.getType(), {"vector"}) && is_std_class(parameter, {"vector"}) &&
                         is_future(first_type_argument(argument.getType())) &&
                         context_.hasSameUnqualifiedType(first_type_argument(parameter), held);
    if (!vectors) refuse("a container of futures arrives as another type", argument.getExprLoc());
  }

  /// A class must arrive as it is: conversions and copies may throw, where a submit would have thrown.
  void check_passed(clang::QualType given, clang::QualType parameter, clang::SourceLocation where) const {
    given = given.getNonReferenceType();
    const auto taken = parameter.getNonReferenceType();
    if (given->isArithmeticType() && taken->isArithmeticType()) return;
    if (given->isEnumeralType() && context_.hasSameUnqualifiedType(given, taken)) return;
    const bool same = context_.hasSameUnqualifiedType(given, taken);
    if (same && parameter->isLValueReferenceType()) return;
    if (same && given.isTriviallyCopyableType(context_)) return;
    refuse("an argument would be copied or converted later than where it is written", where);
  }

  const Project& project_;
  const clang::ASTContext& context_;
  const clang::FunctionDecl& function_;
  const flow::Analysed& analysed_;
  LaunchedFunction shared_;
  std::map<const clang::FunctionDecl*, Surroundings> around_;
  const clang::ParmVarDecl* executor_ = nullptr;
  const clang::FunctionDecl* called_ = nullptr;
  LaunchSource made_;
};

}  // namespace

LaunchSource launch_source(const Project& project, const clang::FunctionDecl& function, const std::vector<AffineSite>& sites,
                           const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed) {
  return Reader(project, function, analysed).run(sites, nodes);
}

}  // namespace dflow::compiler
