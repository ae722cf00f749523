// Statements: declarations, branches, ranges; and what may be passed over.
#include <algorithm>

#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;
using llvm::isa_and_nonnull;

void AffineWalk::execute_whole(const clang::Stmt& statement) {
  if (const auto* block = dyn_cast<clang::CompoundStmt>(&statement)) {
    for (const auto* each : block->body()) execute(*each);
    return;
  }
  if (const auto* attributed = dyn_cast<clang::AttributedStmt>(&statement)) return execute(*attributed->getSubStmt());
  if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) {
    for (const auto* decl : declarations->decls()) {
      const auto* variable = dyn_cast<clang::VarDecl>(decl);
      if (variable == nullptr) continue;
      if (variable->hasInit()) in_passing(*variable->getInit(), [&] { declare(*variable); });
      else declare(*variable);
    }
    return;
  }
  if (const auto* result = dyn_cast<clang::ReturnStmt>(&statement)) return execute_return(*result);
  if (const auto* choice = dyn_cast<clang::IfStmt>(&statement)) return execute_if(*choice);
  if (const auto* loop = dyn_cast<clang::ForStmt>(&statement)) {
    return may_ignore(statement) ? forget(statement) : execute_for(*loop);
  }
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) {
    return may_ignore(statement) ? forget(statement) : execute_range(*loop);
  }
  if (const auto* loop = dyn_cast<clang::WhileStmt>(&statement)) {
    return may_ignore(statement) ? forget(statement) : execute_while(*loop);
  }
  if (const auto* loop = dyn_cast<clang::DoStmt>(&statement)) {
    return may_ignore(statement) ? forget(statement) : execute_do(*loop);
  }
  if (const auto* choice = dyn_cast<clang::SwitchStmt>(&statement)) {
    return may_ignore(statement) ? forget(statement) : execute_switch(*choice);
  }
  if (const auto* leave = dyn_cast<clang::BreakStmt>(&statement)) return execute_break(*leave);
  if (isa<clang::ContinueStmt>(statement)) {
    if (loops_.size() == depth_of_function_) refuse("this continue is not followed", statement.getBeginLoc());
    continued_.push_back(state_);
    guard_ = flow::never();
    left_ |= kEarly;
    return;
  }
  if (isa<clang::NullStmt>(statement)) return;
  if (isa<clang::SwitchCase, clang::LabelStmt>(statement)) refuse("a label is not followed", statement.getBeginLoc());
  if (const auto* expression = dyn_cast<clang::Expr>(&statement)) return execute_expression(*expression);
  forget(statement);
}

void AffineWalk::execute_break(const clang::BreakStmt& statement) {
  if (exits_.empty() || !exits_.back()) refuse("this break is not followed", statement.getBeginLoc());
  exits_.back()->push_back({guard_, false, state_});
  left_ |= kExit;
  guard_ = flow::never();
}

/// What evaluates the expression, and behind it what an increment in it does: no other part of it could see that.
void AffineWalk::in_passing(const clang::Expr& expression, const Body& body) {
  const auto* step = only_step(expression);
  if (step == nullptr || step == stepping_) return body();
  const auto* outer = std::exchange(stepping_, step);
  body();
  stepping_ = outer;
  execute_expression(*step);
}

void AffineWalk::execute_expression(const clang::Expr& expression) {
  if (const auto* step = only_step(expression); step != nullptr && step != stepping_ && step != &written(expression))
    return in_passing(expression, [&] { execute_expression(expression); });
  if (const auto* drop = dyn_cast<clang::CastExpr>(&written(expression));
      drop != nullptr && drop->getCastKind() == clang::CK_ToVoid) {
    if (named_variable(written(*drop->getSubExpr())) == nullptr) execute(*drop->getSubExpr());
    return;
  }
  const clang::Expr& bare = written(expression);
  if (const auto* changed = assigned(bare); changed != nullptr && state_.integers.contains(changed)) {
    std::optional<Integer> now;
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare)) {
      now = variable(*changed);
      if (now) now->value = unary->isIncrementOp() ? now->value + 1 : now->value - 1;
      if (now && changed->getType()->isUnsignedIntegerType())
        now = within(*now, changed->getType(), ast());
    } else if (const auto* operation = cast<clang::BinaryOperator>(&bare);
               operation->getOpcode() == clang::BO_Assign) {
      now = product(*operation->getRHS());
    } else {
      now = assigned_by(*cast<clang::CompoundAssignOperator>(operation), *changed);
    }
    if (!now) forget(bare);  // what it does besides
    state_.integers.erase(changed);
    if (now) state_.integers[changed] = *now;
    return;
  }
  if (const auto* call = dyn_cast<clang::CallExpr>(&bare)) return change(*call);
  if (isa<clang::CXXThrowExpr>(bare) && active_.size() == 1 && loops_.empty()) {
    guard_ = flow::never();
    return;
  }
  return forget(bare);
}

void AffineWalk::declare(const clang::VarDecl& declared) {
  const auto type = declared.getType();
  if (type.getNonReferenceType()->isIntegralOrEnumerationType() && !type->isReferenceType()) {
    const auto number = declared.hasInit() ? product(*declared.getInit()) : std::nullopt;
    state_.integers.erase(&declared);
    if (number) state_.integers[&declared] = *number;
    if (!number && declared.hasInit()) forget(*declared.getInit());
    return;
  }
  if (const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
      record != nullptr && record->isLambda() && declared.hasInit()) {
    if (auto closure = closure_of(*declared.getInit())) return void(bindings_.insert_or_assign(&declared, std::move(*closure)));
  }
  if (const auto shape = shape_of(type)) return declare_futures(declared, *shape);
  if (holds_future(type))
    refuse("'" + declared.getNameAsString() + "' holds futures in a way that is not followed", declared.getLocation());
  if (declared.hasInit()) forget(*declared.getInit());
  bindings_.insert_or_assign(&declared, Values{});
}

void AffineWalk::declare_futures(const clang::VarDecl& declared, const Shape& shape) {
  if (declared.isStaticLocal()) refuse("a static variable is not followed", declared.getLocation());
  if (declared.getType()->isReferenceType()) {
    bindings_.erase(&declared);
    const bool temporary = declared.hasInit() && !named(*declared.getInit());
    bindings_.insert_or_assign(&declared, temporary ? made(*declared.getInit()) : *named(*declared.getInit()));
    std::get<Named>(bindings_.at(&declared)).moved = false;
    return;
  }
  Named object = new_object(declared.getNameAsString(), shape);
  const auto* made_of_nothing =
      declared.hasInit() ? dyn_cast<clang::CXXConstructExpr>(declared.getInit()->IgnoreImplicit()) : nullptr;
  const bool fresh = !declared.hasInit() || (made_of_nothing != nullptr && made_of_nothing->getNumArgs() == 0);
  const auto held = held_after(declared, fresh ? nullptr : declared.getInit());
  if (!fresh) put(*declared.getInit(), object);
  note_held(declared, held);
  bindings_.insert_or_assign(&declared, std::move(object));
}

void AffineWalk::execute_if(const clang::IfStmt& choice) {
  if (choice.getInit() != nullptr) execute(*choice.getInit());
  if (const auto* declared = choice.getConditionVariable()) declare(*declared);
  const auto yes = [&] {
    if (choice.getThen() != nullptr) execute(*choice.getThen());
  };
  const auto no = [&] {
    if (choice.getElse() != nullptr) execute(*choice.getElse());
  };
  const auto condition = choice.getCond() == nullptr ? std::nullopt : integer(*choice.getCond());
  if (condition) return branch(use(*condition, choice.getIfLoc()), yes, no);
  if (choice.getCond() != nullptr) forget(*choice.getCond());
  if (!changes_nothing([&] { yes(); }) || !changes_nothing([&] { no(); }))
    refuse("a condition is not affine", choice.getIfLoc());
  forget(choice);
}

void AffineWalk::branch(const Expr& condition, const Body& yes, const Body& no) {
  const Expr around = guard_;
  const State before = state_;
  const Expr when = flow::both(around, condition), unless = flow::both(around, flow::negation(condition));
  const unsigned left = std::exchange(left_, 0);
  guard_ = when;
  yes();
  const Expr after_yes = std::exchange(guard_, unless);
  State changed = std::exchange(state_, before);
  const unsigned yes_left = std::exchange(left_, 0);
  no();
  const unsigned no_left = std::exchange(left_, left | yes_left | left_);
  if (after_yes == flow::never()) {  // only the other one goes on, and its guard says so
    lossy_ = lossy_ || (yes_left != kExit && !(when == flow::never()) && differs(before, changed));
    return;
  }
  if (guard_ == flow::never()) {
    lossy_ = lossy_ || (no_left != kExit && !(unless == flow::never()) && differs(before, state_));
    guard_ = after_yes;
    state_ = std::move(changed);
    return;
  }
  guard_ = after_yes == when && guard_ == unless ? around : flow::either(after_yes, guard_);
  std::erase_if(state_.integers, [&](const auto& entry) { return !changed.integers.contains(entry.first); });
  for (auto& [variable, number] : state_.integers) {
    const Integer& other = changed.integers.at(variable);
    for (Expr& each : number.provided) each = flow::either(condition, each);
    for (const Expr& each : other.provided) number.provided.push_back(flow::either(flow::negation(condition), each));
    number.value = flow::select(condition, other.value, number.value);
  }
  for (auto& [array, sizes] : state_.sizes) {
    const auto found = changed.sizes.find(array);
    if (found == changed.sizes.end() || sizes.base.empty()) continue;
    const bool same_rows = sizes.rows == found->second.rows &&
                           std::equal(sizes.base.begin() + 1, sizes.base.end(), found->second.base.begin() + 1);
    auto& base = sizes.base[0];
    const auto& other = found->second.base[0];
    base = base && other ? std::optional(flow::select(condition, *other, *base)) : std::nullopt;
    if (same_rows) continue;
    sizes.rows.clear();
    std::fill(sizes.base.begin() + 1, sizes.base.end(), std::nullopt);
  }
}

void AffineWalk::execute_range(const clang::CXXForRangeStmt& loop) {
  if (loop.getInit() != nullptr) execute(*loop.getInit());
  const auto& range = *loop.getRangeInit();
  const auto& variable = *loop.getLoopVariable();
  const auto shape = shape_of(range.getType());
  if (!shape && holds_future(range.getType())) refuse("this range of futures is not followed", loop.getForLoc());
  std::optional<Named> container;
  if (shape) container = named(range) ? *named(range) : made(range);
  if (!shape) forget(range);
  const bool keyed = container && !container->shape.levels.empty() && container->shape.levels[0].keyed;
  const auto keys = keyed ? keys_in_order(range) : std::nullopt;
  if (keyed && !keys) refuse("the keys of a map are not known in order", loop.getForLoc());
  const auto length = [&]() -> std::optional<Integer> {
    if (keys) return Integer{keys->second, {}};
    if (!container) return size_of_range(range);
    const auto size = size_of(*container);
    return size ? std::optional(Integer{*size, {}}) : std::nullopt;
  };
  const auto bound = [&]() -> std::optional<Expr> {
    const auto size = length();
    return size ? std::optional(use(*size, loop.getForLoc())) : std::nullopt;
  };
  const auto enter = [&](std::size_t id) {
    if (!container) return void(bindings_.insert_or_assign(&variable, Values{}));
    if (keys) {
      const Expr key = keys->first + Expr::variable(id);
      return bind_entry(variable, subscripted(*container, key), key);
    }
    const Named element = subscripted(*container, Expr::variable(id));
    if (variable.getType()->isReferenceType()) return void(bindings_.insert_or_assign(&variable, element));
    Named own = new_object(variable.getNameAsString(), element.shape);
    copy(element, own);
    bindings_.insert_or_assign(&variable, std::move(own));
  };
  state_.integers.erase(&variable);
  if (container) ranged_.push_back(*container);
  Rounds rounds;
  rounds.name = variable.getNameAsString();
  rounds.whole = true;
  repeat(rounds, {enter, [&] { execute(*loop.getBody()); }, {}, bound, loop.getForLoc()});
  if (container) ranged_.pop_back();
}

bool AffineWalk::differs(const State& before, const State& after) {
  const auto same_number = [&](const auto& entry) {
    const auto now = after.integers.find(entry.first);
    return now != after.integers.end() && now->second.value == entry.second.value;
  };
  const auto same_sizes = [&](const auto& entry) {
    const auto now = after.sizes.find(entry.first);
    return now != after.sizes.end() && now->second == entry.second;
  };
  return !std::ranges::all_of(before.integers, same_number) || !std::ranges::all_of(before.sizes, same_sizes);
}

bool AffineWalk::changes_nothing(const Body& body) {
  const State before = state_;
  const auto statements = result_.records.statements.size();
  const Expr guard = guard_;
  bool nothing = false;
  try {
    rehearse([&] {
      body();
      nothing = statements == result_.records.statements.size() && guard == guard_ && !differs(before, state_);
    });
  } catch (const NotAffine&) {
    nothing = false;
  }
  state_ = before;
  guard_ = guard;
  return nothing;
}

bool AffineWalk::may_ignore(const clang::Stmt& statement) {
  try {
    rehearse([&] { forget(statement); });
    return true;
  } catch (const NotAffine&) {
    return false;
  }
}

namespace {

/// Of an object with futures in it, something else: `state.round`.
bool is_other_member(const clang::Stmt& part) {
  const auto* member = dyn_cast<clang::MemberExpr>(&part);
  if (member == nullptr || !isa<clang::FieldDecl>(member->getMemberDecl()) || holds_future(member->getType())) return false;
  const clang::Expr* base = member->getBase()->IgnoreParenImpCasts();
  while (const auto* outer = dyn_cast<clang::MemberExpr>(base)) base = outer->getBase()->IgnoreParenImpCasts();
  return isa<clang::DeclRefExpr, clang::CXXThisExpr>(base);
}

}  // namespace

/// Passes over it: it must have nothing to do with futures, and go on behind.
void AffineWalk::forget(const clang::Stmt& statement) {
  visit(&statement, [&](const clang::Stmt& part) {
    if (const auto* call = dyn_cast<clang::CallExpr>(&part)) {
      if (only_asks(*call)) return false;
      if (as_site(*call)) refuse("tasks are submitted where it is not followed", call->getExprLoc());
      for (const auto* argument : call->arguments()) {
        if (is_executor(argument->getType()))
          refuse("tasks may be submitted where it is not followed", call->getExprLoc());
      }
    }
    if (is_other_member(part)) return false;
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    const auto* member = dyn_cast<clang::MemberExpr>(&part);
    if (this_ && isa<clang::CXXThisExpr>(part)) refuse("an object is used in a way that is not followed", part.getBeginLoc());
    const clang::ValueDecl* used = name != nullptr ? name->getDecl() : member != nullptr ? member->getMemberDecl() : nullptr;
    if (!isa_and_nonnull<clang::VarDecl, clang::BindingDecl, clang::FieldDecl>(used) || !holds_future(used->getType())) return true;
    refuse("'" + used->getNameAsString() + "' is used in a way that is not followed", part.getBeginLoc());
  });
  if (leaves(statement)) refuse("this may leave the function", statement.getBeginLoc());
  visit(&statement, [&](const clang::Stmt& part) {
    for (const auto* variable : changed_by(part)) state_.integers.erase(variable);
    return true;
  });
}

}  // namespace dflow::compiler
