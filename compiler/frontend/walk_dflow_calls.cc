#include "compiler/frontend/function_walk.h"

#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/throws.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

const std::set<llvm::StringRef> kFutureQueries = {"done", "running", "cancelled", "exception"};

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

}  // namespace

Uses FunctionWalk::submit(const SiteCall& site) {
  const Uses result = submit_arguments(site);
  facts_.node(site);
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
