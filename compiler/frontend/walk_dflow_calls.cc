#include "compiler/frontend/function_walk.h"

#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/changes.h"
#include "compiler/frontend/throws.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

const std::set<llvm::StringRef> kFutureQueries = {"done", "running", "cancelled", "exception", "cancel"};

bool default_constructible(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr) return !type->isReferenceType() && (type->isScalarType() || type->isVoidType());
  if (!record->hasDefinition() || !record->hasDefaultConstructor()) return false;
  for (const auto* constructor : record->ctors()) {
    if (constructor->isDefaultConstructor())
      return !constructor->isDeleted() && constructor->getAccess() == clang::AS_public;
  }
  return true;
}

clang::QualType result_type(const clang::CallExpr& call) {
  return call.getType().getNonReferenceType().getUnqualifiedType();
}

/// As `wait` does if nothing else is said.
bool waits_for_all(const clang::CallExpr& call) {
  if (call.getNumArgs() > 2) return false;
  if (call.getNumArgs() < 2 || isa<clang::CXXDefaultArgExpr>(call.getArg(1))) return true;
  const auto* when = dyn_cast<clang::DeclRefExpr>(call.getArg(1)->IgnoreParenImpCasts());
  return when != nullptr && isa<clang::EnumConstantDecl>(when->getDecl()) &&
         when->getDecl()->getName() == "all";
}

/// Of a generic lambda that nobody has called yet, its pattern.
std::vector<const clang::FunctionDecl*> bodies_of(const clang::CXXRecordDecl& record) {
  auto operators = call_operators(record);
  const auto* pattern = operators.empty() && record.isLambda() ? record.getLambdaCallOperator() : nullptr;
  if (pattern != nullptr && pattern->hasBody()) operators.push_back(pattern);
  return operators;
}

/// The function that is called in the end, if there is only one.
const clang::FunctionDecl* called_in_the_end(const clang::Expr& callable) {
  if (is_functor(callable.getType())) {
    const auto operators = call_operators(*callable.getType().getNonReferenceType()->getAsCXXRecordDecl());
    return operators.size() == 1 ? operators.front() : nullptr;
  }
  const clang::Expr& expression = stripped(callable);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression)) return called_in_the_end(*unary->getSubExpr());
  const auto* name = dyn_cast<clang::DeclRefExpr>(&expression);
  return name == nullptr ? nullptr : dyn_cast<clang::FunctionDecl>(name->getDecl());
}

/// What a task, or a callback, may change of what is the submitting function's.
class Lent {
 public:
  Lent(const clang::Expr& callable, llvm::ArrayRef<const clang::Expr*> arguments) {
    add_captures(callable);
    const auto* function = called_in_the_end(callable);
    const auto* body = function == nullptr ? nullptr : visible_body(*function);
    if (body != nullptr && search_.changed_by(*body).empty()) return;
    for (unsigned i = 0; i < arguments.size(); ++i) {
      if (!holds_future(arguments[i]->getType()) && reaches(taken_as(function, *arguments[i], i))) add(*arguments[i]);
    }
  }

  std::vector<const clang::Expr*> found;

 private:
  void add_captures(const clang::Expr& callable) {
    const auto* record = callable.getType().getNonReferenceType()->getAsCXXRecordDecl();
    if (record == nullptr || (!record->isLambda() && !is_functor(callable.getType()))) return;
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&written(callable))) add_made(*lambda);
    for (const auto* body : bodies_of(*record)) {
      const auto& changed = search_.changed_by(*body);
      if (record->isLambda()) found.insert(found.end(), changed.begin(), changed.end());
      else if (!changed.empty() && reaches(callable.getType())) add(callable);
    }
  }

  /// What captures are made of, `[to = xs.data()]`, that lead to something.
  void add_made(const clang::LambdaExpr& lambda) {
    const bool changes = std::ranges::any_of(bodies_of(*lambda.getLambdaClass()), [this](const auto* body) { return !search_.changed_by(*body).empty(); });
    auto init = lambda.capture_init_begin();
    for (const auto& capture : lambda.captures()) {
      const clang::Expr* from = *init++;
      const auto* variable = capture.capturesVariable() ? dyn_cast<clang::VarDecl>(capture.getCapturedVar()) : nullptr;
      if (changes && from != nullptr && variable != nullptr && variable->isInitCapture() && reaches(variable->getType())) add(*from);
    }
  }

  /// Of a member function the first argument is the object.
  static clang::QualType taken_as(const clang::FunctionDecl* function, const clang::Expr& argument, unsigned place) {
    const auto given = argument.getType().getNonReferenceType();
    if (function == nullptr) return given;
    const auto* method = dyn_cast<clang::CXXMethodDecl>(function);
    const bool on_object = method != nullptr && method->isInstance() && method->getOverloadedOperator() != clang::OO_Call;
    if (on_object && place == 0) return method->isConst() ? given->getPointeeType() : given;
    const unsigned index = place - (on_object ? 1 : 0);
    return index < function->getNumParams() ? function->getParamDecl(index)->getType().getNonReferenceType() : given;
  }

  void add(const clang::Expr& expression) {
    const auto* made = dyn_cast<clang::CXXConstructExpr>(&stripped(expression));
    if (made == nullptr) return found.push_back(&expression);
    for (const auto* argument : made->arguments()) add(*argument);
  }

  ChangeSearch search_;
};

/// What it steers has waited for the task, and is not known from here on.
void lend(Facts& facts, const clang::CallExpr& call, const Lent& lent) {
  if (lent.found.empty()) return;
  Place place;
  place.kind = Place::Kind::source;
  place.name = "what a task may change";
  place.file = facts.record().file;
  place.line = facts.line(call.getExprLoc());
  place.stop = facts.stopping_point();
  const PlaceId id = facts.places.add(std::move(place));
  facts.record().sources.push_back(id);
  for (const auto* each : lent.found) facts.assign_back(*each, id);
}

}  // namespace

Uses FunctionWalk::submit(const SiteCall& site) {
  const Uses result = submit_arguments(site);
  facts_.node(site);
  lend(facts_, *site.call, Lent(*site.callable, site.arguments));
  return result;
}

Uses FunctionWalk::submit_arguments(const SiteCall& site) {
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(site.call)) {
    const Uses object = evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
    if (site.operation == Operation::then) facts_.choose(object.value, site.call->getExprLoc());
  }
  if (!isa<clang::LambdaExpr>(written(*site.callable))) evaluate(*site.callable, Context::passed_on);
  if (site.operation == Operation::map) return submit_map(site);
  for (const auto* argument : site.arguments) {
    const bool lazy = site.operation == Operation::submit && !submits_.may_submit(*argument) &&
                      lazy_form(*argument, facts_.around.rescues) != LazyForm::none;
    if (lazy) {
      // A dry run does not see it throw: somebody around the call of this function may stop that.
      if (may_throw(*argument)) facts_.may_fail(facts_.source(*argument, "an argument that may throw"), argument->getExprLoc());
      continue;
    }
    const Uses uses = evaluate(*argument, Context::passed_on);
    if (holds_future(argument->getType())) facts_.choose(uses.value, argument->getExprLoc());
    if (site.operation == Operation::reduce && holds_future(argument->getType()) &&
        !is_future(argument->getType())) {
      facts_.steer(uses.size, argument->getExprLoc(), "the length of a reduce");
    }
  }
  return {};
}

Uses FunctionWalk::submit_map(const SiteCall& site) {
  Uses result;
  for (const auto* argument : site.arguments) {
    const Uses uses = evaluate(*argument, Context::passed_on);
    if (holds_future(argument->getType())) facts_.choose(uses.value, argument->getExprLoc());
    result.size.insert(result.size.end(), uses.size.begin(), uses.size.end());
    if (!is_array(argument->getType())) facts_.steer(uses.size, argument->getExprLoc(), "the range of a map");
  }
  return result;
}

Uses FunctionWalk::ask(const clang::CallExpr& call, const std::string& query, Context context) {
  const auto* member = cast<clang::CXXMemberCallExpr>(&call);
  evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
  for (const auto* argument : call.arguments()) evaluate(*argument, Context::needed);
  if (query == "on_done" && call.getNumArgs() == 1) lend(facts_, call, Lent(*call.getArg(0), {}));
  const bool waits = query == "wait" && call.getNumArgs() == 0;
  if (query != "get" && query != "wait" && !kFutureQueries.contains(query)) return {};
  Place place;
  place.name = query + "()";
  place.file = facts_.record().file;
  place.line = facts_.line(call.getExprLoc());
  place.is_get = query == "get" || waits;
  // Behind what the future comes from, which may be a submit.
  const auto* callee = dyn_cast<clang::MemberExpr>(call.getCallee()->IgnoreParens());
  if (callee != nullptr && !callee->isImplicitAccess())
    place.stop = facts_.stop_after(callee->getBeginLoc(), callee->getOperatorLoc());
  if (waits && callee != nullptr && !callee->isArrow() && !place.stop.at.file.empty()) {
    place.at = place.stop.at;
    place.skip = {place.at.begin, place.at.end, "::dflow::detail::unwaited(", ")"};
  }
  if (place.stop.at.file.empty()) place.stop = facts_.stopping_point();
  if (query == "get" && call.getNumArgs() == 0) skip_by(place, call, "::dflow::detail::unsteered");
  place.skippable = !place.at.file.empty() && (waits || default_constructible(result_type(call)));
  const Uses result = add_result(std::move(place), waits ? Context::passed_on : context);
  if (query == "get" || query == "exception") facts_.may_fail(result.value, call.getExprLoc());
  return waits ? Uses{} : result;
}

Uses FunctionWalk::add_result(Place place, Context context) {
  place.kind = Place::Kind::source;
  const bool needed = place.is_get && (context == Context::needed || !place.skippable);
  const PlaceId id = facts_.places.add(std::move(place));
  facts_.record().sources.push_back(id);
  if (needed) facts_.record().demands.push_back({id, Aspect::value});
  return Uses::opaque({{id, Aspect::value}});
}

void FunctionWalk::skip_by(Place& place, const clang::CallExpr& call, std::string text) const {
  const auto range = text_range(call.getSourceRange(), facts_.project);
  const bool first = call.getNumArgs() == 0;
  const auto at = first ? call.getRParenLoc() : written(*call.getArg(0)).getBeginLoc();
  if (!range || !facts_.project.owns(at) || !facts_.project.owns(call.getBeginLoc())) return;
  const unsigned offset = facts_.project.sources().getFileOffset(at);
  if (first && range->end != offset + 1) return;
  place.at = {range->file, offset, offset};
  place.skip = {offset, offset, std::move(text), ""};
}

std::optional<Uses> FunctionWalk::collect(const clang::CallExpr& call, Context context) {
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || !in_dflow_namespace(*callee) || !callee->getDeclName().isIdentifier())
    return std::nullopt;
  const bool method = isa<clang::CXXMethodDecl>(callee);
  const auto name = callee->getName();
  if (method ? name != "gather" : name != "wait" && name != "as_completed") return std::nullopt;
  if (call.getNumArgs() == 0 || !holds_future(call.getArg(0)->getType())) return std::nullopt;
  if (method) evaluate(*cast<clang::CXXMemberCallExpr>(call).getImplicitObjectArgument(), Context::passed_on);
  if (name == "gather") {
    const auto values = result_type(call);
    const auto* vector =
        dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(values->getAsCXXRecordDecl());
    return collected(
        call, context,
        vector != nullptr && default_constructible(vector->getTemplateArgs().get(0).getAsType()));
  }
  if (name == "as_completed")
    return collected(call, Context::passed_on, context == Context::range && call.getNumArgs() == 1);
  return collected(call, Context::passed_on, waits_for_all(call));
}

Uses FunctionWalk::collected(const clang::CallExpr& call, Context context, bool skippable) {
  const auto name = call.getDirectCallee()->getName();
  const Uses futures = evaluate(*call.getArg(0), Context::passed_on);
  for (unsigned i = 1; i < call.getNumArgs(); ++i) evaluate(*call.getArg(i), Context::needed);
  Place place;
  place.name = name.str() + "()";
  place.file = facts_.record().file;
  place.line = facts_.line(call.getExprLoc());
  place.is_get = true;
  place.is_order = name == "as_completed";
  place.stop = stop_at(call);
  if (skippable) skip_by(place, call, "::dflow::detail::unsteered, ");
  place.skippable = !place.at.file.empty();
  const bool known = place.skippable && name == "wait";
  const Uses result = add_result(std::move(place), context);
  if (known) return futures;  // all of them have ended then
  if (name == "gather") facts_.may_fail(result.value, call.getExprLoc());
  if (name == "gather") return {result.value, futures.size};
  Uses all = futures;
  all.value.insert(all.value.end(), result.value.begin(), result.value.end());
  return all;
}

}  // namespace dflow::compiler
