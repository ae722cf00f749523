#include "compiler/frontend/function_walk.h"

#include "compiler/frontend/attributes.h"
#include "compiler/frontend/neighbours.h"
#include "compiler/frontend/passed_callables.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

bool is_forward(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || !in_std_namespace(*callee) || call.getNumArgs() != 1 ||
      !callee->getDeclName().isIdentifier())
    return false;
  const auto name = callee->getName();
  return name == "forward" || name == "as_const" || name == "ref" || name == "cref";
}

/// Its target was looked into where it was made, but nobody knows which one is called with what.
bool is_std_function(const clang::FunctionDecl* callee) {
  const auto* method = dyn_cast_or_null<clang::CXXMethodDecl>(callee);
  return method != nullptr && in_std_namespace(*method) &&
         method->getOverloadedOperator() == clang::OO_Call &&
         method->getParent()->getDeclName().isIdentifier() && method->getParent()->getName() == "function";
}

/// A helper of the user's may pass a value on; its own record tells.
Context argument_context(const CallKind& kind, const clang::Expr& argument) {
  // What a function reads of its captures its own record tells.
  const auto type = argument.getType();
  const bool callable = is_functor(type) || is_std_class(type, {"function"});
  const bool follows = kind.kind == CallClass::inspect || callable || holds_future(type);
  return follows ? Context::passed_on : Context::needed;
}

}  // namespace

Uses FunctionWalk::evaluate_call(const clang::CallExpr& call, Context context) {
  if (const auto site = as_site(call)) return submit(*site);
  if (const auto query = future_query(call); !query.empty()) return ask(call, query, context);
  if (const auto known = collect(call, context)) return *known;
  if (call.isCallToStdMove() || is_forward(call)) return evaluate(*call.getArg(0), context);
  if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&call)) {
    if (const auto known = evaluate_operator(*op, context)) return *known;
  }
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    if (const auto known = evaluate_std_member(*member, context)) return *known;
  }
  if (const auto known = evaluate_std_range(call, context)) return *known;
  return evaluate_general(call);
}

Uses FunctionWalk::evaluate_general(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  const CallKind kind = classify(call, facts_.project);
  if (kind.kind == CallClass::effect) facts_.effect(call, kind.reason, stop_at(call));
  Uses object;
  std::vector<Uses> arguments;
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call))
    object = evaluate(*member->getImplicitObjectArgument(), Context::needed);
  for (const auto* argument : call.arguments())
    arguments.push_back(evaluate(*argument, argument_context(kind, *argument)));
  Uses uses = object;
  for (const Uses& argument : arguments) uses += argument;
  // Of an operator the first is the closure itself, which is looked into.
  const llvm::ArrayRef<const clang::Expr*> passed(call.getArgs(), call.getNumArgs());
  call_closures(isa<clang::CXXOperatorCallExpr>(call) ? passed.drop_front() : passed, callee, uses);
  if (callee != nullptr && in_std_namespace(*callee) && !isa<clang::CXXMethodDecl>(callee)) {
    call_strangers(call, *callee);
    steer_algorithm(call, passed, arguments);
    uses = change_ranges(call, uses);
  }
  if (is_std_function(callee)) {
    for (std::size_t i = 1; i < arguments.size(); ++i)
      facts_.steer(arguments[i].value, call.getExprLoc(), "an argument of a std::function");
  }
  if (callee != nullptr && is_graph(*callee)) facts_.graph_node(call, *callee);
  if (kind.kind == CallClass::inspect) return inspect(call, *callee, object, arguments);
  if (kind.kind == CallClass::effect) return Uses::opaque(uses.all());  // a boundary as it is
  if (callee != nullptr) change_arguments(call, *callee, uses);
  if (kind.kind == CallClass::unknown) uses += Uses::opaque(facts_.source(call, kind.reason));
  return Uses::opaque(uses.all());
}

void FunctionWalk::call_closures(llvm::ArrayRef<const clang::Expr*> passed,
                                 const clang::FunctionDecl* receiver, const Uses& given) {
  for (const auto* argument : passed) {
    for (const auto* function : callables_of(*argument, receiver, facts_.project)) {
      facts_.call(*function, argument->getExprLoc());
      for (const auto* parameter : function->parameters())
        facts_.flow(Uses::opaque(given.all()), facts_.places.of(*parameter));
    }
  }
}

void FunctionWalk::call_strangers(const clang::CallExpr& call, const clang::FunctionDecl& receiver) {
  for (const auto* argument : call.arguments()) {
    const std::string who = stranger_in(*argument, receiver, facts_.project);
    if (!who.empty()) return facts_.effect(call, "has " + who + ", called with futures", stop_at(call));
  }
}

Stop FunctionWalk::stop_at(const clang::CallExpr& call) {
  for (unsigned i = call.getNumArgs(); i > 0; --i) {
    const clang::Expr& argument = *call.getArg(i - 1);
    if (!submits_.may_submit(argument)) continue;
    const Stop stop = facts_.stop_after(argument);
    return stop.at.file.empty() ? facts_.stopping_point() : stop;
  }
  return facts_.stopping_point();
}

Uses FunctionWalk::inspect(const clang::CallExpr& whole, const clang::FunctionDecl& callee,
                           const Uses& object, const std::vector<Uses>& arguments) {
  facts_.call(callee, whole.getExprLoc());
  const auto* definition = body_of(callee, facts_.project);
  const auto* method = dyn_cast<clang::CXXMethodDecl>(definition);
  const bool on_object = method != nullptr && method->isInstance();
  const bool infix = isa<clang::CXXOperatorCallExpr>(whole) && on_object;
  if (on_object) pass_object(whole, *method, infix ? arguments.at(0) : object);
  for (unsigned i = infix ? 1 : 0; i < arguments.size(); ++i) {
    const unsigned index = infix ? i - 1 : i;
    if (index >= definition->getNumParams()) break;
    const auto* parameter = definition->getParamDecl(index);
    const PlaceId place = facts_.places.of(*parameter);
    facts_.flow(arguments[i], place);
    const auto type = parameter->getType();
    const bool mutates =
        type->isPointerType() || (type->isReferenceType() && !type.getNonReferenceType().isConstQualified());
    if (mutates) facts_.assign_back(*whole.getArg(i), place);
  }
  const PlaceId result = facts_.places.of(*definition);
  return {{{result, Aspect::value}}, {{result, Aspect::size}}};
}

void FunctionWalk::pass_object(const clang::CallExpr& whole, const clang::CXXMethodDecl& method,
                               const Uses& object) {
  if (method.getParent()->isLambda()) return;  // captures are read as the variables they are
  const PlaceId place = facts_.places.object(method);
  facts_.flow(object, place);
  if (method.isConst() && !refers(*method.getParent())) return;
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&whole);
  facts_.assign_back(member != nullptr ? *member->getImplicitObjectArgument() : *whole.getArg(0), place);
}

void FunctionWalk::change_arguments(const clang::CallExpr& whole, const clang::FunctionDecl& callee,
                                    const Uses& given) {
  const Uses from = Uses::opaque(given.all());
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  const bool instance = method != nullptr && method->isInstance();
  const bool infix = isa<clang::CXXOperatorCallExpr>(whole) && instance;
  if (instance && !method->isConst() && !only_looks(*method)) {
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&whole);
    facts_.assign(member != nullptr ? *member->getImplicitObjectArgument() : *whole.getArg(0), from);
  }
  for (unsigned i = infix ? 1 : 0; i < whole.getNumArgs(); ++i) {
    const unsigned index = infix ? i - 1 : i;
    if (index >= callee.getNumParams()) break;
    const auto type = callee.getParamDecl(index)->getType();
    const bool mutates = type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified();
    if (mutates && !is_executor(type)) facts_.assign(*whole.getArg(i), from);
  }
}

}  // namespace dflow::compiler
