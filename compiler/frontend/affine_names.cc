// Which futures an expression names: variables, elements, members, what functions of the library refer to.
#include <algorithm>

#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;

namespace {

/// Of an optional.
std::optional<Named> content_of(std::optional<Named> object) {
  if (!object || !object->shape.levels.empty() || object->shape.leaf != Shape::Leaf::optional) return std::nullopt;
  object->shape.leaf = Shape::Leaf::future;
  return object;
}

/// `yes` where `condition` holds, else `no`.
Named either(const Expr& condition, const Named& yes, const Named& no) {
  Named result{{}, yes.shape, false};
  for (flow::Access each : yes.cases) {
    each.guard = flow::both(condition, each.guard);
    result.cases.push_back(std::move(each));
  }
  for (flow::Access each : no.cases) {
    each.guard = flow::both(flow::negation(condition), each.guard);
    result.cases.push_back(std::move(each));
  }
  for (std::size_t i = 0; i < yes.fields.size(); ++i)
    result.fields.push_back(either(condition, yes.fields[i], no.fields.at(i)));
  return result;
}

}  // namespace

Named AffineWalk::subscripted(Named container, const Expr& subscript) const {
  for (flow::Access& each : container.cases) each.subscripts.push_back(subscript);
  for (Named& each : container.fields) each = subscripted(std::move(each), subscript);
  container.shape = container.shape.element();
  return container;
}

std::optional<Named> AffineWalk::named(const clang::Expr& expression) {
  const clang::Expr* bare = expression.IgnoreParens();
  if (const auto* cast = dyn_cast<clang::CastExpr>(bare)) {
    const auto kind = cast->getCastKind();
    const bool through =
        kind == clang::CK_NoOp || kind == clang::CK_LValueToRValue || kind == clang::CK_ArrayToPointerDecay;
    return through ? named(*cast->getSubExpr()) : std::nullopt;
  }
  if (const auto* full = dyn_cast<clang::FullExpr>(bare)) return named(*full->getSubExpr());
  if (const auto* temporary = dyn_cast<clang::MaterializeTemporaryExpr>(bare)) {
    const auto* call = dyn_cast<clang::CallExpr>(temporary->getSubExpr()->IgnoreParens());
    if (call != nullptr) return named_call(*call);  // std::tie
    return temporary->getSubExpr()->isPRValue() ? std::nullopt : named(*temporary->getSubExpr());
  }
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(bare)) {
    if (const auto* binding = dyn_cast<clang::BindingDecl>(name->getDecl())) return named_binding(*binding);
    const auto found = bindings_.find(dyn_cast<clang::VarDecl>(name->getDecl()));
    if (found == bindings_.end() || !std::holds_alternative<Named>(found->second)) return std::nullopt;
    const Named& object = std::get<Named>(found->second);
    if (object.is_lost())
      refuse("a reference into a container that was swapped or moved is not followed", bare->getExprLoc());
    return object;
  }
  if (const auto* element = dyn_cast<clang::ArraySubscriptExpr>(bare)) {
    const auto base = named(*element->getBase());
    if (!base || base->shape.levels.empty()) return std::nullopt;
    return subscripted(*base, subscript(*element->getIdx()));
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(bare)) return named_member(*member);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(bare); unary != nullptr && unary->getOpcode() == clang::UO_Deref)
    return this_of(*unary->getSubExpr());
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(bare); choice != nullptr && choice->isGLValue()) {
    const Expr condition = needed(*choice->getCond(), "a condition"), around = guard_;
    guard_ = flow::both(around, condition);
    const auto yes = named(*choice->getTrueExpr());
    guard_ = flow::both(around, flow::negation(condition));
    const auto no = named(*choice->getFalseExpr());
    guard_ = around;
    if (!yes || !no) return std::nullopt;
    constexpr std::size_t kMost = 64;  // each is told from all before it
    if (yes->cases.size() + no->cases.size() > kMost) refuse("there is too much to choose from", bare->getExprLoc());
    return either(condition, *yes, *no);
  }
  const auto* call = dyn_cast<clang::CallExpr>(bare);
  return call == nullptr ? std::nullopt : named_call(*call);
}

std::optional<Named> AffineWalk::named_call(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  if (callee != nullptr && !in_std_namespace(*callee)) return accessed(call);
  if (callee == nullptr) return std::nullopt;
  if (auto found = named_get(call)) return found;
  if (!call.isGLValue()) return std::nullopt;
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call)) {
    if (infix->getOperator() == clang::OO_Star && call.getNumArgs() == 1) return content_of(named(*call.getArg(0)));
    if (infix->getOperator() != clang::OO_Subscript) return std::nullopt;
    const auto base = named(*call.getArg(0));
    if (!base || base->shape.levels.empty()) return std::nullopt;
    return subscripted(*base, base->shape.levels[0].keyed ? key_of(*call.getArg(1)) : subscript(*call.getArg(1)));
  }
  const auto name = method_of(call);
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    const auto base = named(*member->getImplicitObjectArgument());
    if (name == "value") return there(call, content_of(base));
    if (!base || base->shape.levels.empty()) return std::nullopt;
    const bool keyed = base->shape.levels[0].keyed;
    if (name == "at" && keyed) return there(call, subscripted(*base, key_of(*call.getArg(0))));
    if (name == "at") return subscripted(*base, bounded_subscript(call, *base));
    if (keyed) return std::nullopt;
    if (name == "front") return subscripted(*base, 0);
    const auto size = name == "back" ? size_of(*base) : std::nullopt;
    if (name == "back" && !size) refuse("the length of a container is not known", call.getExprLoc());
    return size ? std::optional(subscripted(*base, *size - 1)) : std::nullopt;
  }
  if (call.getNumArgs() != 1 || (name != "move" && name != "as_const" && name != "forward")) return std::nullopt;
  auto inner = named(*call.getArg(0));
  if (inner && name == "move") inner->moved = true;
  for (std::size_t i = 0; inner && name == "move" && i < inner->fields.size(); ++i) inner->fields[i].moved = true;
  return inner;
}

/// `m.at(key)`, `o.value()`, which throw where there is nothing.
std::optional<Named> AffineWalk::there(const clang::CallExpr& call, std::optional<Named> found) {
  const auto outside = [this](const flow::Access& each) { return result_.records.arrays.at(each.array).missing == flow::Array::Missing::external; };
  if (!found || !found->shape.is_single() || std::ranges::any_of(found->cases, outside)) return found;
  const auto& before = result_.records.statements;
  const bool again = !before.empty() && before.back().kind == flow::Statement::Kind::asked && before.back().guard == guard_ &&
                     before.back().loops == loops_ && before.back().reads[0].accesses == found->cases;
  if (!again) {
    flow::Statement asked = statement(flow::Statement::Kind::asked);
    asked.reads = {{found->cases, {}, 0}};
    add(std::move(asked));
  }
  result_.bounded.insert(&call);
  return found;
}

/// Of `v.at(i)`, which throws where there is no such element: of such parameters nothing is said.
Expr AffineWalk::bounded_subscript(const clang::CallExpr& at, const Named& container) {
  const Expr number = subscript(*at.getArg(0));
  const auto size = size_of(container);
  if (!size) return number;
  flow::oblige(result_.records, {loops_, guard_, flow::both(flow::less_equal(0, number), flow::less(number, *size)), "an element that is not there may be asked for", 0, true});
  result_.bounded.insert(&at);
  return number;
}

}  // namespace dflow::compiler
