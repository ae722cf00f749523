#include "compiler/frontend/launch_source.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/launch_arguments.h"
#include "compiler/frontend/launch_callables.h"
#include "compiler/frontend/launch_checks.h"
#include "compiler/frontend/launch_instances.h"
#include "compiler/frontend/launch_objects.h"
#include "compiler/frontend/launch_options.h"
#include "compiler/frontend/launch_results.h"
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
  explicit Surroundings(const clang::FunctionDecl& function) {
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function))
      for (const auto* init : constructor->inits()) look(*init->getInit());
    look(*function.getBody());
  }
  const std::vector<const clang::Stmt*>* loops_around(const clang::Expr& call) const {
    const auto found = around_.find(&call);
    return found == around_.end() ? nullptr : &found->second;
  }

 private:
  void look(const clang::Stmt& statement) {
    if (isa<clang::CallExpr, clang::CXXConstructExpr>(statement)) around_[cast<clang::Expr>(&statement)] = loops_;
    const bool loop = isa<clang::ForStmt, clang::CXXForRangeStmt, clang::WhileStmt, clang::DoStmt>(statement);
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

const clang::FieldDecl* public_member(const clang::CXXRecordDecl& record, const std::string& name) {
  for (const auto* field : record.fields())
    if (field->getName() == name && field->getAccess() == clang::AS_public) return field;
  return nullptr;
}

class Reader {
 public:
  Reader(const Project& project, const clang::FunctionDecl& function, const flow::Analysed& analysed)
      : project_(project), context_(project.context()), function_(function), analysed_(analysed), shared_{project, function} {}

  LaunchSource run(const AffineRecords& found, const std::vector<std::uint32_t>& nodes) {
    read_function(found);
    for (const formats::Symbol& symbol : analysed_.symbols) check_symbol(symbol.parameter);
    for (const formats::Symbol& symbol : analysed_.flat->symbols) check_symbol(symbol.parameter);
    for (std::size_t i = 0; i < found.sites.size(); ++i) read_site(found.sites[i], nodes[i]);
    for (const flow::Family& family : analysed_.given) read_given(found.given.at(family.node - flow::kFirstGiven), family);
    LaunchChecks(std::move(repeated_), found.bounded).check(function_);
    Launcher& launcher = made_.launcher;
    for (LaunchParameter& each : launcher.parameters) each.is_kept = shared_.kept.contains(each.name);
    for (const auto& [name, each] : shared_.fields) launcher.parameters.push_back(each);
    return std::move(made_);
  }

 private:
  // --- the function

  void read_function(const AffineRecords& found) {
    const auto where = function_.getLocation(), begin = function_.getBody()->getBeginLoc();
    if (begin.isMacroID()) refuse("a macro makes its body", where);
    if (!project_.owns(begin)) refuse("it is in none of the program's own files", where);
    if (function_.isTemplated()) refuse("it is a template", where);
    if (function_.isConstexpr() || !isa<clang::CompoundStmt>(function_.getBody())) refuse("its body is no block", where);
    const auto place = user_place(where, project_.sources());
    Launcher& launcher = made_.launcher;
    launcher.graph = qualified_name(function_);
    launcher.key = cpp_literal(launcher.graph) + ", " + cpp_literal(place.file) + ", " + std::to_string(place.line);
    for (const auto* parameter : function_.parameters()) read_parameter(*parameter);
    if (executor_ == nullptr) read_own_executor(found);
    read_result();
    launcher.instance = instance_of(function_, project_);
  }

  /// A member of the object that the function is called on: that which its first call goes through.
  void read_own_executor(const AffineRecords& found) {
    const auto* method = dyn_cast<clang::CXXMethodDecl>(&function_);
    if (method != nullptr && method->isInstance() && !found.sites.empty()) {
      const auto& site = found.sites.front();
      executor_ = LaunchObjects(function_, site.frames)
                      .executor(*cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument());
    }
    if (executor_ == nullptr || !isa<clang::FieldDecl>(executor_))
      refuse("it has no dflow::Executor& of its own", function_.getLocation());
    const std::string name = executor_->getNameAsString();
    executor_name_ = "dflow_this_" + name;
    made_.launcher.parameters.push_back(
        {.name = executor_name_, .type = "", .is_executor = true, .given = "this->" + name});
  }

  /// Numbers that the shape depends on are asked for outside of the function: "n", "xs.size", "shape.rows", "(n + 1) / shape.rows".
  void check_symbol(const std::string& text) const {
    const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; };
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at + 1;
      while (in_name(text[at]) && end < text.size() && in_name(text[end])) ++end;
      const std::string name = text.substr(at, end - at);
      if (std::isalpha(static_cast<unsigned char>(name[0])) != 0 || name[0] == '_') check_name(name);
      at = end;
    }
  }
  void check_name(const std::string& name) const {
    std::size_t end = std::min(name.find('.'), name.size());
    const auto named = [&](const auto* each) { return each->getNameAsString() == name.substr(0, end); };
    const auto found = std::find_if(function_.param_begin(), function_.param_end(), named);
    if (found == function_.param_end()) refuse("its shape depends on '" + name + "', which is no parameter", function_.getLocation());
    for (auto type = (*found)->getType().getNonReferenceType(); end < name.size();) {
      const std::size_t next = std::min(name.find('.', end + 1), name.size());
      const std::string member = name.substr(end + 1, next - end - 1);
      const auto* record = type->getAsCXXRecordDecl();
      if (next == name.size() && member == "size" && record != nullptr && in_std_namespace(*record)) return;
      const auto* field = record == nullptr ? nullptr : public_member(*record, member);
      if (field == nullptr) refuse("its shape depends on '" + name + "', which others may not ask for", function_.getLocation());
      type = field->getType();
      end = next;
    }
  }

  void read_parameter(const clang::ParmVarDecl& parameter) {
    const auto type = parameter.getType();
    if (parameter.getName().empty()) return read_unnamed(parameter);
    LaunchParameter made{.name = parameter.getNameAsString(), .type = ""};
    if (is_dflow_class(type, "Executor")) {
      if (executor_ != nullptr || !type->isLValueReferenceType()) refuse("it takes its executor in another way than by reference", parameter.getLocation());
      executor_ = &parameter;
      executor_name_ = made.name;
      made.is_executor = true;
    } else {
      if (type->isRValueReferenceType() || (type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified()))
        refuse("parameter '" + made.name + "' is a reference to what it may change", parameter.getLocation());
      made.type = launch_type(type.getNonReferenceType().getUnqualifiedType(), context_, parameter.getLocation());
    }
    made_.launcher.parameters.push_back(std::move(made));
  }

  /// Nobody can ask for its value. Its type tells overloads apart.
  void read_unnamed(const clang::ParmVarDecl& parameter) {
    if (function_.getTemplateInstantiationPattern() != nullptr) refuse("a parameter has no name", parameter.getLocation());
    auto& parameters = made_.launcher.parameters;
    const auto bare = parameter.getType().getNonReferenceType().getUnqualifiedType();
    const std::string type = "::std::type_identity<" + launch_type(bare, context_, parameter.getLocation()) + ">";
    parameters.push_back({.name = "dflow_unnamed_" + std::to_string(parameters.size()), .type = type, .given = type + "{}"});
  }

  void read_result() {
    const auto type = function_.getReturnType();
    if (type->isVoidType()) return;
    Launcher& launcher = made_.launcher;
    launcher.returned = launch_type(type.getUnqualifiedType(), context_, function_.getLocation());
    launcher.leaves = launch_leaves(type, context_, function_.getLocation());
    const auto containers = [](const LaunchLeaf& leaf) {
      return std::ranges::count_if(leaf.way, [](const auto& step) { return step.kind <= LaunchLeaf::Step::Kind::array; });
    };
    bool known = launcher.leaves.size() == analysed_.returns.size();
    for (std::size_t i = 0; known && i < launcher.leaves.size(); ++i)
      known = analysed_.returns[i].leaf == i && levels_of(analysed_.returns[i]) == containers(launcher.leaves[i]);
    if (!known) refuse("the length of what it returns is not known", function_.getLocation());
  }

  /// As the program has them.
  std::ptrdiff_t levels_of(const flow::Returned& returned) const {
    const auto flat = analysed_.flat->returned.find(returned.leaf);
    return static_cast<std::ptrdiff_t>(returned.levels.size() - (flat == analysed_.flat->returned.end() ? 0 : flat->second.indices.size() - 1));
  }

  // --- calls that submit

  void read_site(const AffineSite& site, std::uint32_t node) {
    const auto call = *as_site(*site.call);
    const auto where = site.call->getExprLoc();
    LaunchValues values(shared_, site.frames), now(shared_, site.frames, LaunchValues::When::now);
    LaunchSite made;
    made.node = node;
    made.op = node_op(site.operation);
    enter_loops(site.frames, *site.call, family_of(node, where), site.operation == Operation::map ? 1 : 0, made, values);
    const std::string last = enter_loops(site.frames, *site.call, family_of(node, where), site.operation == Operation::map ? 1 : 0, made, now);
    const LaunchCallable callable = launch_callable(call, values, project_);
    const clang::FunctionDecl& called = *callable.function;
    made.callable = callable.text;
    made.made = callable.made;
    made.method = callable.method;
    made.noted = callable.noted;
    if (callable.lambda != nullptr) made_.noted.emplace_back(callable.lambda, callable.note);
    for (unsigned i = 0; i < 2; ++i)
      made.by_reference[i] = called.getNumParams() == 2 && called.getParamDecl(i)->getType()->isLValueReferenceType();
    const auto held = future_value(site.call->getType());
    if (held.isNull() || (!held->isVoidType() && !is_copyable(held))) refuse("the result cannot be copied", where);
    made.result = launch_type(held, context_, where);
    const auto place = user_place(where, project_.sources());
    made.task = callable_name(*call.callable, project_.sources());
    made.pure = is_pure(called);
    if (!site.name.empty()) made.task = site.name;
    if (site.options != nullptr) read_launch_options(*site.options, context_, made);
    made.place = cpp_literal(made.task) + ", " + cpp_literal(place.file) + ", " + std::to_string(place.line) + ", " + std::to_string(place.column);
    LaunchArguments arguments({project_, called, made, values, now, repeated_});
    if (site.operation == Operation::then) {
      arguments.read(*cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument(), nullptr);
    } else {
      check_executor(*site.call, site.frames);
    }
    for (const auto* argument : call.arguments)
      arguments.read(*argument, site.operation == Operation::map ? &last : nullptr);
    for (const auto* after : site.after) {
      const auto waited = future_value(after->getType());
      made.arguments.push_back({.is_future = true, .value = "", .by_reference = true, .type = launch_type(waited, context_, where), .after = true});
    }
    for (const auto* copy : callable.captured) arguments.read_captured(*copy);
    made.variables = std::move(values).variables();
    made.variables_now = std::move(now).variables();
    made_.launcher.sites.push_back(std::move(made));
  }

  /// What tasks read or the caller gets, and no task makes.
  void read_given(const AffineGiven& given, const flow::Family& family) {
    LaunchSite made;
    made.node = family.node;
    made.given = LaunchGiven{.parameter = given.parameter == nullptr ? "" : given.parameter->getNameAsString(), .members = given.members};
    made.indices = flow::own_names(family.variables);
    const auto where = given.parameter != nullptr ? given.parameter->getLocation() : given.scatter->getExprLoc();
    const auto held = future_value(given.parameter != nullptr ? given.parameter->getType() : given.scatter->getType());
    if (held.isNull() || (!held->isVoidType() && !is_copyable(held)))
      refuse("futures that come from outside are not followed in this way", where);
    if (given.scatter != nullptr) read_scatter(given, family, made);
    made.task = given.parameter != nullptr ? made.given->parameter : "scatter";
    made.result = launch_type(held_at(given, held), context_, where);
    made_.launcher.sites.push_back(std::move(made));
  }

  /// Members of an object may hold different ones.
  clang::QualType held_at(const AffineGiven& given, clang::QualType first) const {
    if (given.members.empty()) return first;
    auto type = given.parameter->getType().getNonReferenceType();
    for (std::size_t at = 0; at < given.members.size();) {
      const std::size_t end = std::min(given.members.find('.', at + 1), given.members.size());
      const auto* record = type->getAsCXXRecordDecl();
      const auto name = given.members.substr(at + 1, end - at - 1);
      const auto* found = record == nullptr ? nullptr : public_member(*record, name);
      if (found == nullptr) refuse("futures that come from outside are not followed in this way", given.parameter->getLocation());
      type = found->getType();
      at = end;
    }
    return future_value(type);
  }

  /// The value is made, or copied, where the launch is asked for.
  void read_scatter(const AffineGiven& given, const flow::Family& family, LaunchSite& made) {
    LaunchValues values(shared_, given.frames, LaunchValues::When::now);
    enter_loops(given.frames, *given.scatter, family, 0, made, values);
    check_executor(*given.scatter, given.frames);
    std::string arguments;
    for (const auto* each : given.scatter->arguments()) {
      arguments += (arguments.empty() ? "" : ", ") + values.text(*each);
      repeated_.insert(each);
    }
    made.made = executor_name_ + ".scatter(" + arguments + ")";
    made.variables_now = std::move(values).variables();
  }

  const flow::Family& family_of(std::uint32_t node, clang::SourceLocation where) const {
    const auto family = std::ranges::find(analysed_.families, node, &flow::Family::node);
    if (family == analysed_.families.end()) refuse("its loops are not those of the plan", where);
    return *family;
  }

  /// Of the graph function, and of those that were walked in place on the way to the call. The last `own` dimensions are the
  /// call's. Gives what the last of them counts.
  std::string enter_loops(const std::vector<AffineFrame>& frames, const clang::CallExpr& call, const flow::Family& family, std::size_t own, LaunchSite& made,
                   LaunchValues& values) {
    const auto where = call.getExprLoc();
    std::vector<const clang::Stmt*> loops;
    const clang::FunctionDecl* inside = &function_;
    const auto add = [&](const clang::Expr& inner) {
      const auto [found, added] = around_.try_emplace(inside, *inside);
      const auto* around = found->second.loops_around(inner);
      if (around == nullptr) refuse("tasks are submitted in another function", where);
      loops.insert(loops.end(), around->begin(), around->end());
    };
    for (const AffineFrame& frame : frames) {
      if (&frame.callee->getASTContext() != &context_) refuse("tasks are submitted by way of another file", where);
      add(*frame.call);
      inside = frame.callee;
    }
    add(call);
    made.indices = flow::own_names(family.variables);
    const auto counted = numbers_of(family, made);
    if (counted.size() != loops.size() + own) refuse("its loops are not those of the plan", where);
    for (std::size_t i = 0; i < loops.size(); ++i) values.enter(*loops[i], counted[i]);
    return counted.empty() ? "" : counted.back();
  }

  /// What the program's loops count.
  std::vector<std::string> numbers_of(const flow::Family& family, const LaunchSite& made) {
    const auto found = analysed_.flat->loops.find(family.node);
    if (found == analysed_.flat->loops.end()) return made.indices;
    for (const auto* parameter : function_.parameters())
      if (analysed_.flat->parameters.contains(parameter->getNameAsString())) shared_.kept.insert(parameter->getNameAsString());
    return found->second;
  }

  void check_executor(const clang::CallExpr& call, const std::vector<AffineFrame>& frames) const {
    const auto* object = cast<clang::CXXMemberCallExpr>(call).getImplicitObjectArgument();
    const LaunchObjects objects(function_, frames);
    if (objects.executor(*object) != executor_)
      refuse("tasks are submitted through another executor", call.getExprLoc());
  }

  const Project& project_;
  const clang::ASTContext& context_;
  const clang::FunctionDecl& function_;
  const flow::Analysed& analysed_;
  LaunchedFunction shared_;
  std::map<const clang::FunctionDecl*, Surroundings> around_;
  const clang::ValueDecl* executor_ = nullptr;  ///< A parameter, or a member of the object.
  std::string executor_name_;                   ///< What the launcher calls it.
  std::set<const clang::Expr*> repeated_;  ///< Arguments that are evaluated where the launch is asked for.
  LaunchSource made_;
};

}  // namespace

LaunchSource launch_source(const Project& project, const clang::FunctionDecl& function, const AffineRecords& found,
                           const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed) {
  return Reader(project, function, analysed).run(found, nodes);
}

}  // namespace dflow::compiler
