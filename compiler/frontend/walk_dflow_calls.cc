#include "compiler/frontend/function_walk.h"

#include <set>

#include "clang/Basic/SourceManager.h"

namespace dflow::compiler {

using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;

namespace {

const std::set<llvm::StringRef> kFutureQueries = {"done", "running", "cancelled", "exception", "gather"};

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

}  // namespace

Uses FunctionWalk::submit(const SiteCall& site) {
  const Uses result = submit_arguments(site);
  facts_.node(site);
  return result;
}

Uses FunctionWalk::submit_arguments(const SiteCall& site) {
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(site.call)) {
    evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
  }
  if (!isa<clang::LambdaExpr>(written(*site.callable))) evaluate(*site.callable, Context::passed_on);
  if (site.operation == Operation::map) return submit_map(site);
  for (const auto* argument : site.arguments) {
    const bool lazy = site.operation == Operation::submit && lazy_form(*argument) != LazyForm::none &&
                      !submits_.may_submit(*argument);
    if (lazy) continue;
    const Uses uses = evaluate(*argument, Context::passed_on);
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
    result.size.insert(result.size.end(), uses.size.begin(), uses.size.end());
    if (!is_array(argument->getType())) facts_.steer(uses.size, argument->getExprLoc(), "the range of a map");
  }
  return result;
}

Uses FunctionWalk::ask(const clang::CallExpr& call, const std::string& query, Context context) {
  const auto* member = cast<clang::CXXMemberCallExpr>(&call);
  evaluate(*member->getImplicitObjectArgument(), Context::passed_on);
  for (const auto* argument : call.arguments()) evaluate(*argument, Context::needed);
  const bool waits_for_time = query == "wait" && call.getNumArgs() > 0;
  if (query != "get" && !waits_for_time && !kFutureQueries.contains(query)) return {};
  // Behind what the future comes from, which may be a submit.
  const auto* callee = dyn_cast<clang::MemberExpr>(call.getCallee()->IgnoreParens());
  Place place;
  place.kind = Place::Kind::source;
  if (callee != nullptr && !callee->isImplicitAccess())
    place.stop = facts_.stop_after(callee->getBeginLoc(), callee->getOperatorLoc());
  if (place.stop.at.file.empty()) place.stop = facts_.stopping_point();
  place.name = query + "()";
  place.line = facts_.line(call.getExprLoc());
  place.is_get = query == "get";
  if (place.is_get) {
    const bool editable = find_insertion(call, place.at);
    place.skippable = editable && call.getNumArgs() == 0 && default_constructible(result_type(call));
  }
  const bool needed = place.is_get && (context == Context::needed || !place.skippable);
  const PlaceId id = facts_.places.add(std::move(place));
  facts_.record().sources.push_back(id);
  if (query == "get" || query == "exception") facts_.may_fail({{id, Aspect::value}}, call.getExprLoc());
  if (needed) facts_.record().demands.push_back({id, Aspect::value});
  return Uses::opaque({{id, Aspect::value}});
}

bool FunctionWalk::find_insertion(const clang::CallExpr& call, TextRange& at) const {
  const auto range = text_range(call.getSourceRange(), facts_.project);
  if (!range || !facts_.project.owns(call.getRParenLoc()) || !facts_.project.owns(call.getBeginLoc()))
    return false;
  const unsigned closing = facts_.project.sources().getFileOffset(call.getRParenLoc());
  at = {range->file, closing, closing};
  return range->end == closing + 1;
}

}  // namespace dflow::compiler
