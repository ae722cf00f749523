#include "compiler/frontend/function_walk.h"

#include "compiler/frontend/attributes.h"
#include "compiler/frontend/throws.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

void FunctionWalk::run(const clang::FunctionDecl& function, FunctionId id) {
  facts_.function = &function;
  FunctionRecord& record = facts_.record();
  const auto place = user_place(function.getLocation(), facts_.project.sources());
  record.name = qualified_name(function);
  record.file = place.file;
  record.line = place.line;
  record.graph = is_graph(function);
  for (const auto* parameter : function.parameters())
    record.parameters.push_back(facts_.places.of(*parameter));
  for (const auto* parameter : function.parameters()) record_members(*parameter);
  if (const auto* method = dyn_cast<clang::CXXMethodDecl>(&function);
      method != nullptr && method->isInstance()) {
    record.object = facts_.places.object(*method);
  }
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) initialise(*constructor);
  execute(*function.getBody());
  recorded_.unit.functions[static_cast<std::size_t>(id)] = std::move(record);
}

void FunctionWalk::record_members(const clang::ParmVarDecl& parameter) {
  if (!facts_.places.is_separate(parameter)) return;
  const PlaceId whole = facts_.places.of(parameter);
  for (const auto* field : parameter.getType().getNonReferenceType()->getAsCXXRecordDecl()->fields()) {
    const PlaceId place = facts_.places.member(parameter, *field);
    facts_.flow(Uses::opaque({{whole, Aspect::value}, {whole, Aspect::size}}), place);
    facts_.record().members.push_back({parameter.getFunctionScopeIndex(), field->getNameAsString(),
                                       type_text(field->getType().getUnqualifiedType(), facts_.project.context()), place});
  }
}

namespace {

std::string loop_variable(const clang::Stmt* init) {
  const auto* declarations = dyn_cast_or_null<clang::DeclStmt>(init);
  if (declarations == nullptr || declarations->decl_begin() == declarations->decl_end()) return "for";
  const auto* variable = dyn_cast<clang::VarDecl>(*declarations->decl_begin());
  return variable == nullptr ? "for" : variable->getNameAsString();
}

}  // namespace

void FunctionWalk::execute(const clang::Stmt& statement) {
  if (const auto* expression = dyn_cast<clang::Expr>(&statement)) {
    facts_.around.statement = &statement;
    facts_.around.within = false;
    evaluate(*expression, Context::passed_on);
    return;
  }
  if (const auto* block = dyn_cast<clang::CompoundStmt>(&statement)) return execute_block(*block);
  if (facts_.around.in_block) facts_.around.statement = &statement, facts_.around.within = false;
  if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) return declare(*declarations);
  if (const auto* result = dyn_cast<clang::ReturnStmt>(&statement)) return execute_return(result->getRetValue());
  if (const auto* result = dyn_cast<clang::CoreturnStmt>(&statement)) return execute_return(result->getOperand());
  if (const auto* branch = dyn_cast<clang::IfStmt>(&statement)) return execute_if(*branch);
  if (const auto* loop = dyn_cast<clang::ForStmt>(&statement)) return execute_for(*loop);
  if (const auto* loop = dyn_cast<clang::WhileStmt>(&statement)) return execute_while(*loop);
  if (const auto* loop = dyn_cast<clang::DoStmt>(&statement)) return execute_do(*loop);
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) return execute_range(*loop);
  if (const auto* choice = dyn_cast<clang::SwitchStmt>(&statement)) return execute_switch(*choice);
  if (const auto* attempt = dyn_cast<clang::CXXTryStmt>(&statement)) return execute_try(*attempt);
  for (const auto* part : evaluated_parts(statement)) execute(*part);
}

void FunctionWalk::execute_block(const clang::CompoundStmt& block) {
  for (const auto* each : block.body()) {
    facts_.around.in_block = true;
    execute(*each);
  }
}

void FunctionWalk::execute_single(const clang::Stmt* statement) {
  if (statement == nullptr) return;
  const auto* around = facts_.around.statement;
  facts_.around.in_block = false;
  execute(*statement);
  facts_.around.statement = around;
}

void FunctionWalk::execute_header(const clang::Stmt* part) {
  if (part == nullptr) return;
  if (const auto* declarations = dyn_cast<clang::DeclStmt>(part)) return declare(*declarations);
  if (const auto* expression = dyn_cast<clang::Expr>(part))
    return void(evaluate(*expression, Context::passed_on));
  execute_single(part);
}

void FunctionWalk::execute_return(const clang::Expr* value) {
  if (value == nullptr) return;
  facts_.flow(evaluate(*value, Context::passed_on), facts_.places.of(*facts_.function));
}

void FunctionWalk::execute_if(const clang::IfStmt& branch) {
  execute_header(branch.getInit());
  execute_header(branch.getConditionVariableDeclStmt());
  if (!branch.isConstexpr() && branch.getCond() != nullptr)
    steer_by(*branch.getCond(), "the condition of an if");
  ++facts_.around.guards;
  execute_single(branch.getThen());
  execute_single(branch.getElse());
  --facts_.around.guards;
}

void FunctionWalk::execute_for(const clang::ForStmt& loop) {
  execute_header(loop.getInit());
  execute_header(loop.getConditionVariableDeclStmt());
  steer_loop(loop.getCond());
  facts_.around.loops.push_back(loop_variable(loop.getInit()));
  execute_single(loop.getBody());
  if (loop.getInc() != nullptr) evaluate(*loop.getInc(), Context::needed);
  facts_.around.loops.pop_back();
}

void FunctionWalk::execute_while(const clang::WhileStmt& loop) {
  execute_header(loop.getConditionVariableDeclStmt());
  steer_loop(loop.getCond());
  facts_.around.loops.push_back("while");
  execute_single(loop.getBody());
  facts_.around.loops.pop_back();
}

void FunctionWalk::execute_do(const clang::DoStmt& loop) {
  facts_.around.loops.push_back("while");
  execute_single(loop.getBody());
  facts_.around.loops.pop_back();
  steer_loop(loop.getCond());
}

void FunctionWalk::execute_range(const clang::CXXForRangeStmt& loop) {
  execute_header(loop.getInit());
  const auto* variable = loop.getLoopVariable();
  const Uses range = evaluate(*loop.getRangeInit(), Context::range);
  if (!is_array(loop.getRangeInit()->getType()))
    facts_.steer(range.size, loop.getForLoc(), "the range of a loop");
  declare_variable(*variable, Uses::opaque(range.value), loop.getRangeInit());
  facts_.around.loops.push_back(variable->getNameAsString());
  execute_single(loop.getBody());
  facts_.around.loops.pop_back();
}

void FunctionWalk::execute_switch(const clang::SwitchStmt& choice) {
  execute_header(choice.getInit());
  execute_header(choice.getConditionVariableDeclStmt());
  steer_by(*choice.getCond(), "the condition of a switch");
  ++facts_.around.guards;
  execute_single(choice.getBody());
  --facts_.around.guards;
}

void FunctionWalk::execute_try(const clang::CXXTryStmt& attempt) {
  const int rescues = handlers_that_stop(attempt);
  facts_.around.rescues += rescues;
  execute(*attempt.getTryBlock());
  facts_.around.rescues -= rescues;
  for (unsigned i = 0; i < attempt.getNumHandlers(); ++i) execute(*attempt.getHandler(i)->getHandlerBlock());
}

void FunctionWalk::initialise(const clang::CXXConstructorDecl& constructor) {
  for (const auto* init : constructor.inits()) {
    facts_.flow(Uses::opaque(evaluate_within(*init->getInit(), Context::passed_on).all()),
                facts_.record().object);
  }
}

Uses FunctionWalk::evaluate_within(const clang::Expr& part, Context context) {
  const auto* statement = std::exchange(facts_.around.statement, &written(part));
  const bool within = std::exchange(facts_.around.within, true);
  if (isa<clang::InitListExpr, clang::CXXConstructExpr>(written(part))) facts_.around.statement = nullptr;
  const Uses uses = evaluate(part, context);
  facts_.around.statement = statement;
  facts_.around.within = within;
  return uses;
}

void FunctionWalk::steer_loop(const clang::Expr* condition) {
  if (condition != nullptr) steer_by(*condition, "the loop's condition");
}

void FunctionWalk::steer_by(const clang::Expr& expression, std::string what) {
  facts_.steer(evaluate(expression, Context::needed).value, expression.getExprLoc(), std::move(what));
}

void FunctionWalk::declare(const clang::DeclStmt& declarations) {
  for (const auto* decl : declarations.decls()) {
    const auto* variable = dyn_cast<clang::VarDecl>(decl);
    if (variable == nullptr || !variable->hasInit()) continue;
    declare_variable(*variable, evaluate(*variable->getInit(), Context::passed_on), variable->getInit());
  }
}

void FunctionWalk::declare_variable(const clang::VarDecl& variable, const Uses& uses,
                                    const clang::Expr* init) {
  facts_.flow(uses, facts_.places.of(variable));
  if (const auto* bindings = dyn_cast<clang::DecompositionDecl>(&variable)) {
    const bool whole = is_dflow_class(variable.getType(), "WaitResult");
    for (const auto* binding : bindings->bindings())
      facts_.flow(whole ? uses : Uses::opaque(uses.all()), facts_.places.of(*binding));
  }
  if (const auto* record = variable.getType()->getAsCXXRecordDecl(); record != nullptr && facts_.places.is_separate(variable)) {
    for (const auto* field : record->fields()) facts_.flow(Uses::opaque(uses.all()), facts_.places.member(variable, *field));
  }
  // What refers to another object may change it.
  const auto type = variable.getType();
  if (init != nullptr) keep_references(*init, facts_.places.of(variable));
  const bool refers = (type->isReferenceType() && !type.getNonReferenceType().isConstQualified()) ||
                      type->isPointerType() ||
                      (type->isRecordType() && init != nullptr && isa<clang::CallExpr>(written(*init)));
  if (refers && init != nullptr) facts_.assign_back(*init, facts_.places.of(variable));
}

}  // namespace dflow::compiler
