#include "compiler/frontend/flow_recorder.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/places.h"
#include "compiler/frontend/rewrite.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

/// What an expression's value and its size depend on.
struct Uses {
  UseList value;
  UseList size;

  Uses& operator+=(const Uses& other) {
    value.insert(value.end(), other.value.begin(), other.value.end());
    size.insert(size.end(), other.size.begin(), other.size.end());
    return *this;
  }
  /// All of it, whatever the aspect.
  UseList all() const {
    UseList result = value;
    result.insert(result.end(), size.begin(), size.end());
    return result;
  }
  static Uses opaque(UseList uses) { return {uses, uses}; }
};

/// Whether the true value of an expression is needed where it stands, or it is only passed on.
enum class Context { needed, passed_on };

const std::set<llvm::StringRef> kSizes = {"size", "empty", "length", "max_size", "ssize", "capacity"};
const std::set<llvm::StringRef> kAppends = {"push_back", "emplace_back", "push_front", "emplace_front", "push", "emplace",
                                            "insert", "insert_or_assign", "try_emplace", "append"};
const std::set<llvm::StringRef> kFutureQueries = {"done", "running", "cancelled", "exception", "gather"};

bool is_array(clang::QualType type) {
  type = type.getNonReferenceType();
  if (type->isArrayType()) return true;
  const auto* record = type->getAsCXXRecordDecl();
  return record != nullptr && in_std_namespace(*record) && record->getDeclName().isIdentifier() && record->getName() == "array";
}

bool default_constructible(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr) return !type->isReferenceType() && (type->isScalarType() || type->isVoidType());
  if (!record->hasDefinition() || !record->hasDefaultConstructor()) return false;
  for (const auto* constructor : record->ctors()) {
    if (constructor->isDefaultConstructor()) return !constructor->isDeleted() && constructor->getAccess() == clang::AS_public;
  }
  return true;
}

bool is_mutable_global(const clang::VarDecl& variable) {
  if (!variable.hasGlobalStorage()) return false;
  const auto type = variable.getType().getNonReferenceType();
  return !type.isConstQualified() && !variable.isConstexpr() && !is_executor(type);
}

bool is_closure(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  return record != nullptr && record->isLambda();
}

/// Walks one function. Each expression is evaluated once, as the program would.
class FunctionWalk {
 public:
  FunctionWalk(const Project& project, RecordedUnit& recorded, PlaceTable& places, const clang::FunctionDecl& function,
               FunctionId id)
      : project_(project), recorded_(recorded), places_(places), function_(function), id_(id) {}

  void run() {
    const auto place = user_place(function_.getLocation(), project_.sources());
    record_.name = qualified_name(function_);
    record_.file = place.file;
    record_.line = place.line;
    record_.graph = is_graph(function_);
    for (const auto* parameter : function_.parameters()) record_.parameters.push_back(places_.of(*parameter));
    if (const auto* method = dyn_cast<clang::CXXMethodDecl>(&function_); method != nullptr && method->isInstance()) {
      record_.object = places_.object(*method);
    }
    execute(*function_.getBody());
    recorded_.unit.functions[static_cast<std::size_t>(id_)] = std::move(record_);
  }

 private:
  // --- statements ----------------------------------------------------------------------------------------------------

  void execute(const clang::Stmt& statement) {
    if (const auto* expression = dyn_cast<clang::Expr>(&statement)) {
      statement_ = &statement;
      evaluate(*expression, Context::passed_on);
      return;
    }
    if (const auto* block = dyn_cast<clang::CompoundStmt>(&statement)) return execute_block(*block);
    if (in_block_) statement_ = &statement;
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) return declare(*declarations);
    if (const auto* result = dyn_cast<clang::ReturnStmt>(&statement)) return execute_return(*result);
    if (const auto* branch = dyn_cast<clang::IfStmt>(&statement)) return execute_if(*branch);
    if (const auto* loop = dyn_cast<clang::ForStmt>(&statement)) return execute_for(*loop);
    if (const auto* loop = dyn_cast<clang::WhileStmt>(&statement)) return execute_while(*loop);
    if (const auto* loop = dyn_cast<clang::DoStmt>(&statement)) return execute_do(*loop);
    if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) return execute_range(*loop);
    if (const auto* choice = dyn_cast<clang::SwitchStmt>(&statement)) return execute_switch(*choice);
    for (const auto* part : evaluated_parts(statement)) execute(*part);
  }

  void execute_block(const clang::CompoundStmt& block) {
    for (const auto* each : block.body()) {
      in_block_ = true;
      execute(*each);
    }
  }

  /// What stands without a block around it. Nothing can be put before it unless it is an expression: a dry run that
  /// must not reach it stops before the statement that it is part of.
  void execute_single(const clang::Stmt* statement) {
    if (statement == nullptr) return;
    const auto* around = statement_;
    in_block_ = false;
    execute(*statement);
    statement_ = around;
  }

  /// A part of a statement's parentheses.
  void execute_header(const clang::Stmt* part) {
    if (part == nullptr) return;
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(part)) return declare(*declarations);
    if (const auto* expression = dyn_cast<clang::Expr>(part)) return void(evaluate(*expression, Context::passed_on));
    execute_single(part);
  }

  void execute_return(const clang::ReturnStmt& result) {
    if (result.getRetValue() == nullptr) return;
    flow(evaluate(*result.getRetValue(), Context::passed_on), places_.of(function_));
  }

  void execute_if(const clang::IfStmt& branch) {
    execute_header(branch.getInit());
    execute_header(branch.getConditionVariableDeclStmt());
    if (!branch.isConstexpr() && branch.getCond() != nullptr) steer_by(*branch.getCond(), "the condition of an if");
    ++guards_;
    execute_single(branch.getThen());
    execute_single(branch.getElse());
    --guards_;
  }

  void execute_for(const clang::ForStmt& loop) {
    execute_header(loop.getInit());
    execute_header(loop.getConditionVariableDeclStmt());
    steer_loop(loop.getCond());
    loops_.push_back(loop_variable(loop.getInit()));
    execute_single(loop.getBody());
    if (loop.getInc() != nullptr) evaluate(*loop.getInc(), Context::needed);
    loops_.pop_back();
  }

  void execute_while(const clang::WhileStmt& loop) {
    execute_header(loop.getConditionVariableDeclStmt());
    steer_loop(loop.getCond());
    loops_.push_back("while");
    execute_single(loop.getBody());
    loops_.pop_back();
  }

  void execute_do(const clang::DoStmt& loop) {
    loops_.push_back("while");
    execute_single(loop.getBody());
    loops_.pop_back();
    steer_loop(loop.getCond());
  }

  void execute_range(const clang::CXXForRangeStmt& loop) {
    execute_header(loop.getInit());
    const auto* variable = loop.getLoopVariable();
    const Uses range = evaluate(*loop.getRangeInit(), Context::passed_on);
    if (!is_array(loop.getRangeInit()->getType())) steer(range.size, loop.getForLoc(), "the range of a loop");
    declare_variable(*variable, Uses::opaque(range.value), loop.getRangeInit());
    loops_.push_back(variable->getNameAsString());
    execute_single(loop.getBody());
    loops_.pop_back();
  }

  void execute_switch(const clang::SwitchStmt& choice) {
    execute_header(choice.getInit());
    execute_header(choice.getConditionVariableDeclStmt());
    steer_by(*choice.getCond(), "the condition of a switch");
    ++guards_;
    execute_single(choice.getBody());
    --guards_;
  }

  void steer_loop(const clang::Expr* condition) {
    if (condition != nullptr) steer_by(*condition, "the loop's condition");
  }

  void steer_by(const clang::Expr& expression, std::string what) {
    steer(evaluate(expression, Context::needed).value, expression.getExprLoc(), std::move(what));
  }

  static std::string loop_variable(const clang::Stmt* init) {
    const auto* declarations = dyn_cast_or_null<clang::DeclStmt>(init);
    if (declarations == nullptr || declarations->decl_begin() == declarations->decl_end()) return "for";
    const auto* variable = dyn_cast<clang::VarDecl>(*declarations->decl_begin());
    return variable == nullptr ? "for" : variable->getNameAsString();
  }

  void declare(const clang::DeclStmt& declarations) {
    for (const auto* decl : declarations.decls()) {
      const auto* variable = dyn_cast<clang::VarDecl>(decl);
      if (variable == nullptr || !variable->hasInit()) continue;
      declare_variable(*variable, evaluate(*variable->getInit(), Context::passed_on), variable->getInit());
    }
  }

  void declare_variable(const clang::VarDecl& variable, const Uses& uses, const clang::Expr* init) {
    flow(uses, places_.of(variable));
    if (const auto* bindings = dyn_cast<clang::DecompositionDecl>(&variable)) {
      for (const auto* binding : bindings->bindings()) flow(Uses::opaque(uses.all()), places_.of(*binding));
    }
    // What refers to another object may change it.
    const auto type = variable.getType();
    const bool refers = (type->isReferenceType() && !type.getNonReferenceType().isConstQualified()) || type->isPointerType() ||
                        (type->isRecordType() && init != nullptr && isa<clang::CallExpr>(written(*init)));
    if (refers && init != nullptr) assign_back(*init, places_.of(variable));
  }

  // --- facts -----------------------------------------------------------------------------------------------------------

  void flow(const Uses& from, PlaceId to) {
    for (const Use use : from.value) record_.flows.push_back({use, {to, Aspect::value}});
    for (const Use use : from.size) record_.flows.push_back({use, {to, Aspect::size}});
  }

  void steer(UseList uses, clang::SourceLocation location, std::string what) {
    if (!uses.empty()) record_.steerings.push_back({std::move(uses), line(location), std::move(what)});
  }

  int line(clang::SourceLocation location) const { return user_place(location, project_.sources()).line; }

  /// Where `::dflow::detail::...;` may be inserted so that it comes before the current statement.
  std::pair<TextRange, bool> stopping_point() const {
    if (statement_ == nullptr) return {};
    const auto at = text_range(statement_->getSourceRange(), project_);
    if (!at) return {};
    return {TextRange{at->file, at->begin, at->begin}, !isa<clang::Expr>(statement_)};
  }

  void effect(const clang::Expr& expression, std::string reason) {
    const auto [stop, is_statement] = stopping_point();
    record_.effects.push_back({line(expression.getExprLoc()), std::move(reason), stop, is_statement});
  }

  UseList source(const clang::Expr& expression, std::string name) {
    const auto [stop, is_statement] = stopping_point();
    Place place;
    place.kind = Place::Kind::source;
    place.name = std::move(name);
    place.line = line(expression.getExprLoc());
    place.at = stop;
    place.stop_is_statement = is_statement;
    const PlaceId id = places_.add(std::move(place));
    record_.sources.push_back(id);
    return {{id, Aspect::value}};
  }

  void call(const clang::FunctionDecl& callee) {
    const auto* definition = visible_body(callee);
    if (definition == nullptr) return;
    const auto id = recorded_.functions.find(definition);
    if (id == recorded_.functions.end()) return;
    record_.calls.push_back(id->second);
    if (is_graph(callee)) return;
    NodeRecord inlined;
    inlined.node.loops = loops_;
    inlined.node.guards = guards_;
    inlined.inlined = id->second;
    record_.nodes.push_back(std::move(inlined));
  }

  /// Uses of `from` flow into whatever object `target` names.
  void assign(const clang::Expr& target, const Uses& from) {
    for (const PlaceId root : roots(target)) flow(from, root);
    const auto* name = global_root(target);
    if (name != nullptr) effect(target, "writes to '" + qualified_name(*name) + "', which is global");
  }

  void assign_back(const clang::Expr& target, PlaceId from) {
    for (const PlaceId root : roots(target)) flow({{{from, Aspect::value}}, {{from, Aspect::size}}}, root);
  }

  /// The variables that an lvalue may be part of.
  std::vector<PlaceId> roots(const clang::Expr& expression) {
    const clang::Expr& bare = *expression.IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) {
      if (!isa<clang::VarDecl, clang::BindingDecl>(name->getDecl())) return {};
      return {places_.of(*name->getDecl())};
    }
    if (isa<clang::CXXThisExpr>(bare)) {
      if (record_.object != PlaceId{-1}) return {record_.object};
      return {};
    }
    std::vector<PlaceId> result;
    const auto add = [&](const clang::Expr* part) { std::ranges::copy(roots(*part), std::back_inserter(result)); };
    if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) {
      add(member->getBase());
    } else if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare)) {
      add(subscript->getBase());
    } else if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare)) {
      add(call->getImplicitObjectArgument());
    } else if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare)) {
      add(unary->getSubExpr());
    } else if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&bare)) {
      add(choice->getTrueExpr());
      add(choice->getFalseExpr());
    } else if (const auto* other = dyn_cast<clang::CallExpr>(&bare); other != nullptr && !as_site(*other)) {
      for (const auto* argument : other->arguments()) add(argument);
    } else if (const auto* binary = dyn_cast<clang::BinaryOperator>(&bare)) {
      add(binary->getLHS());
    }
    return result;
  }

  static const clang::VarDecl* global_root(const clang::Expr& expression) {
    const clang::Expr& bare = *expression.IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
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
    if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare)) return global_root(*call->getImplicitObjectArgument());
    if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare)) return global_root(*subscript->getBase());
    return nullptr;
  }

  // --- expressions -------------------------------------------------------------------------------------------------------

  Uses evaluate(const clang::Expr& whole, Context context) {
    const clang::Expr& expression = *whole.IgnoreParenImpCasts()->IgnoreImplicit()->IgnoreParenImpCasts();
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&expression)) return read(*name->getDecl(), expression, context);
    if (const auto* call = dyn_cast<clang::CallExpr>(&expression)) return evaluate_call(*call, context);
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&expression)) return construct(*made, context);
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&expression)) return capture(*lambda);
    if (const auto* member = dyn_cast<clang::MemberExpr>(&expression)) return evaluate_member(*member, context);
    if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&expression)) {
      return element(*subscript->getBase(), {subscript->getIdx()}, expression);
    }
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression)) return evaluate_unary(*unary, context);
    if (const auto* binary = dyn_cast<clang::BinaryOperator>(&expression)) return evaluate_binary(*binary, context);
    if (const auto* choice = dyn_cast<clang::AbstractConditionalOperator>(&expression)) {
      if (const auto* elvis = dyn_cast<clang::BinaryConditionalOperator>(choice)) evaluate(*elvis->getCommon(), Context::needed);
      steer_by(*choice->getCond(), "the condition of a ?:");
      ++guards_;
      Uses uses = evaluate(*choice->getTrueExpr(), context);
      uses += evaluate(*choice->getFalseExpr(), context);
      --guards_;
      return uses;
    }
    if (isa<clang::CXXThisExpr>(expression)) return this_object();
    if (isa<clang::CoawaitExpr>(expression)) {
      evaluate_parts(expression, Context::needed);
      effect(expression, "suspends on co_await");
      return {};
    }
    if (const auto* cast = dyn_cast<clang::ExplicitCastExpr>(&expression)) return evaluate(*cast->getSubExpr(), context);
    return evaluate_parts(expression, context);
  }

  Uses evaluate_parts(const clang::Stmt& expression, Context context) {
    Uses uses;
    for (const auto* part : evaluated_parts(expression)) {
      if (const auto* inner = dyn_cast<clang::Expr>(part)) {
        uses += evaluate(*inner, context);
      } else {
        execute(*part);
      }
    }
    return uses;
  }

  Uses this_object() {
    if (record_.object == PlaceId{-1}) return {};
    return Uses{{{record_.object, Aspect::value}}, {{record_.object, Aspect::size}}};
  }

  Uses read(const clang::ValueDecl& decl, const clang::Expr& expression, Context context) {
    if (!isa<clang::VarDecl, clang::BindingDecl>(decl)) return {};
    if (const auto* variable = dyn_cast<clang::VarDecl>(&decl)) {
      if (is_executor(variable->getType())) return {};
      if (variable->hasGlobalStorage() && !is_mutable_global(*variable)) return {};
      if (is_mutable_global(*variable)) {
        return Uses::opaque(source(expression, "'" + qualified_name(*variable) + "', which is global and mutable"));
      }
    }
    const PlaceId place = places_.of(decl);
    const Uses uses{{{place, Aspect::value}}, {{place, Aspect::size}}};
    if (context == Context::needed) record_.demands.push_back({place, Aspect::value});
    return uses;
  }

  Uses evaluate_member(const clang::MemberExpr& member, Context context) {
    if (const auto* variable = dyn_cast<clang::VarDecl>(member.getMemberDecl())) return read(*variable, member, context);
    const Uses base = evaluate(*member.getBase(), context);
    return Uses::opaque(base.value);
  }

  /// An element: the subscript and the container's size must be right, whatever it is used for.
  Uses element(const clang::Expr& container, std::vector<const clang::Expr*> subscripts, const clang::Expr& where) {
    const Uses base = evaluate(container, Context::passed_on);
    UseList steering;
    if (!is_array(container.getType())) steering = base.size;
    UseList value = base.value;
    for (const auto* subscript : subscripts) {
      const Uses index = evaluate(*subscript, Context::needed);
      steering.insert(steering.end(), index.value.begin(), index.value.end());
      value.insert(value.end(), index.value.begin(), index.value.end());
    }
    steer(std::move(steering), where.getExprLoc(), "a subscript");
    return Uses::opaque(value);
  }

  Uses evaluate_unary(const clang::UnaryOperator& unary, Context context) {
    if (unary.isIncrementDecrementOp()) assign(*unary.getSubExpr(), Uses{});
    const bool arithmetic = unary.getType()->isArithmeticType() && unary.isArithmeticOp();
    return evaluate(*unary.getSubExpr(), arithmetic ? context : Context::needed);
  }

  Uses evaluate_binary(const clang::BinaryOperator& binary, Context context) {
    if (binary.isAssignmentOp()) return evaluate_assignment(binary);
    if (binary.isCommaOp()) {
      evaluate(*binary.getLHS(), Context::passed_on);
      return evaluate(*binary.getRHS(), context);
    }
    const Context inner = harmless(binary) ? context : Context::needed;
    Uses uses = evaluate(*binary.getLHS(), inner);
    const Uses right = evaluate(*binary.getRHS(), inner);
    if (divides(binary)) steer(right.value, binary.getOperatorLoc(), "a divisor");
    uses += right;
    return uses;
  }

  static bool divides(const clang::BinaryOperator& binary) {
    const auto code = binary.getOpcode();
    const bool division = code == clang::BO_Div || code == clang::BO_Rem || code == clang::BO_DivAssign || code == clang::BO_RemAssign;
    return division && binary.getRHS()->getType()->isIntegerType();
  }

  /// Arithmetic on a wrong number does no harm; a division or a pointer's may.
  static bool harmless(const clang::BinaryOperator& binary) {
    const bool numbers = binary.getLHS()->getType()->isArithmeticType() && binary.getRHS()->getType()->isArithmeticType();
    return numbers && !divides(binary) && !binary.isLogicalOp();
  }

  Uses evaluate_assignment(const clang::BinaryOperator& binary) {
    const Context context = binary.getOpcode() == clang::BO_Assign || harmless(binary) ? Context::passed_on : Context::needed;
    const Uses from = evaluate(*binary.getRHS(), context);
    if (divides(binary)) steer(from.value, binary.getOperatorLoc(), "a divisor");
    const Uses target = evaluate(*binary.getLHS(), Context::passed_on);
    assign(*binary.getLHS(), from);
    return target;
  }

  Uses capture(const clang::LambdaExpr& lambda) {
    Uses uses;
    auto init = lambda.capture_init_begin();
    for (const auto& captured : lambda.captures()) {
      const clang::Expr* value = *init++;
      if (value == nullptr) continue;
      const Uses from = evaluate(*value, Context::passed_on);
      if (captured.capturesVariable()) {
        const auto* variable = dyn_cast<clang::VarDecl>(captured.getCapturedVar());
        if (variable != nullptr && variable->isInitCapture()) declare_variable(*variable, from, value);
      }
      uses += from;
    }
    return uses;
  }

  // --- calls ---------------------------------------------------------------------------------------------------------------

  Uses evaluate_call(const clang::CallExpr& call, Context context) {
    if (const auto site = as_site(call)) return submit(*site);
    if (const auto query = future_query(call); !query.empty()) return ask(call, query, context);
    if (call.isCallToStdMove() || is_forward(call)) return evaluate(*call.getArg(0), context);
    if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&call)) {
      if (const auto known = evaluate_operator(*op, context)) return *known;
    }
    if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
      if (const auto known = evaluate_std_member(*member, context)) return *known;
    }
    return evaluate_general(call);
  }

  static bool is_forward(const clang::CallExpr& call) {
    const auto* callee = call.getDirectCallee();
    if (callee == nullptr || !in_std_namespace(*callee) || call.getNumArgs() != 1 || !callee->getDeclName().isIdentifier()) return false;
    const auto name = callee->getName();
    return name == "forward" || name == "as_const" || name == "ref" || name == "cref";
  }

  Uses submit(const SiteCall& site) {
    const Uses result = submit_arguments(site);
    node(site);
    return result;
  }

  Uses submit_arguments(const SiteCall& site) {
    if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(site.call)) {
      evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
    }
    if (!isa<clang::LambdaExpr>(written(*site.callable))) evaluate(*site.callable, Context::passed_on);
    if (site.operation == Operation::map) return submit_map(site);
    for (const auto* argument : site.arguments) {
      const bool lazy = site.operation == Operation::submit && lazy_form(*argument) != LazyForm::none && !submits_.may_submit(*argument);
      if (lazy) continue;
      const Uses uses = evaluate(*argument, Context::passed_on);
      if (site.operation == Operation::reduce && holds_future(argument->getType()) && !is_future(argument->getType())) {
        steer(uses.size, argument->getExprLoc(), "the length of a reduce");
      }
    }
    return {};
  }

  Uses submit_map(const SiteCall& site) {
    Uses result;
    for (const auto* argument : site.arguments) {
      const Uses uses = evaluate(*argument, Context::passed_on);
      result.size.insert(result.size.end(), uses.size.begin(), uses.size.end());
      if (!is_array(argument->getType())) steer(uses.size, argument->getExprLoc(), "the range of a map");
    }
    return result;
  }

  formats::Node make_node(const clang::Expr& call, formats::NodeOp op, std::string task) const {
    const auto place = user_place(call.getExprLoc(), project_.sources());
    formats::Node made;
    made.op = op;
    made.task = std::move(task);
    made.line = static_cast<std::uint32_t>(place.line);
    made.column = static_cast<std::uint32_t>(place.column);
    made.loops = loops_;
    made.guards = guards_;
    return made;
  }

  std::string file_of(const clang::Expr& call) const { return user_place(call.getExprLoc(), project_.sources()).file; }

  /// Another graph function becomes a part of this one's instance.
  void graph_node(const clang::CallExpr& call, const clang::FunctionDecl& callee) {
    formats::Node made = make_node(call, formats::NodeOp::graph, qualified_name(callee));
    for (const auto* argument : call.arguments()) {
      if (!is_executor(argument->getType())) made.arguments.push_back(argument_of(*argument));
    }
    record_.nodes.push_back({std::move(made), file_of(call), FunctionId{-1}});
  }

  void node(const SiteCall& site) {
    formats::Node made = make_node(*site.call, op_of(site.operation), callable_name(*site.callable, project_.sources()));
    if (site.operation == Operation::then) {
      const auto* member = cast<clang::CXXMemberCallExpr>(site.call);
      made.arguments.push_back(argument_of(*member->getImplicitObjectArgument()));
    }
    for (const auto* argument : site.arguments) made.arguments.push_back(argument_of(*argument));
    record_.nodes.push_back({std::move(made), file_of(*site.call), FunctionId{-1}});
  }

  formats::Argument argument_of(const clang::Expr& argument) const {
    return {holds_future(argument.getType()) ? formats::ArgumentKind::future : formats::ArgumentKind::value,
            source_text(argument, project_.context())};
  }

  static formats::NodeOp op_of(Operation operation) {
    switch (operation) {
      case Operation::submit: return formats::NodeOp::submit;
      case Operation::map: return formats::NodeOp::map;
      case Operation::reduce: return formats::NodeOp::reduce;
      case Operation::then: return formats::NodeOp::then;
    }
    return formats::NodeOp::submit;
  }

  /// A member function of a future.
  Uses ask(const clang::CallExpr& call, const std::string& query, Context context) {
    const auto* member = cast<clang::CXXMemberCallExpr>(&call);
    evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
    for (const auto* argument : call.arguments()) evaluate(*argument, Context::needed);
    const bool waits_for_time = query == "wait" && call.getNumArgs() > 0;
    if (query != "get" && !waits_for_time && !kFutureQueries.contains(query)) return {};
    Place place;
    place.kind = Place::Kind::source;
    place.name = query + "()";
    place.line = line(call.getExprLoc());
    place.is_get = query == "get";
    if (place.is_get) {
      const bool editable = find_insertion(call, place.at, place.whole);
      place.skippable = editable && call.getNumArgs() == 0 && default_constructible(result_type(call));
    } else {
      std::tie(place.at, place.stop_is_statement) = stopping_point();
    }
    const bool needed = place.is_get && (context == Context::needed || !place.skippable);
    const PlaceId id = places_.add(std::move(place));
    record_.sources.push_back(id);
    if (needed) record_.demands.push_back({id, Aspect::value});
    return Uses::opaque({{id, Aspect::value}});
  }

  static clang::QualType result_type(const clang::CallExpr& call) { return call.getType().getNonReferenceType().getUnqualifiedType(); }

  bool find_insertion(const clang::CallExpr& call, TextRange& at, TextRange& whole) const {
    const auto range = text_range(call.getSourceRange(), project_);
    if (!range || !project_.owns(call.getRParenLoc()) || !project_.owns(call.getBeginLoc())) return false;
    const unsigned closing = project_.sources().getFileOffset(call.getRParenLoc());
    at = {range->file, closing, closing};
    whole = *range;
    return range->end == closing + 1;
  }

  std::optional<Uses> evaluate_operator(const clang::CXXOperatorCallExpr& call, Context context) {
    const auto op = call.getOperator();
    if (op == clang::OO_Subscript && is_std_object(*call.getArg(0))) {
      std::vector<const clang::Expr*> subscripts;
      for (unsigned i = 1; i < call.getNumArgs(); ++i) subscripts.push_back(call.getArg(i));
      return element(*call.getArg(0), std::move(subscripts), call);
    }
    if (op == clang::OO_Equal && (is_std_object(*call.getArg(0)) || is_future(call.getArg(0)->getType()))) {
      const Uses from = evaluate(*call.getArg(1), context);
      const Uses target = evaluate(*call.getArg(0), Context::passed_on);
      assign(*call.getArg(0), from);
      return target;
    }
    return std::nullopt;
  }

  static bool is_std_object(const clang::Expr& object) {
    const auto* record = object.getType().getNonReferenceType()->getAsCXXRecordDecl();
    return record != nullptr && in_std_namespace(*record);
  }

  std::optional<Uses> evaluate_std_member(const clang::CXXMemberCallExpr& call, Context context) {
    const auto* method = call.getMethodDecl();
    const auto* object = call.getImplicitObjectArgument();
    if (method == nullptr || !method->getDeclName().isIdentifier() || !is_std_object(*object)) return std::nullopt;
    const auto name = method->getName();
    if (kSizes.contains(name)) {
      const Uses base = evaluate(*object, Context::passed_on);
      return is_array(object->getType()) ? Uses{} : Uses{base.size, {}};
    }
    if (name == "at") return element(*object, {call.getArg(0)}, call);
    if (name == "front" || name == "back") return element(*object, {}, call);
    if (!kAppends.contains(name)) return std::nullopt;
    const Uses target = evaluate(*object, Context::passed_on);
    for (const auto* argument : call.arguments()) {
      const Uses from = evaluate(*argument, context);
      assign(*object, {from.all(), {}});
    }
    return target;
  }

  Uses evaluate_general(const clang::CallExpr& call) {
    const auto* callee = call.getDirectCallee();
    const CallKind kind = classify(call);
    if (kind.kind == CallClass::effect) effect(call, kind.reason);
    Uses object;
    std::vector<Uses> arguments;
    if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) object = evaluate(*member->getImplicitObjectArgument(), Context::needed);
    for (const auto* argument : call.arguments()) arguments.push_back(evaluate(*argument, argument_context(kind, *argument)));
    Uses uses = object;
    for (const Uses& argument : arguments) uses += argument;
    // Of an operator the first is the closure itself, which is looked into.
    const llvm::ArrayRef<const clang::Expr*> passed(call.getArgs(), call.getNumArgs());
    call_closures(isa<clang::CXXOperatorCallExpr>(call) ? passed.drop_front() : passed, uses);
    if (is_std_function(callee)) {
      for (std::size_t i = 1; i < arguments.size(); ++i) steer(arguments[i].value, call.getExprLoc(), "an argument of a std::function");
    }
    if (callee != nullptr && is_graph(*callee)) graph_node(call, *callee);
    if (kind.kind == CallClass::inspect) return inspect(call, *callee, object, arguments);
    if (kind.kind == CallClass::effect) return Uses::opaque(uses.all());  // a boundary as it is
    if (callee != nullptr) change_arguments(call, *callee, uses);
    if (kind.kind == CallClass::unknown) uses += Uses::opaque(source(call, kind.reason));
    return Uses::opaque(uses.all());
  }

  /// Its target was looked into where it was made, but nobody knows which one is called with what.
  static bool is_std_function(const clang::FunctionDecl* callee) {
    const auto* method = dyn_cast_or_null<clang::CXXMethodDecl>(callee);
    return method != nullptr && in_std_namespace(*method) && method->getOverloadedOperator() == clang::OO_Call &&
           method->getParent()->getDeclName().isIdentifier() && method->getParent()->getName() == "function";
  }

  /// A helper of the user's may pass a value on; its own record tells.
  static Context argument_context(const CallKind& kind, const clang::Expr& argument) {
    const bool follows = kind.kind == CallClass::inspect || holds_future(argument.getType());
    return follows ? Context::passed_on : Context::needed;
  }

  /// Lambdas that somebody calls for us, with what else he was given.
  void call_closures(llvm::ArrayRef<const clang::Expr*> passed, const Uses& given) {
    for (const auto* argument : passed) {
      const auto type = argument->getType().getNonReferenceType();
      if (!is_closure(type)) continue;
      for (const auto* function : closure_operators(*type->getAsCXXRecordDecl())) {
        call(*function);
        for (const auto* parameter : function->parameters()) flow(Uses::opaque(given.all()), places_.of(*parameter));
      }
    }
  }

  static std::vector<const clang::FunctionDecl*> closure_operators(const clang::CXXRecordDecl& closure) {
    std::vector<const clang::FunctionDecl*> result;
    if (const auto* generic = closure.getDependentLambdaCallOperator()) {
      for (const auto* instance : generic->specializations()) result.push_back(instance);
    } else if (const auto* function = closure.getLambdaCallOperator()) {
      result.push_back(function);
    }
    std::erase_if(result, [](const auto* function) { return visible_body(*function) == nullptr; });
    return result;
  }

  Uses inspect(const clang::CallExpr& whole, const clang::FunctionDecl& callee, const Uses& object, const std::vector<Uses>& arguments) {
    call(callee);
    const auto* definition = visible_body(callee);
    const auto* method = dyn_cast<clang::CXXMethodDecl>(definition);
    const bool on_object = method != nullptr && method->isInstance();
    const bool infix = isa<clang::CXXOperatorCallExpr>(whole) && on_object;
    if (on_object) pass_object(whole, *method, infix ? arguments.at(0) : object);
    for (unsigned i = infix ? 1 : 0; i < arguments.size(); ++i) {
      const unsigned index = infix ? i - 1 : i;
      if (index >= definition->getNumParams()) break;
      const auto* parameter = definition->getParamDecl(index);
      const PlaceId place = places_.of(*parameter);
      flow(arguments[i], place);
      const auto type = parameter->getType();
      const bool mutates = type->isPointerType() || (type->isReferenceType() && !type.getNonReferenceType().isConstQualified());
      if (mutates) assign_back(*whole.getArg(i), place);
    }
    const PlaceId result = places_.of(*definition);
    return {{{result, Aspect::value}}, {{result, Aspect::size}}};
  }

  void pass_object(const clang::CallExpr& whole, const clang::CXXMethodDecl& method, const Uses& object) {
    if (method.getParent()->isLambda()) return;  // captures are read as the variables they are
    const PlaceId place = places_.object(method);
    flow(object, place);
    if (method.isConst()) return;
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&whole);
    assign_back(member != nullptr ? *member->getImplicitObjectArgument() : *whole.getArg(0), place);
  }

  /// What a function that is not looked into may have done to what it was given.
  void change_arguments(const clang::CallExpr& whole, const clang::FunctionDecl& callee, const Uses& given) {
    const Uses from = Uses::opaque(given.all());
    const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
    const bool instance = method != nullptr && method->isInstance();
    const bool infix = isa<clang::CXXOperatorCallExpr>(whole) && instance;
    if (instance && !method->isConst() && !only_looks(*method)) {
      const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&whole);
      assign(member != nullptr ? *member->getImplicitObjectArgument() : *whole.getArg(0), from);
    }
    for (unsigned i = infix ? 1 : 0; i < whole.getNumArgs(); ++i) {
      const unsigned index = infix ? i - 1 : i;
      if (index >= callee.getNumParams()) break;
      const auto type = callee.getParamDecl(index)->getType();
      const bool mutates = type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified();
      if (mutates && !is_executor(type)) assign(*whole.getArg(i), from);
    }
  }

  Uses construct(const clang::CXXConstructExpr& made, Context context) {
    const CallKind kind = classify(made);
    if (kind.kind == CallClass::effect) effect(made, kind.reason);
    const auto* constructor = made.getConstructor();
    const bool passes = constructor->isCopyOrMoveConstructor() || in_std_namespace(*constructor) || holds_future(made.getType());
    Uses uses;
    for (const auto* argument : made.arguments()) {
      const Uses one = evaluate(*argument, passes ? context : Context::needed);
      uses.value.insert(uses.value.end(), one.value.begin(), one.value.end());
      const auto& size = argument->getType()->isScalarType() ? one.value : one.size;
      uses.size.insert(uses.size.end(), size.begin(), size.end());
    }
    // Whoever calls it later passes what `is_std_function` takes care of.
    if (!constructor->isCopyOrMoveConstructor()) call_closures({made.getArgs(), made.getNumArgs()}, Uses{});
    return uses;
  }

  const Project& project_;
  RecordedUnit& recorded_;
  PlaceTable& places_;
  const clang::FunctionDecl& function_;
  FunctionId id_;
  FunctionRecord record_;
  SubmitSearch submits_;
  std::vector<std::string> loops_;
  std::uint32_t guards_ = 0;
  const clang::Stmt* statement_ = nullptr;  ///< The innermost one that something may stand before.
  bool in_block_ = false;                   ///< The statement that is executed stands in a block.
};

void add_lambdas(const clang::Stmt& body, std::vector<const clang::FunctionDecl*>& functions) {
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&body)) {
    for (const auto* function : lambda_operators(*lambda)) {
      functions.push_back(visible_body(*function));
      add_lambdas(*function->getBody(), functions);
    }
  }
  for (const auto* part : evaluated_parts(body)) add_lambdas(*part, functions);
}

}  // namespace

RecordedUnit record(const Project& project, const Definitions& definitions) {
  RecordedUnit recorded;
  std::vector<const clang::FunctionDecl*> functions = definitions.functions;
  for (const auto* function : definitions.functions) add_lambdas(*function->getBody(), functions);
  for (const auto* function : functions) {
    const auto id = static_cast<FunctionId>(recorded.unit.functions.size());
    if (recorded.functions.try_emplace(function, id).second) recorded.unit.functions.emplace_back();
  }
  PlaceTable places(recorded.unit);
  for (const auto* function : functions) {
    FunctionWalk(project, recorded, places, *function, recorded.functions.at(function)).run();
  }
  return recorded;
}

}  // namespace dflow::compiler
