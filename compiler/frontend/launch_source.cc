#include "compiler/frontend/launch_source.h"

#include <algorithm>
#include <map>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/QualTypeNames.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

[[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) {
  throw NotLaunched(reason, where);
}

clang::PrintingPolicy policy_of(const clang::ASTContext& context) {
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.SuppressUnwrittenScope = true;
  policy.FullyQualifiedName = true;
  policy.AnonymousTagLocations = false;
  return policy;
}

std::string type_text(clang::QualType type, const clang::ASTContext& context, clang::SourceLocation where) {
  auto text = clang::TypeName::getFullyQualifiedName(type, context, policy_of(context), /*WithGlobalNsPrefix=*/true);
  const bool writable = text.find("(lambda") == std::string::npos && text.find("(unnamed") == std::string::npos &&
                        text.find("(anonymous") == std::string::npos;
  if (!writable) refuse("a type cannot be named", where);
  return text;
}

/// The first type argument of a standard or dflow template.
clang::QualType first_argument(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  const auto* instance = record == nullptr ? nullptr : dyn_cast<clang::ClassTemplateSpecializationDecl>(record);
  if (instance == nullptr || instance->getTemplateArgs().size() == 0 ||
      instance->getTemplateArgs()[0].getKind() != clang::TemplateArgument::Type)
    return {};
  return instance->getTemplateArgs()[0].getAsType();
}
/// What the futures in it hold.
clang::QualType future_value(clang::QualType type) {
  for (; !type.isNull(); type = first_argument(type))
    if (is_future(type)) return first_argument(type);
  return {};
}

bool is_sequence(clang::QualType type) { return is_std_class(type, {"vector", "array", "deque"}); }

bool has_copy_constructor(const clang::CXXRecordDecl& record) {
  for (const auto* constructor : record.ctors())
    if (constructor->isCopyConstructor() && (constructor->isDeleted() || constructor->getAccess() != clang::AS_public)) return false;
  return record.hasSimpleCopyConstructor() || record.hasCopyConstructorWithConstParam();
}

/// Standard containers claim to be copyable whatever they hold.
bool is_copyable(clang::QualType type) {
  const auto* record = type.getCanonicalType()->getAsCXXRecordDecl();
  if (record == nullptr) return !type->isArrayType();
  if (!record->hasDefinition() || !has_copy_constructor(*record)) return false;
  const bool holds = is_std_class(type, {"vector", "array", "deque", "list", "map", "unordered_map", "set", "optional", "pair", "tuple", "variant"});
  if (!holds) return true;
  const auto fine = [](const clang::TemplateArgument& argument) {
    return argument.getKind() != clang::TemplateArgument::Type || is_copyable(argument.getAsType());
  };
  return std::ranges::all_of(cast<clang::ClassTemplateSpecializationDecl>(record)->getTemplateArgs().asArray(), [&](const auto& argument) {
    return argument.getKind() == clang::TemplateArgument::Pack ? std::ranges::all_of(argument.pack_elements(), fine) : fine(argument);
  });
}

/// Copies of it mean the same later and elsewhere, and can be made at all.
bool is_value(clang::QualType type) {
  type = type.getCanonicalType().getUnqualifiedType();
  if (type->isArithmeticType() || type->isEnumeralType()) return true;
  if (const auto* array = type->getAsArrayTypeUnsafe()) return type->isConstantArrayType() && is_value(array->getElementType());
  const auto* record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || is_executor(type) || holds_future(type)) return false;
  if (in_std_namespace(*record)) {
    if (is_std_class(type, {"basic_string"})) return true;
    if (!is_std_class(type, {"vector", "array", "deque", "pair", "tuple", "optional", "map", "complex"})) return false;
    const auto* instance = cast<clang::ClassTemplateSpecializationDecl>(record);
    const auto fine = [](const clang::TemplateArgument& argument) {
      if (argument.getKind() != clang::TemplateArgument::Type) return true;
      const auto* own = argument.getAsType()->getAsCXXRecordDecl();
      if (own != nullptr && in_std_namespace(*own) && own->getDeclName().isIdentifier() &&
          (own->getName() == "allocator" || own->getName() == "less" || own->getName() == "char_traits"))
        return true;
      return is_value(argument.getAsType());
    };
    return std::ranges::all_of(instance->getTemplateArgs().asArray(), [&](const auto& argument) {
      if (argument.getKind() != clang::TemplateArgument::Pack) return fine(argument);
      return std::ranges::all_of(argument.pack_elements(), fine);
    });
  }
  if (record->isLambda() || record->isUnion()) return false;
  const auto field_is_value = [](const auto* field) { return is_value(field->getType()); };
  const auto base_is_value = [](const auto& base) { return is_value(base.getType()); };
  return has_copy_constructor(*record) && std::ranges::all_of(record->fields(), field_is_value) && std::ranges::all_of(record->bases(), base_is_value);
}

/// The loops around each call, outermost first.
class Surroundings {
 public:
  explicit Surroundings(const clang::Stmt& body) { look(body); }
  const std::vector<const clang::Stmt*>* loops_around(const clang::CallExpr& call) const {
    const auto found = around_.find(&call);
    return found == around_.end() ? nullptr : &found->second;
  }

 private:
  void look(const clang::Stmt& statement) {
    if (const auto* call = dyn_cast<clang::CallExpr>(&statement)) around_[call] = loops_;
    const bool loop = isa<clang::ForStmt, clang::CXXForRangeStmt>(statement);
    if (loop) loops_.push_back(&statement);
    for (const auto* part : statement.children())
      if (part != nullptr) look(*part);
    if (loop) loops_.pop_back();
  }
  std::map<const clang::CallExpr*, std::vector<const clang::Stmt*>> around_;
  std::vector<const clang::Stmt*> loops_;
};

class Reader {
 public:
  Reader(const Project& project, const clang::FunctionDecl& function, const flow::Analysed& analysed)
      : project_(project), context_(project.context()), function_(function), analysed_(analysed), body_(*function.getBody()), around_(body_) {}

  Launcher run(const std::vector<AffineSite>& sites, const std::vector<std::uint32_t>& nodes) {
    read_function();
    check_statements();
    for (std::size_t i = 0; i < sites.size(); ++i) read_site(sites[i], nodes[i]);
    for (LaunchParameter& each : made_.parameters) each.is_kept = kept_.contains(each.name);
    return std::move(made_);
  }

 private:
  // --- the function

  void read_function() {
    const auto where = function_.getLocation();
    if (!project_.sources().isInMainFile(where) || !project_.owns(where)) refuse("it is not in the main file", where);
    if (function_.isTemplated() || function_.isTemplateInstantiation()) refuse("it is a template", where);
    if (isa<clang::CXXMethodDecl>(function_)) refuse("it is a member function", where);
    if (function_.isConstexpr() || !isa<clang::CompoundStmt>(body_)) refuse("its body is no block", where);
    for (const auto* scope = function_.getDeclContext(); !scope->isTranslationUnit(); scope = scope->getParent()) {
      const auto* space = dyn_cast<clang::NamespaceDecl>(scope);
      if (space == nullptr) refuse("it is not in a namespace", where);
      made_.namespaces.insert(made_.namespaces.begin(), (space->isInline() ? "inline " : "") + space->getNameAsString());
    }
    for (std::string& name : made_.namespaces)
      if (name == "inline ") name.clear();
    const auto place = user_place(where, project_.sources());
    made_.graph = qualified_name(function_);
    made_.key = cpp_literal(made_.graph) + ", " + cpp_literal(place.file) + ", " + std::to_string(place.line);
    for (const auto* parameter : function_.parameters()) read_parameter(*parameter);
    if (executor_ == nullptr) refuse("it takes no dflow::Executor&", where);
    read_result();
  }

  void read_parameter(const clang::ParmVarDecl& parameter) {
    const auto type = parameter.getType();
    if (parameter.getName().empty()) refuse("a parameter has no name", parameter.getLocation());
    LaunchParameter made{parameter.getNameAsString(), "", false, false};
    if (is_dflow_class(type, "Executor")) {
      if (executor_ != nullptr || !type->isLValueReferenceType()) refuse("it takes its executor in another way than by reference", parameter.getLocation());
      executor_ = &parameter;
      made.is_executor = true;
    } else {
      if (type->isRValueReferenceType() || (type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified()))
        refuse("parameter '" + made.name + "' is a reference to what it may change", parameter.getLocation());
      if (holds_future(type)) refuse("parameter '" + made.name + "' holds futures", parameter.getLocation());
      made.type = type_text(type.getNonReferenceType().getUnqualifiedType(), context_, parameter.getLocation());
    }
    made_.parameters.push_back(std::move(made));
  }

  void read_result() {
    const auto type = function_.getReturnType();
    if (type->isVoidType()) {
      if (!analysed_.returns.empty()) refuse("its result is not what it returns", function_.getLocation());
      return;
    }
    const auto held = is_future(type) ? first_argument(type)
                      : is_std_class(type, {"vector"}) && is_future(first_argument(type)) ? first_argument(first_argument(type))
                                                                                          : clang::QualType();
    if (held.isNull() || type->isReferenceType() || analysed_.returns.empty())
      refuse("it does not return a future or a vector of futures", function_.getLocation());
    made_.returned = type_text(type.getUnqualifiedType(), context_, function_.getLocation());
    made_.returns_one = is_future(type);
    made_.returned_value = type_text(held, context_, function_.getLocation());
  }

  // --- what else stands in the function: nothing that could be seen

  void check_statements() {
    visit(&body_, [&](const clang::Stmt& part) {
      check(part);
      return true;
    });
  }

  void check(const clang::Stmt& part) {
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&part)) {
      for (const auto* decl : declarations->decls()) {
        const auto* variable = dyn_cast<clang::VarDecl>(decl);
        if (variable == nullptr || variable->isStaticLocal()) refuse("a declaration is not repeated", part.getBeginLoc());
      }
      return;
    }
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&part)) {
      const auto& record = *made->getConstructor()->getParent();
      const bool known = in_std_namespace(record) || in_dflow_namespace(record) || made->getConstructor()->isTrivial() ||
                         made->getConstructor()->isCopyOrMoveConstructor();
      if (!known) refuse("an object is made whose constructor may do anything", part.getBeginLoc());
      return;
    }
    if (const auto* call = dyn_cast<clang::CallExpr>(&part)) return check_call(*call);
    if (isa<clang::ForStmt, clang::CXXForRangeStmt>(part)) check_loop(part);
    const bool refused = isa<clang::CXXThrowExpr, clang::LambdaExpr, clang::CXXNewExpr, clang::CXXDeleteExpr, clang::CXXTypeidExpr,
                             clang::CXXDynamicCastExpr, clang::StmtExpr, clang::CoroutineSuspendExpr, clang::CoreturnStmt,
                             clang::AsmStmt, clang::CXXTryStmt, clang::WhileStmt, clang::DoStmt, clang::SwitchStmt,
                             clang::GotoStmt, clang::LabelStmt>(part);
    if (refused) refuse("this is not repeated", part.getBeginLoc());
  }

  static void check_loop(const clang::Stmt& loop) {
    visit(&loop, [](const clang::Stmt& inner) {
      if (isa<clang::ReturnStmt>(inner)) refuse("a return inside of a loop is not repeated", inner.getBeginLoc());
      return true;
    });
  }

  void check_call(const clang::CallExpr& call) {
    if (as_site(call)) return;
    const auto* callee = call.getDirectCallee();
    if (callee == nullptr) refuse("a call may do anything", call.getExprLoc());
    if (const auto* method = dyn_cast<clang::CXXMethodDecl>(callee);
        method != nullptr && is_future(context_.getTypeDeclType(method->getParent())) && method->isOverloadedOperator())
      return;
    static const std::set<std::string> harmless = {"push_back", "emplace_back", "resize", "reserve", "clear", "size", "ssize",
                                                   "empty", "back", "front", "begin", "end", "cbegin", "cend", "swap", "move",
                                                   "min", "max", "data"};
    const bool named = callee->getDeclName().isIdentifier();
    const bool fine = in_std_namespace(*callee) && (named ? harmless.contains(callee->getNameAsString()) : callee->isOverloadedOperator());
    if (!fine) refuse("the call of '" + callee->getNameAsString() + "' is not repeated", call.getExprLoc());
  }

  // --- calls that submit

  void read_site(const AffineSite& site, std::uint32_t node) {
    const auto call = *as_site(*site.call);
    const auto where = site.call->getExprLoc();
    const auto* loops = around_.loops_around(*site.call);
    if (loops == nullptr) refuse("tasks are submitted in another function", where);
    const auto family = std::ranges::find(analysed_.families, node, &flow::Family::node);
    LaunchSite made;
    made.node = node;
    made.op = operation(site.operation);
    const bool maps = site.operation == Operation::map;
    if (family == analysed_.families.end() || family->variables.size() != loops->size() + (maps ? 1 : 0))
      refuse("its loops are not those of the plan", where);
    scope_ = {};
    const std::vector<std::string> indices = made.indices = flow::own_names(family->variables);
    for (std::size_t i = 0; i < loops->size(); ++i) enter(*(*loops)[i], indices[i]);
    read_callable(call, made);
    const auto held = future_value(site.call->getType());
    if (held.isNull() || (!held->isVoidType() && !is_copyable(held))) refuse("the result cannot be copied", where);
    made.result = type_text(held, context_, where);
    const auto place = user_place(where, project_.sources());
    made.task = callable_name(*call.callable, project_.sources());
    made.pure = is_pure(*called_);
    made.place = cpp_literal(made.task) + ", " + cpp_literal(place.file) + ", " +
                 std::to_string(place.line) + ", " + std::to_string(place.column);
    if (site.operation == Operation::then) {
      read_argument(*cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument(), 0, nullptr, made);
    } else {
      check_executor(*site.call);
    }
    for (const auto* argument : call.arguments) {
      const auto number = static_cast<unsigned>(made.arguments.size());
      read_argument(*argument, number, maps ? &indices.back() : nullptr, made);
    }
    made.variables = std::move(scope_.declared);
    made_.sites.push_back(std::move(made));
  }

  static formats::NodeOp operation(Operation operation) {
    switch (operation) {
      case Operation::submit: return formats::NodeOp::submit;
      case Operation::map: return formats::NodeOp::map;
      case Operation::reduce: return formats::NodeOp::reduce;
      case Operation::then: return formats::NodeOp::then;
    }
    return formats::NodeOp::submit;
  }

  void check_executor(const clang::CallExpr& call) const {
    const auto* object = cast<clang::CXXMemberCallExpr>(call).getImplicitObjectArgument()->IgnoreParenImpCasts();
    if (named_variable(*object) != executor_) refuse("tasks are submitted through another executor", call.getExprLoc());
  }

  /// A function by its name: nothing else is the same wherever it is written.
  void read_callable(const SiteCall& site, LaunchSite& made) {
    const clang::Expr* expression = site.callable->IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
    if (const auto* address = dyn_cast<clang::UnaryOperator>(expression);
        address != nullptr && address->getOpcode() == clang::UO_AddrOf)
      expression = address->getSubExpr()->IgnoreParenCasts();
    const auto* name = dyn_cast<clang::DeclRefExpr>(expression);
    const auto* function = name == nullptr ? nullptr : dyn_cast<clang::FunctionDecl>(name->getDecl());
    const auto where = site.callable->getExprLoc();
    if (function == nullptr) refuse("what is submitted is no function", where);
    const auto* method = dyn_cast<clang::CXXMethodDecl>(function);
    if ((method != nullptr && (!method->isStatic() || method->getAccess() != clang::AS_public)) || function->isVariadic())
      refuse("what is submitted is no ordinary function", where);
    for (const auto* scope = function->getDeclContext(); scope != nullptr; scope = scope->getParent())
      if (isa<clang::FunctionDecl>(scope)) refuse("what is submitted is local to a function", where);
    const std::size_t given = site.operation == Operation::reduce ? 2 : site.arguments.size() + (site.operation == Operation::then ? 1 : 0);
    if (function->getNumParams() != given || is_future(function->getReturnType()))
      refuse("the task takes what the runtime fills in, or returns a future", where);
    called_ = function;
    for (int i = 0; i < 2; ++i)
      made.by_reference[i] = given == 2 && function->getParamDecl(static_cast<unsigned>(i))->getType()->isLValueReferenceType();
    std::string text;
    llvm::raw_string_ostream out(text);
    out << "::";
    function->getNameForDiagnostic(out, policy_of(context_), /*Qualified=*/true);
    out.flush();
    if (text.find('(') != std::string::npos) refuse("what is submitted cannot be named", where);
    made.callable = alone(*function) ? text : "static_cast<" + pointer_type(*function, where) + ">(&" + text + ")";
  }
  static bool alone(const clang::FunctionDecl& function) {
    if (function.isTemplateInstantiation()) return false;
    std::set<const clang::Decl*> found;
    for (const auto* each : function.getDeclContext()->getRedeclContext()->lookup(function.getDeclName())) found.insert(each->getCanonicalDecl());
    return found.size() == 1;
  }
  std::string pointer_type(const clang::FunctionDecl& function, clang::SourceLocation where) const {
    std::string types;
    for (const auto* parameter : function.parameters())
      types += (types.empty() ? "" : ", ") + type_text(parameter->getType(), context_, where);
    return type_text(function.getReturnType(), context_, where) + " (*)(" + types + ")";
  }

  void read_argument(const clang::Expr& argument, unsigned number, const std::string* element, LaunchSite& made) {
    LaunchArgument read;
    const auto where = argument.getExprLoc();
    const bool reduces = made.op == formats::NodeOp::reduce;
    // A reduce's second argument is the left operand.
    const auto parameter = called_->getParamDecl(reduces ? 0 : number)->getType();
    read.is_future = holds_future(argument.getType());
    if (read.is_future) {
      const auto held = future_value(argument.getType());
      if (held.isNull() || held->isVoidType()) refuse("a future of this type is not followed", where);
      read.type = type_text(held, context_, where);
      read.by_reference = parameter->isLValueReferenceType();
      if (element == nullptr && !reduces && !is_future(argument.getType())) check_container(argument, held, parameter);
      if (element != nullptr && !is_future(first_argument(argument.getType()))) refuse("a container of containers is mapped", where);
    } else if (element != nullptr) {
      read.value = element_of(argument, *element);
      read.is_object = !first_argument(argument.getType())->isScalarType();
      check_passed(first_argument(argument.getType()), parameter, where);
    } else {
      read.value = value(argument);
      read.is_object = !written(argument).getType()->isScalarType();
      check_passed(written(argument).getType(), parameter, where);
    }
    made.arguments.push_back(std::move(read));
  }

  void check_container(const clang::Expr& argument, clang::QualType held, clang::QualType parameter) const {
    const bool vectors = is_std_class(argument.getType(), {"vector"}) && is_std_class(parameter, {"vector"}) &&
                         is_future(first_argument(argument.getType())) &&
                         context_.hasSameUnqualifiedType(first_argument(parameter), held);
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

  // --- argument expressions

  /// What is in sight of a site besides the parameters.
  struct Scope {
    std::map<const clang::VarDecl*, LaunchVariable> variables;
    std::vector<LaunchVariable> declared;
  };

  void enter(const clang::Stmt& loop, const std::string& index) {
    if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&loop)) {
      const auto* variable = range->getLoopVariable();
      if (isa<clang::DecompositionDecl>(variable) || holds_future(range->getRangeInit()->getType())) return;
      const auto element = first_argument(range->getRangeInit()->getType());
      if (element.isNull() || !is_sequence(range->getRangeInit()->getType())) return;
      ranges_[variable] = range->getRangeInit();
      scope_.variables[variable] = {type_text(element.getUnqualifiedType(), context_, loop.getBeginLoc()) + "&",
                                    variable->getNameAsString(), index};
      return;
    }
    const auto* declarations = dyn_cast_or_null<clang::DeclStmt>(cast<clang::ForStmt>(loop).getInit());
    if (declarations == nullptr || !declarations->isSingleDecl()) return;
    const auto* variable = dyn_cast<clang::VarDecl>(declarations->getSingleDecl());
    if (variable == nullptr || counts_in_body(cast<clang::ForStmt>(loop), *variable)) return;
    const std::string type = type_text(variable->getType().getUnqualifiedType(), context_, loop.getBeginLoc());
    scope_.variables[variable] = {type, variable->getNameAsString(), "static_cast<" + type + ">(" + index + ")"};
  }

  /// Then its value depends on where in the body it is asked.
  static bool counts_in_body(const clang::ForStmt& loop, const clang::VarDecl& variable) {
    bool found = false;
    visit(loop.getBody(), [&](const clang::Stmt& part) {
      found = found || assigned(part) == &variable;
      return !found;
    });
    return found;
  }

  std::string element_of(const clang::Expr& container, const std::string& index) {
    const auto* parameter = parameter_of(container);
    if (parameter == nullptr || !is_sequence(parameter->getType())) refuse("this range is not a container that is a parameter", container.getExprLoc());
    keep(*parameter, container.getExprLoc());
    return parameter->getNameAsString() + "[static_cast<::std::size_t>(" + index + ")]";
  }
  const clang::ParmVarDecl* parameter_of(const clang::Expr& expression) const {
    const auto* variable = named_variable(*expression.IgnoreParenImpCasts());
    return variable == nullptr ? nullptr : dyn_cast<clang::ParmVarDecl>(variable);
  }

  void keep(const clang::VarDecl& parameter, clang::SourceLocation where) {
    const auto type = parameter.getType().getNonReferenceType();
    if (!is_value(type)) refuse("'" + parameter.getNameAsString() + "' refers to what it does not own, or cannot be copied", where);
    const bool constant = type.isConstQualified();
    if (!constant && (!type->isArithmeticType() || is_changed(parameter))) refuse("'" + parameter.getNameAsString() + "' may change", where);
    kept_.insert(parameter.getNameAsString());
  }
  bool is_changed(const clang::VarDecl& variable) const {
    bool changed = elusive_integers(body_).contains(&variable) || !variable.getType()->isIntegralOrEnumerationType();
    visit(&body_, [&](const clang::Stmt& part) {
      if (assigned(part) == &variable) changed = true;
      return true;
    });
    return changed;
  }

  /// The expression's text, once it is certain that it means the same in the launcher, whenever it is evaluated.
  std::string value(const clang::Expr& argument) {
    const clang::Expr& expression = written(argument);
    check_value(expression);
    if (!text_range(expression.getSourceRange(), project_)) refuse("an argument stands in a macro", argument.getExprLoc());
    return source_text(expression, context_);
  }

  void check_value(const clang::Expr& expression) {
    const auto where = expression.getExprLoc();
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&expression)) return check_name(*name->getDecl(), where);
    if (isa<clang::IntegerLiteral, clang::FloatingLiteral, clang::CXXBoolLiteralExpr, clang::CharacterLiteral>(expression)) return;
    if (isa<clang::CXXScalarValueInitExpr>(expression)) return;
    if (const auto* inner = dyn_cast<clang::ParenExpr>(&expression)) return check_value(*inner->getSubExpr());
    if (const auto* braces = dyn_cast<clang::InitListExpr>(&expression); braces != nullptr && braces->getType()->isArithmeticType()) {
      for (const auto* init : braces->inits()) check_value(*init);
      return;
    }
    if (const auto* convert = dyn_cast<clang::CastExpr>(&expression)) return check_cast(*convert);
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression)) {
      if (!unary->isArithmeticOp()) refuse("this operator is not repeated", where);
      return check_value(*unary->getSubExpr());
    }
    if (const auto* binary = dyn_cast<clang::BinaryOperator>(&expression)) {
      if (binary->isAssignmentOp() || binary->isCommaOp() || binary->isPtrMemOp()) refuse("this operator is not repeated", where);
      check_value(*binary->getLHS());
      return check_value(*binary->getRHS());
    }
    if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&expression)) {
      for (const auto* part : {choice->getCond(), choice->getTrueExpr(), choice->getFalseExpr()}) check_value(*part);
      return;
    }
    if (const auto* member = dyn_cast<clang::MemberExpr>(&expression)) {
      const auto* field = dyn_cast<clang::FieldDecl>(member->getMemberDecl());
      if (field == nullptr || member->isArrow() || field->getType()->isReferenceType()) refuse("this member is not repeated", where);
      return check_value(*member->getBase());
    }
    if (const auto* call = dyn_cast<clang::CallExpr>(&expression)) return check_value_call(*call);
    refuse("this expression is not repeated", where);
  }

  void check_cast(const clang::CastExpr& convert) {
    switch (convert.getCastKind()) {
      case clang::CK_LValueToRValue:
      case clang::CK_NoOp:
      case clang::CK_IntegralCast:
      case clang::CK_IntegralToFloating:
      case clang::CK_FloatingToIntegral:
      case clang::CK_FloatingCast:
      case clang::CK_IntegralToBoolean:
      case clang::CK_FloatingToBoolean:
        return check_value(*convert.getSubExpr());
      default:
        refuse("this conversion is not repeated", convert.getExprLoc());
    }
  }

  /// Elements and lengths of the launcher's own copies of parameters.
  void check_value_call(const clang::CallExpr& call) {
    const auto where = call.getExprLoc();
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
    const auto* subscript = dyn_cast<clang::CXXOperatorCallExpr>(&call);
    const auto* object = member != nullptr ? member->getImplicitObjectArgument() : call.getNumArgs() > 0 ? call.getArg(0) : nullptr;
    const bool known = object != nullptr && (is_sequence(object->getType()) || is_std_class(object->getType(), {"basic_string"}));
    const bool size = member != nullptr && call.getNumArgs() == 0 && member->getMethodDecl() != nullptr &&
                      member->getMethodDecl()->getDeclName().isIdentifier() && member->getMethodDecl()->getName() == "size";
    const bool element = subscript != nullptr && subscript->getOperator() == clang::OO_Subscript;
    if (!known || (!size && !element)) refuse("a call in an argument is not repeated", where);
    check_value(*object);
    if (element) check_value(*call.getArg(1));
  }

  void check_name(const clang::ValueDecl& decl, clang::SourceLocation where) {
    if (isa<clang::EnumConstantDecl>(decl)) return;
    const auto* variable = dyn_cast<clang::VarDecl>(&decl);
    if (variable == nullptr) refuse("'" + decl.getNameAsString() + "' is not repeated", where);
    if (isa<clang::ParmVarDecl>(variable)) return keep(*variable, where);
    if (const auto found = scope_.variables.find(variable); found != scope_.variables.end()) return use(*variable, found->second);
    const bool constant = variable->getType().isConstQualified() && variable->getType()->isArithmeticType();
    if (constant && variable->hasGlobalStorage() && !variable->isStaticLocal() && variable->evaluateValue() != nullptr) return;
    if (!constant || !variable->isLocalVarDecl() || !variable->hasInit())
      refuse("'" + decl.getNameAsString() + "' may be another one when the task runs", where);
    const std::string type = type_text(variable->getType().getUnqualifiedType(), context_, where);
    const std::string initial = value(*variable->getInit());
    use(*variable, {type, variable->getNameAsString(), initial});
  }

  void use(const clang::VarDecl& variable, LaunchVariable made) {
    const auto same = [&](const LaunchVariable& each) { return each.name == made.name; };
    if (const auto range = ranges_.find(&variable); range != ranges_.end()) made.value = element_of(*range->second, made.value);
    const auto found = std::ranges::find_if(scope_.declared, same);
    if (found == scope_.declared.end()) return scope_.declared.push_back(std::move(made));
    if (found->value != made.value) refuse("two variables have the same name", variable.getLocation());
  }

  const Project& project_;
  const clang::ASTContext& context_;
  const clang::FunctionDecl& function_;
  const flow::Analysed& analysed_;
  const clang::Stmt& body_;
  Surroundings around_;
  const clang::ParmVarDecl* executor_ = nullptr;
  const clang::FunctionDecl* called_ = nullptr;
  std::set<std::string> kept_;
  std::map<const clang::VarDecl*, const clang::Expr*> ranges_;
  Scope scope_;
  Launcher made_;
};

}  // namespace

Launcher launch_source(const Project& project, const clang::FunctionDecl& function, const std::vector<AffineSite>& sites,
                       const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed) {
  return Reader(project, function, analysed).run(sites, nodes);
}

}  // namespace dflow::compiler
