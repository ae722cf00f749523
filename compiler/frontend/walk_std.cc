#include <algorithm>
#include <set>

#include "compiler/frontend/function_walk.h"
#include "compiler/frontend/passed_callables.h"

namespace dflow::compiler {

using llvm::isa;

namespace {

const std::set<llvm::StringRef> kSizes = {"size", "empty", "length", "max_size", "ssize", "capacity"};
const std::set<llvm::StringRef> kAppends = {"push_back",   "emplace_back", "push_front", "emplace_front",
                                            "push",        "emplace",      "insert",     "insert_or_assign",
                                            "try_emplace", "append"};
const std::set<llvm::StringRef> kEnds = {"begin",  "end",  "cbegin",  "cend",
                                         "rbegin", "rend", "crbegin", "crend"};
/// Algorithms that change nothing.
const std::set<llvm::StringRef> kLooking = {"find",
                                            "find_if",
                                            "find_if_not",
                                            "find_first_of",
                                            "find_end",
                                            "search",
                                            "search_n",
                                            "count",
                                            "count_if",
                                            "all_of",
                                            "any_of",
                                            "none_of",
                                            "for_each",
                                            "for_each_n",
                                            "equal",
                                            "mismatch",
                                            "min_element",
                                            "max_element",
                                            "lower_bound",
                                            "upper_bound",
                                            "equal_range",
                                            "accumulate",
                                            "reduce",
                                            "distance",
                                            "binary_search",
                                            "is_sorted",
                                            "advance",
                                            "adjacent_find",
                                            "inner_product",
                                            "includes",
                                            "is_permutation",
                                            "lexicographical_compare",
                                            "transform_reduce"};
/// Algorithms that call what they are given once an element.
const std::set<llvm::StringRef> kEachOnce = {"for_each", "for_each_n",       "transform",
                                             "generate", "generate_n",       "accumulate",
                                             "reduce",   "transform_reduce", "inner_product"};

bool is_std_object(const clang::Expr& object) {
  const auto* record = object.getType().getNonReferenceType()->getAsCXXRecordDecl();
  return record != nullptr && in_std_namespace(*record);
}

/// Walks over a range: its value is an element, its "size" the place in the range.
bool is_iterator(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  return record != nullptr && in_std_namespace(*record) && record->getDeclName().isIdentifier() &&
         record->getName().contains("iterator");
}

bool is_keyed(clang::QualType type) {
  return is_std_class(type, {"set", "map", "unordered_set", "unordered_map"});
}

Uses range_end(const clang::Expr& range, const Uses& uses) {
  return is_array(range.getType()) ? Uses{uses.value, {}} : uses;
}

}  // namespace

std::optional<Uses> FunctionWalk::evaluate_operator(const clang::CXXOperatorCallExpr& call, Context context) {
  if (is_iterator(call.getArg(0)->getType())) {
    if (const auto known = evaluate_iterator(call, context)) return known;
  }
  const auto op = call.getOperator();
  if (op == clang::OO_Subscript && is_std_object(*call.getArg(0))) {
    std::vector<const clang::Expr*> subscripts;
    for (unsigned i = 1; i < call.getNumArgs(); ++i) subscripts.push_back(call.getArg(i));
    return element(*call.getArg(0), std::move(subscripts), call);
  }
  if (op == clang::OO_Equal && (is_std_object(*call.getArg(0)) || is_future(call.getArg(0)->getType()))) {
    const Uses from = evaluate(*call.getArg(1), context);
    const Uses target = evaluate(*call.getArg(0), Context::passed_on);
    facts_.assign(*call.getArg(0), from);
    return target;
  }
  return std::nullopt;
}

std::optional<Uses> FunctionWalk::evaluate_iterator(const clang::CXXOperatorCallExpr& call, Context context) {
  const auto op = call.getOperator();
  const bool pair = call.getNumArgs() == 2 && is_iterator(call.getArg(1)->getType());
  if (op == clang::OO_PlusPlus || op == clang::OO_MinusMinus)
    return evaluate(*call.getArg(0), Context::passed_on);
  if (pair && (call.isComparisonOp() || op == clang::OO_Minus)) {
    Uses places = evaluate(*call.getArg(0), Context::passed_on);
    places += evaluate(*call.getArg(1), Context::passed_on);
    return Uses{places.size, {}};
  }
  if (pair || call.getNumArgs() != 2) return std::nullopt;
  const bool moves = op == clang::OO_PlusEqual || op == clang::OO_MinusEqual;
  if (!moves && op != clang::OO_Plus && op != clang::OO_Minus) return std::nullopt;
  Uses place = evaluate(*call.getArg(0), Context::passed_on);
  const Uses distance{{}, evaluate(*call.getArg(1), context).value};
  if (moves) facts_.assign(*call.getArg(0), distance);
  return place += distance;
}

std::optional<Uses> FunctionWalk::evaluate_std_range(const clang::CallExpr& call, Context context) {
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || isa<clang::CXXMethodDecl>(callee) || !in_std_namespace(*callee))
    return std::nullopt;
  if (!callee->getDeclName().isIdentifier() || call.getNumArgs() == 0) return std::nullopt;
  const auto name = callee->getName();
  const clang::Expr& first = *call.getArg(0);
  if (call.getNumArgs() == 1 && (kEnds.contains(name) || kSizes.contains(name)) && is_std_object(first)) {
    const Uses range = range_end(first, evaluate(first, Context::passed_on));
    return kSizes.contains(name) ? Uses{range.size, {}} : range;
  }
  if (!is_iterator(first.getType()) || (name != "distance" && name != "next" && name != "prev"))
    return std::nullopt;
  Uses place = evaluate(first, Context::passed_on);
  if (call.getNumArgs() == 1) return place;
  const Uses second = evaluate(*call.getArg(1), context);
  if (name == "distance") return Uses{(place += second).size, {}};
  return place += Uses{{}, second.value};
}

Uses FunctionWalk::change_ranges(const clang::CallExpr& call, const Uses& given) {
  Uses from = given;
  const auto* callee = call.getDirectCallee();
  for (const auto* argument : call.arguments()) {
    for (const auto* function : callables_of(*argument, callee, facts_.project))
      from += Uses::opaque({{facts_.places.of(*function), Aspect::value}});
  }
  if (callee->getDeclName().isIdentifier() && kLooking.contains(callee->getName())) return from;
  for (const auto* argument : call.arguments()) {
    if (is_iterator(argument->getType())) facts_.assign(*argument, Uses::opaque(from.all()));
  }
  return from;
}

void FunctionWalk::steer_algorithm(const clang::CallExpr& call, llvm::ArrayRef<const clang::Expr*> passed,
                                   const std::vector<Uses>& given) {
  const auto* callee = call.getDirectCallee();
  const auto called = [&](const clang::Expr* argument) {
    return callables_of(*argument, callee, facts_.project);
  };
  if (std::ranges::all_of(passed, [&](const auto* argument) { return called(argument).empty(); })) return;
  const bool each_once = callee->getDeclName().isIdentifier() && kEachOnce.contains(callee->getName());
  const bool submits = std::ranges::any_of(
      passed, [&](const auto* argument) { return submits_.may_be_called(called(argument)); });
  if (!each_once && !submits) return;
  UseList uses;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!called(passed[i]).empty()) continue;
    const bool number = passed[i]->getType()->isArithmeticType();
    add_uses(uses, !each_once ? given[i].all()
                   : number   ? given[i].value
                              : given[i].size);
  }
  facts_.steer(std::move(uses), call.getExprLoc(), "the range of an algorithm");
}

std::optional<Uses> FunctionWalk::evaluate_std_member(const clang::CXXMemberCallExpr& call, Context context) {
  const auto* method = call.getMethodDecl();
  const auto* object = call.getImplicitObjectArgument();
  if (method == nullptr || !method->getDeclName().isIdentifier() || !is_std_object(*object))
    return std::nullopt;
  const auto name = method->getName();
  if (kSizes.contains(name)) {
    const Uses base = evaluate(*object, Context::passed_on);
    return is_array(object->getType()) ? Uses{} : Uses{base.size, {}};
  }
  if (kEnds.contains(name) && is_iterator(call.getType()))
    return range_end(*object, evaluate(*object, Context::passed_on));
  if (name == "at") return element(*object, {call.getArg(0)}, call);
  if (name == "front" || name == "back") return element(*object, {}, call);
  if (!kAppends.contains(name)) return std::nullopt;
  const Uses target = evaluate(*object, Context::passed_on);
  for (const auto* argument : call.arguments()) {
    const Uses from = evaluate(*argument, context);
    // A range adds as many as it has; a set looks at what it is given.
    const UseList size = is_keyed(object->getType())        ? from.all()
                         : is_iterator(argument->getType()) ? from.size
                                                            : UseList{};
    facts_.assign(*object, {from.all(), size});
  }
  return target;
}

}  // namespace dflow::compiler
