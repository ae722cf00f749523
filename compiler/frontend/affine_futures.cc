// What is put where: copies, moves, new containers, changes of containers.
#include <algorithm>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

/// Before all keys of maps that are numbers.
constexpr std::int64_t kLeastKey = -(std::int64_t{1} << 40);

/// Without what only passes a value on: copies and moves of the same type, casts, temporaries.
const clang::Expr& passed(const clang::Expr& expression) {
  const clang::Expr* bare = &expression;
  for (;;) {
    const clang::Expr* inner = bare->IgnoreParens();
    if (const auto* full = dyn_cast<clang::FullExpr>(inner))
      inner = full->getSubExpr();
    else if (const auto* temporary = dyn_cast<clang::MaterializeTemporaryExpr>(inner))
      inner = temporary->getSubExpr();
    else if (const auto* bound = dyn_cast<clang::CXXBindTemporaryExpr>(inner))
      inner = bound->getSubExpr();
    else if (const auto* cast = dyn_cast<clang::CastExpr>(inner);
             cast != nullptr && cast->getCastKind() != clang::CK_UserDefinedConversion)
      inner = cast->getSubExpr();
    else if (const auto* made = dyn_cast<clang::CXXConstructExpr>(inner);
             made != nullptr && made->getConstructor()->isCopyOrMoveConstructor() && made->getNumArgs() >= 1)
      inner = made->getArg(0);
    if (inner == bare) return *bare;
    bare = inner;
  }
}

bool same(const Named& left, const Named& right) {
  if (!left.fields.empty()) return std::ranges::equal(left.fields, right.fields, same);
  return left.cases.size() == 1 && right.cases.size() == 1 && left.cases[0].array == right.cases[0].array &&
         left.cases[0].subscripts == right.cases[0].subscripts;
}

}  // namespace

Named AffineWalk::made(const clang::Expr& expression) {
  const auto shape = shape_of(expression.getType());
  if (!shape) refuse("futures held in this way are not followed", expression.getExprLoc());
  Named object = new_object("temporary", *shape);
  put(expression, object);
  return object;
}

void AffineWalk::put(const clang::Expr& value, const Named& target) {
  const clang::Expr& bare = passed(value);
  if (const auto from = named(bare)) {
    copy(*from, target);
    if (from->moved) take(*from, target);
    return;
  }
  if (const auto* call = dyn_cast<clang::CallExpr>(&bare)) return put_call(*call, target);
  if (const auto* construction = dyn_cast<clang::CXXConstructExpr>(&bare))
    return put_constructed(*construction, target);
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&bare)) {
    const Expr condition = needed(*choice->getCond(), "a condition");
    return branch(
        condition, [&] { put(*choice->getTrueExpr(), target); }, [&] { put(*choice->getFalseExpr(), target); });
  }
  if (const auto* list = dyn_cast<clang::InitListExpr>(&bare)) {
    if (target.shape.levels.empty() && !target.fields.empty()) return put_aggregate(*list, target);
    // std::array holds a C array, which may have a list of its own.
    const clang::InitListExpr* inner = list;
    while (inner->getNumInits() == 1 && isa<clang::InitListExpr>(inner->getInit(0)) && !target.shape.levels.empty())
      inner = llvm::cast<clang::InitListExpr>(inner->getInit(0));
    return put_elements(inner->inits(), target);
  }
  if (isa<clang::ImplicitValueInitExpr, clang::CXXScalarValueInitExpr>(bare)) return clear(target);
  refuse("futures made in this way are not followed", value.getExprLoc());
}

/// What is moved from is left empty.
void AffineWalk::take(const Named& from, const Named& target) {
  if (!from.fields.empty() && from.shape.levels.empty()) {
    for (std::size_t i = 0; i < from.fields.size(); ++i) take(from.fields[i], target.fields.at(i));
    return;
  }
  if (!from.shape.levels.empty()) set_size(from, Expr(0));
  invalidate_references_into(from);
  if (from.shape.levels.empty() && !same(from, target)) clear(from);
}

void AffineWalk::put_elements(llvm::ArrayRef<const clang::Expr*> elements, const Named& target) {
  if (target.shape.levels.empty()) {
    if (!elements.empty()) refuse("futures made in this way are not followed", elements[0]->getExprLoc());
    return clear(target);
  }
  Named own = new_object("list", target.shape);
  std::int64_t number = 0;
  for (const auto* element : elements) put(*element, subscripted(own, number++));
  set_size(own, Expr(own.shape.levels[0].length.value_or(number)));
  copy(own, target);
}

void AffineWalk::put_call(const clang::CallExpr& call, const Named& target) {
  if (const auto site = as_site(call)) return put_site(*site, target);
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) refuse("a call that is not followed", call.getExprLoc());
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  if (member != nullptr && in_dflow_namespace(*callee) && method_of(call) == "scatter") {
    forget(*call.getArg(0));
    const Named scattered = new_object("scattered", {}, flow::Array::Missing::external);
    flow::Statement made = statement(flow::Statement::Kind::given);
    made.node = result_.given.size();
    made.made = true;
    made.writes = scattered.cases;
    result_.given.push_back({.scatter = &call, .frames = frames_});
    add(std::move(made));
    return copy(scattered, target);
  }
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
      infix != nullptr && infix->getOperator() == clang::OO_Equal) {  // a = b = c
    change(call);
    const auto assigned_to = named(*call.getArg(0));
    if (!assigned_to) refuse("this assignment is not followed", call.getExprLoc());
    return copy(*assigned_to, target);
  }
  if (call_closure(call, &target)) return;
  if (in_std_namespace(*callee) && method_of(call) == "exchange" && call.getNumArgs() == 2 && shape_of(call.getArg(1)->getType()))
    return exchange(call, target);
  const bool makes = method_of(call) == "make_pair" || method_of(call) == "make_tuple";
  if (in_std_namespace(*callee) && makes && !target.fields.empty()) {
    const std::vector<const clang::Expr*> values(call.arg_begin(), call.arg_end());
    return put_fields(values, target, call.getExprLoc());
  }
  const auto* body = body_of(*callee, project_);
  if (body == nullptr || in_std_namespace(*callee) || in_dflow_namespace(*callee))
    refuse("a call that is not followed", call.getExprLoc());
  inline_call(call, *body, &target);
}

void AffineWalk::put_constructed(const clang::CXXConstructExpr& made, const Named& target) {
  if (target.shape.levels.empty() && !target.fields.empty()) return construct(made, target);
  if (made.getNumArgs() == 0 || isa<clang::CXXDefaultArgExpr>(made.getArg(0))) {
    if (target.shape.levels.empty()) return clear(target);
    return set_size(target, 0);  // nothing was there before
  }
  const clang::Expr& first = *made.getArg(0);
  if (target.shape.levels.empty()) {
    if (is_std_class(first.getType(), {"nullopt_t"})) return clear(target);
    if (shape_of(first.getType())) return put(first, target);
    refuse("futures made in this way are not followed", made.getExprLoc());
  }
  if (const auto* list = dyn_cast<clang::CXXStdInitializerListExpr>(first.IgnoreImplicit())) {
    const auto* elements = dyn_cast<clang::InitListExpr>(list->getSubExpr()->IgnoreImplicit());
    if (elements == nullptr) refuse("futures made in this way are not followed", made.getExprLoc());
    return put_elements(elements->inits(), target);
  }
  if (!first.getType()->isIntegerType()) refuse("futures made in this way are not followed", made.getExprLoc());
  const bool with = made.getNumArgs() > 1 && !isa<clang::CXXDefaultArgExpr>(made.getArg(1));
  fill(target, first, with ? made.getArg(1) : nullptr);
}

/// So many elements, each like `element` if there is one.
void AffineWalk::fill(const Named& target, const clang::Expr& count, const clang::Expr* element) {
  const Expr size = needed(count, "the length of a container");
  oblige(flow::less_equal(0, size), "the length of a container may be negative", count.getExprLoc());
  set_size(target, size);
  if (element == nullptr) return;
  const Named one = made(*element);
  const std::size_t loop = new_loop("e", 0, size);
  inside(loop, [&] { copy(one, subscripted(target, Expr::variable(loop))); });
  set_inner_sizes(target, one, count.getExprLoc());
}

/// All elements are as long as `element`, which is an object of its own.
void AffineWalk::set_inner_sizes(const Named& target, const Named& element, clang::SourceLocation where) {
  for (std::size_t i = 0; i < target.fields.size(); ++i) set_inner_sizes(target.fields[i], element.fields[i], where);
  if (!target.fields.empty() || element.shape.levels.empty()) return;
  const Sizes& inner = state_.sizes.at(element.cases[0].array);
  const auto outer = target.cases.size() == 1 ? state_.sizes.find(target.cases[0].array) : state_.sizes.end();
  const bool known = outer != state_.sizes.end() && outer->second.base.size() == inner.base.size() + 1 && inner.rows.empty();
  if (!known) refuse("the length of a container is not known", where);
  outer->second.rows.clear();
  for (std::size_t level = 0; level < inner.base.size(); ++level) {
    const bool plain = inner.base[level] && !flow::mentions_loop(*inner.base[level], row_);
    outer->second.base[level + 1] = plain ? inner.base[level] : std::nullopt;
  }
}

/// All of it, whatever its length.
void AffineWalk::copy(const Named& from, const Named& to) {
  if (from.fields.size() != to.fields.size() || from.shape.levels.size() != to.shape.levels.size())
    refuse("a conversion between these containers is not followed", here());
  if (same(from, to)) return;
  copy_numbers(from, to);
  for (std::size_t i = 0; i < from.fields.size(); ++i) copy(from.fields[i], to.fields[i]);
  if (!from.fields.empty()) return;
  flow::Statement made = statement(flow::Statement::Kind::copy);
  Named source = from, target = to;
  while (!source.shape.levels.empty()) {
    const std::size_t loop = new_loop("e", source.shape.levels[0].keyed ? Expr(kLeastKey) : Expr(0), std::nullopt);
    made.loops.push_back(loop);
    made.places.push_back(0);
    source = subscripted(source, Expr::variable(loop));
    target = subscripted(target, Expr::variable(loop));
  }
  made.writes = target.cases;
  made.reads = {{source.cases, {}, 0}};
  if (!from.shape.levels.empty()) copy_sizes(from, to);
  add(std::move(made));
}

void AffineWalk::clear(const Named& target) {
  for (const Named& each : target.fields) clear(each);
  if (!target.fields.empty()) return;
  flow::Statement made = statement(flow::Statement::Kind::clear);
  Named all = target;
  while (!all.shape.levels.empty()) {
    const std::size_t loop = new_loop("e", all.shape.levels[0].keyed ? Expr(kLeastKey) : Expr(0), std::nullopt);
    made.loops.push_back(loop);
    made.places.push_back(0);
    all = subscripted(all, Expr::variable(loop));
  }
  made.writes = all.cases;
  add(std::move(made));
}

void AffineWalk::change(const clang::CallExpr& call) {
  if (const auto site = as_site(call)) {
    const auto shape = shape_of(call.getType());
    return put_site(*site, new_object("unused", shape.value_or(Shape{})));
  }
  if (call_closure(call, nullptr)) return;
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) return forget(call);
  const auto name = method_of(call);
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
      infix != nullptr && infix->getOperator() == clang::OO_Equal) {
    if (!holds_future(call.getArg(0)->getType())) return forget(call);
    const auto target = named(*call.getArg(0));
    if (!target && !shape_of(call.getArg(0)->getType())) return forget(call);
    if (!target) refuse("this assignment is not followed", call.getExprLoc());
    if (!target->shape.is_single()) invalidate_references_into(*target);
    if (const auto* holder = named_variable(*call.getArg(0)->IgnoreParens()); holder != nullptr && target->shape.is_single()) {
      const auto held = held_after(*holder, call.getArg(1));
      put(*call.getArg(1), *target);
      return note_held(*holder, held);
    }
    // What is assigned may be made of what it replaces.
    const bool simple = target->shape.is_single() || named(passed(*call.getArg(1)));
    if (simple) return put(*call.getArg(1), *target);
    const Named value = made(*call.getArg(1));
    return copy(value, *target);
  }
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    if (!future_query(call).empty() && call.getNumArgs() == 0 && named(*member->getImplicitObjectArgument())) return;
    const auto shape = shape_of(member->getImplicitObjectArgument()->getType());
    const auto* holder = name == "reset" ? named_variable(*member->getImplicitObjectArgument()->IgnoreParens()) : nullptr;
    if (holder != nullptr && shape && shape->is_single()) {
      clear(*named(*member->getImplicitObjectArgument()));
      return note_held(*holder, held_after(*holder, nullptr));
    }
    const auto object = shape && !shape->levels.empty() ? named(*member->getImplicitObjectArgument()) : std::nullopt;
    if (object && change_container(call, *object, name)) return;
    const auto* own = body_of(*callee, project_);
    const bool followed = own != nullptr && !in_std_namespace(*callee) && !in_dflow_namespace(*callee) && !may_ignore(call);
    return followed ? inline_call(call, *own, nullptr) : forget(call);
  }
  if (in_std_namespace(*callee) && name == "swap" && call.getNumArgs() == 2) {
    const auto left = named(*call.getArg(0)), right = named(*call.getArg(1));
    if (left && right) return swap(*left, *right, call.getExprLoc());
    return swap_integers(call) ? void() : forget(call);
  }
  const bool waits = in_dflow_namespace(*callee) && name == "wait" && named(*call.getArg(0));
  if (waits && std::all_of(call.arg_begin() + 1, call.arg_end(), [](const auto* each) { return isa<clang::CXXDefaultArgExpr>(each); })) return;
  const auto* body = body_of(*callee, project_);
  if (may_ignore(call)) return forget(call);
  if (body == nullptr || in_std_namespace(*callee) || in_dflow_namespace(*callee)) return forget(call);
  inline_call(call, *body, nullptr);
}

bool AffineWalk::change_container(const clang::CallExpr& call, const Named& object, llvm::StringRef method) {
  if (method == "reserve" || method == "shrink_to_fit") return true;
  if (object.shape.levels[0].keyed && method == "insert_or_assign" && call.getNumArgs() == 2 && shape_of(call.getArg(1)->getType())) {
    put(*call.getArg(1), subscripted(object, key_of(*call.getArg(0))));
    return true;
  }
  if (object.shape.levels[0].keyed && method != "clear" && method != "swap") return false;
  if (method == "clear") {
    clear(object);
    set_size(object, Expr(0));
    return true;
  }
  if (method == "swap") {
    const auto other = named(*call.getArg(0));
    if (!other) return false;
    swap(object, *other, call.getExprLoc());
    return true;
  }
  if (method == "resize" && call.getNumArgs() == 1) {
    const auto before = size_of(object);
    if (!before) return false;
    const Expr after = needed(*call.getArg(0), "the length of a container");
    oblige(flow::less_equal(*before, after), "a container may become shorter", call.getExprLoc());
    set_size(object, after);
    return true;
  }
  if (method != "push_back" && method != "emplace_back") return false;
  const auto size = size_of(object);
  if (!size) refuse("the length of a container is not known", call.getExprLoc());
  const Named target = subscripted(object, *size);
  if (call.getNumArgs() == 1 && shape_of(call.getArg(0)->getType())) {
    put(*call.getArg(0), target);
  } else if (call.getNumArgs() == 0) {
    clear(target);
  } else if (target.shape.levels.empty() && call.getNumArgs() == target.fields.size()) {
    const std::vector<const clang::Expr*> values(call.arg_begin(), call.arg_end());
    put_fields(values, target, call.getExprLoc());
  } else {
    return false;
  }
  set_size(object, *size + 1);
  return true;
}

/// What was there goes to `target`, which may be the same, and the new value, which may be made of it, takes its place before.
void AffineWalk::exchange(const clang::CallExpr& call, const Named& target) {
  const auto object = named(*call.getArg(0));
  if (!object) refuse("this exchange is not followed", call.getExprLoc());
  const Named value = made(*call.getArg(1));
  if (!object->shape.is_single()) invalidate_references_into(*object);
  const Named old = new_object("exchanged", object->shape);
  copy(*object, old);
  copy(value, *object);
  copy(old, target);
}

void AffineWalk::swap(const Named& left, const Named& right, clang::SourceLocation where) {
  if (left.fields.empty() && (left.cases.size() != 1 || right.cases.size() != 1)) refuse("this swap is not followed", where);
  invalidate_references_into(left);
  invalidate_references_into(right);
  const Named spare = new_object("spare", left.shape);
  copy(left, spare);
  copy(right, left);
  copy(spare, right);
}

}  // namespace dflow::compiler
