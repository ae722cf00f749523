// Where futures are: containers, references, copies, swaps.
#include <algorithm>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

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

llvm::StringRef method_of(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  return callee != nullptr && callee->getDeclName().isIdentifier() ? callee->getName() : llvm::StringRef();
}

std::optional<std::int64_t> array_length(const clang::ClassTemplateSpecializationDecl& instance) {
  return instance.getTemplateArgs().get(1).getAsIntegral().getExtValue();
}

bool same(const Named& left, const Named& right) {
  return left.cases.size() == 1 && right.cases.size() == 1 && left.cases[0].array == right.cases[0].array &&
         left.cases[0].subscripts == right.cases[0].subscripts;
}

}  // namespace

std::optional<Shape> shape_of(clang::QualType type) {
  type = type.getNonReferenceType().getCanonicalType();
  if (is_future(type)) return Shape{};
  const auto wrapped = [](clang::QualType element, std::optional<std::int64_t> length) -> std::optional<Shape> {
    auto inner = shape_of(element);
    if (inner) inner->levels.insert(inner->levels.begin(), length);
    return inner;
  };
  if (const auto* array = dyn_cast<clang::ConstantArrayType>(type.getTypePtr())) {
    return wrapped(array->getElementType(), static_cast<std::int64_t>(array->getSize().getZExtValue()));
  }
  const auto* instance = llvm::dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
  if (instance == nullptr || !in_std_namespace(*instance) || !instance->getDeclName().isIdentifier())
    return std::nullopt;
  const auto name = instance->getName();
  if (name != "vector" && name != "array" && name != "optional") return std::nullopt;
  const auto element = instance->getTemplateArgs().get(0).getAsType();
  if (name == "vector") return wrapped(element, std::nullopt);
  if (name == "array") return wrapped(element, array_length(*instance));
  return is_future(element) ? std::optional(Shape{{}, Shape::Leaf::optional}) : std::nullopt;
}

Named AffineWalk::new_object(const std::string& name, const Shape& shape, flow::Array::Missing missing) {
  const std::size_t array = result_.records.arrays.size();
  if (shape.leaf == Shape::Leaf::optional && missing == flow::Array::Missing::wrong)
    missing = flow::Array::Missing::empty;
  result_.records.arrays.push_back({name, loops_.size() + shape.levels.size(), missing});
  Named object{{{array, {}, flow::always()}}, shape, false};
  for (const std::size_t loop : loops_) object.cases[0].subscripts.push_back(Expr::variable(loop));
  Sizes sizes;
  for (const auto& length : shape.levels) sizes.base.emplace_back(Expr(length.value_or(0)));
  state_.sizes[array] = std::move(sizes);
  return object;
}

Named AffineWalk::subscripted(Named container, const Expr& subscript) const {
  for (flow::Access& each : container.cases) each.subscripts.push_back(subscript);
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
    return temporary->getSubExpr()->isPRValue() ? std::nullopt : named(*temporary->getSubExpr());
  }
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(bare)) {
    const auto found = bindings_.find(dyn_cast<clang::VarDecl>(name->getDecl()));
    if (found == bindings_.end() || !std::holds_alternative<Named>(found->second)) return std::nullopt;
    const Named& object = std::get<Named>(found->second);
    if (object.cases.empty())
      refuse("a reference into a container that was swapped or moved is not followed", bare->getExprLoc());
    return object;
  }
  if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(bare)) {
    const auto base = named(*subscript->getBase());
    if (!base || base->shape.levels.empty()) return std::nullopt;
    return subscripted(*base, needed(*subscript->getIdx(), "a subscript"));
  }
  if (const auto* choice = dyn_cast<clang::ConditionalOperator>(bare); choice != nullptr && choice->isGLValue()) {
    const Expr condition = needed(*choice->getCond(), "a condition"), around = guard_;
    guard_ = flow::both(around, condition);
    const auto yes = named(*choice->getTrueExpr());
    guard_ = flow::both(around, flow::negation(condition));
    const auto no = named(*choice->getFalseExpr());
    guard_ = around;
    if (!yes || !no) return std::nullopt;
    Named result{{}, yes->shape, false};
    for (flow::Access each : yes->cases) {
      each.guard = flow::both(condition, each.guard);
      result.cases.push_back(std::move(each));
    }
    for (flow::Access each : no->cases) {
      each.guard = flow::both(flow::negation(condition), each.guard);
      result.cases.push_back(std::move(each));
    }
    return result;
  }
  const auto* call = dyn_cast<clang::CallExpr>(bare);
  return call == nullptr || !call->isGLValue() ? std::nullopt : named_call(*call);
}

std::optional<Named> AffineWalk::named_call(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || !in_std_namespace(*callee)) return std::nullopt;
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call)) {
    if (infix->getOperator() != clang::OO_Subscript) return std::nullopt;
    const auto base = named(*call.getArg(0));
    if (!base || base->shape.levels.empty()) return std::nullopt;
    return subscripted(*base, needed(*call.getArg(1), "a subscript"));
  }
  const auto name = method_of(call);
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    const auto base = named(*member->getImplicitObjectArgument());
    if (!base || base->shape.levels.empty()) return std::nullopt;
    if (name == "at") return subscripted(*base, needed(*call.getArg(0), "a subscript"));
    if (name == "front") return subscripted(*base, 0);
    const auto size = name == "back" ? size_of(*base) : std::nullopt;
    if (name == "back" && !size) refuse("the length of a container is not known", call.getExprLoc());
    return size ? std::optional(subscripted(*base, *size - 1)) : std::nullopt;
  }
  if (call.getNumArgs() != 1 || (name != "move" && name != "as_const" && name != "forward")) return std::nullopt;
  auto inner = named(*call.getArg(0));
  if (inner && name == "move") inner->moved = true;
  return inner;
}

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
    if (from->moved && !from->shape.levels.empty()) set_size(*from, Expr(0));
    if (from->moved) invalidate_references_into(*from);
    if (from->moved && from->shape.levels.empty() && !same(*from, target)) clear(*from);
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
    // std::array holds a C array, which may have a list of its own.
    const clang::InitListExpr* inner = list;
    while (inner->getNumInits() == 1 && isa<clang::InitListExpr>(inner->getInit(0)) && !target.shape.levels.empty())
      inner = llvm::cast<clang::InitListExpr>(inner->getInit(0));
    return put_elements(inner->inits(), target);
  }
  if (isa<clang::ImplicitValueInitExpr, clang::CXXScalarValueInitExpr>(bare)) return clear(target);
  refuse("futures made in this way are not followed", value.getExprLoc());
}

void AffineWalk::put_elements(llvm::ArrayRef<const clang::Expr*> elements, const Named& target) {
  if (target.shape.levels.empty()) {
    if (!elements.empty()) refuse("futures made in this way are not followed", elements[0]->getExprLoc());
    return clear(target);
  }
  Named own = new_object("list", target.shape);
  std::int64_t number = 0;
  for (const auto* element : elements) put(*element, subscripted(own, number++));
  set_size(own, Expr(own.shape.levels[0].value_or(number)));
  copy(own, target);
}

void AffineWalk::put_call(const clang::CallExpr& call, const Named& target) {
  if (const auto site = as_site(call)) return put_site(*site, target);
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) refuse("a call that is not followed", call.getExprLoc());
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  if (member != nullptr && in_dflow_namespace(*callee) && method_of(call) == "scatter") {
    forget(*call.getArg(0));
    return copy(new_object("scattered", {}, flow::Array::Missing::external), target);
  }
  const auto* body = visible_body(*callee);
  if (body == nullptr || in_std_namespace(*callee) || in_dflow_namespace(*callee))
    refuse("a call that is not followed", call.getExprLoc());
  inline_call(call, *body, &target);
}

void AffineWalk::put_constructed(const clang::CXXConstructExpr& made, const Named& target) {
  if (made.getNumArgs() == 0 || isa<clang::CXXDefaultArgExpr>(made.getArg(0))) {
    if (target.shape.levels.empty()) return clear(target);
    return set_size(target, 0);  // nothing was there before
  }
  const clang::Expr& first = *made.getArg(0);
  if (target.shape.levels.empty()) {
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
  if (one.shape.levels.empty()) return;
  const auto inner = size_of(one);
  const bool known = inner && target.cases.size() == 1 && state_.sizes.at(target.cases[0].array).base.size() == 2 &&
                     one.shape.levels.size() == 1;
  if (!known) refuse("the length of a container is not known", count.getExprLoc());
  Sizes& sizes = state_.sizes.at(target.cases[0].array);
  sizes.rows.clear();
  sizes.base[1] = *inner;
}

/// All of it, whatever its length.
void AffineWalk::copy(const Named& from, const Named& to) {
  if (same(from, to)) return;
  flow::Statement made = statement(flow::Statement::Kind::copy);
  Named source = from, target = to;
  while (!source.shape.levels.empty()) {
    const std::size_t loop = new_loop("e", 0, std::nullopt);
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
  flow::Statement made = statement(flow::Statement::Kind::clear);
  Named all = target;
  while (!all.shape.levels.empty()) {
    const std::size_t loop = new_loop("e", 0, std::nullopt);
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
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) return forget(call);
  const auto name = method_of(call);
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
      infix != nullptr && infix->getOperator() == clang::OO_Equal) {
    if (!shape_of(call.getArg(0)->getType())) return forget(call);
    const auto target = named(*call.getArg(0));
    if (!target) refuse("this assignment is not followed", call.getExprLoc());
    if (!target->shape.levels.empty()) invalidate_references_into(*target);
    // What is assigned may be made of what it replaces.
    const bool simple = target->shape.levels.empty() || named(passed(*call.getArg(1)));
    if (simple) return put(*call.getArg(1), *target);
    const Named value = made(*call.getArg(1));
    return copy(value, *target);
  }
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    if (!future_query(call).empty() && call.getNumArgs() == 0 && named(*member->getImplicitObjectArgument())) return;
    const auto shape = shape_of(member->getImplicitObjectArgument()->getType());
    const auto object = shape && !shape->levels.empty() ? named(*member->getImplicitObjectArgument()) : std::nullopt;
    if (object && change_container(call, *object, name)) return;
    return forget(call);
  }
  if (in_std_namespace(*callee) && name == "swap" && call.getNumArgs() == 2) {
    const auto left = named(*call.getArg(0)), right = named(*call.getArg(1));
    if (left && right) return swap(*left, *right, call.getExprLoc());
    return forget(call);
  }
  const auto* body = visible_body(*callee);
  if (may_ignore(call)) return forget(call);
  if (body == nullptr || in_std_namespace(*callee) || in_dflow_namespace(*callee)) return forget(call);
  inline_call(call, *body, nullptr);
}

bool AffineWalk::change_container(const clang::CallExpr& call, const Named& object, llvm::StringRef method) {
  if (method == "reserve" || method == "shrink_to_fit") return true;
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
  } else {
    return false;
  }
  set_size(object, *size + 1);
  return true;
}

void AffineWalk::swap(const Named& left, const Named& right, clang::SourceLocation where) {
  if (left.cases.size() != 1 || right.cases.size() != 1) refuse("this swap is not followed", where);
  invalidate_references_into(left);
  invalidate_references_into(right);
  const Named spare = new_object("spare", left.shape);
  copy(left, spare);
  copy(right, left);
  copy(spare, right);
}

}  // namespace dflow::compiler
