// Calls: dflow's own, which make tasks, and the user's, which are walked in place.
#include <algorithm>

#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

int count_returns(const clang::Stmt& statement) {
  if (isa<clang::LambdaExpr>(statement)) return 0;
  int count = isa<clang::ReturnStmt>(statement) ? 1 : 0;
  for (const auto* part : statement.children()) {
    if (part != nullptr) count += count_returns(*part);
  }
  return count;
}

}  // namespace

void AffineWalk::put_site(const SiteCall& site, const Named& target) {
  forget(*site.callable);
  switch (site.operation) {
    case Operation::submit:
    case Operation::then:
      return put_submit(site, target);
    case Operation::map:
      return put_map(site, target);
    case Operation::reduce:
      return put_reduce(site, target);
  }
}

void AffineWalk::put_submit(const SiteCall& site, const Named& target) {
  std::vector<flow::Read> reads;
  std::vector<Named> moved;
  std::size_t number = 0;
  const auto take = [&](const clang::Expr& argument) {
    const std::size_t place = number++;
    if (!holds_future(argument.getType())) return forget(argument);
    const auto object = named(argument);
    if (object && object->moved) moved.push_back(*object);
    reads.push_back(read_of(argument, place));
  };
  if (site.operation == Operation::then)
    take(*llvm::cast<clang::CXXMemberCallExpr>(site.call)->getImplicitObjectArgument());
  for (const auto* argument : site.arguments) take(*argument);
  const auto options = options_of(site);
  if (options) read_after(*options, number, reads);
  const bool onto_itself = std::ranges::all_of(moved, [&](const Named& each) {
    return each.cases.size() == 1 && target.cases.size() == 1 && each.cases[0].array == target.cases[0].array &&
           each.cases[0].subscripts == target.cases[0].subscripts;
  });
  if (onto_itself) return add_task(site, target, std::move(reads), options);
  // What is moved from is empty before the result takes its place.
  const Named result = new_object("result", {});
  add_task(site, result, std::move(reads), options);
  const std::function<void(const Named&)> leave_empty = [&](const Named& each) {
    if (each.shape.levels.empty() && !each.fields.empty()) return void(std::ranges::for_each(each.fields, leave_empty));
    if (each.shape.levels.empty() || each.shape.levels[0].length) return clear(each);
    invalidate_references_into(each);
    set_size(each, Expr(0));
  };
  std::ranges::for_each(moved, leave_empty);
  copy(result, target);
}

/// One argument: a future, perhaps a future, or all futures of a container.
flow::Read AffineWalk::read_of(const clang::Expr& argument, std::size_t number) {
  const auto shape = shape_of(argument.getType());
  if (!shape) refuse("futures held in this way are not followed", argument.getExprLoc());
  const auto object = named(argument);
  return read_all(object ? *object : made(argument), number, argument.getExprLoc());
}

flow::Read AffineWalk::read_all(const Named& object, std::size_t number, clang::SourceLocation where) {
  if (object.shape.leaf == Shape::Leaf::record) return read_record(object, number, where);
  flow::Read read;
  read.argument = number;
  Named part = object;
  while (!part.shape.levels.empty()) {
    const auto size = size_of(part);
    if (!size) refuse("the length of a container is not known", where);
    read.range.push_back(new_loop("e", 0, size));
    part = subscripted(part, Expr::variable(read.range.back()));
  }
  read.accesses = part.cases;
  return read;
}

/// A pair or tuple of futures: its elements are numbered.
flow::Read AffineWalk::read_record(const Named& object, std::size_t number, clang::SourceLocation where) {
  flow::Read read;
  read.argument = number;
  read.range.push_back(new_loop("e", 0, static_cast<std::int64_t>(object.fields.size())));
  for (std::size_t i = 0; i < object.fields.size(); ++i) {
    if (!object.fields[i].shape.is_single()) refuse("futures held in this way are not followed", where);
    for (flow::Access access : object.fields[i].cases) {
      access.guard = flow::both(access.guard, flow::equal(Expr::variable(read.range[0]), static_cast<std::int64_t>(i)));
      read.accesses.push_back(std::move(access));
    }
  }
  return read;
}

void AffineWalk::put_map(const SiteCall& site, const Named& target) {
  std::optional<Expr> length;
  std::vector<std::pair<Named, std::size_t>> futures;
  const auto options = options_of(site);
  for (std::size_t i = 0; i < site.arguments.size(); ++i) {
    const clang::Expr& argument = *site.arguments[i];
    const auto shape = shape_of(argument.getType());
    std::optional<Expr> size;
    if (shape) {
      const auto object = named(argument);
      futures.emplace_back(object ? *object : made(argument), i);
      size = size_of(futures.back().first);
    } else if (holds_future(argument.getType())) {
      refuse("this range of futures is not followed", argument.getExprLoc());
    } else {
      forget(argument);
      if (const auto known = size_of_range(argument)) size = use(*known, argument.getExprLoc());
    }
    if (!size) refuse("the length of a range is not known", argument.getExprLoc());
    length = length ? flow::minimum(*length, *size) : *size;
  }
  if (!length || target.shape.levels.empty()) refuse("this map is not followed", site.call->getExprLoc());
  const std::size_t loop = new_loop("m", 0, *length);
  inside(loop, [&] {
    std::vector<flow::Read> reads;
    for (const auto& [object, number] : futures) {
      reads.push_back(read_all(subscripted(object, Expr::variable(loop)), number, site.call->getExprLoc()));
    }
    if (options) read_after(*options, site.arguments.size(), reads);
    add_task(site, subscripted(target, Expr::variable(loop)), std::move(reads), options);
  });
  set_size(target, *length);
  // The elements are moved from, and not the container.
  for (const auto& [object, number] : futures)
    if (object.moved) clear(object);
}

void AffineWalk::put_reduce(const SiteCall& site, const Named& target) {
  std::vector<flow::Read> reads;
  for (std::size_t i = 0; i < site.arguments.size(); ++i) {
    if (holds_future(site.arguments[i]->getType())) {
      reads.push_back(read_of(*site.arguments[i], i));
    } else {
      forget(*site.arguments[i]);
    }
  }
  if (reads.empty() || reads[0].argument != 0 || reads[0].range.size() != 1)
    refuse("this reduce is not followed", site.call->getExprLoc());
  const Expr size = *result_.records.loops[reads[0].range[0]].end;
  if (site.arguments.size() == 1) flow::oblige(result_.records, {loops_, guard_, flow::less(0, size), "a reduce may have nothing to reduce", 0, true});
  const auto options = options_of(site);
  if (options && !options->after.empty()) refuse("this 'after' is not followed", site.call->getExprLoc());
  add_task(site, target, std::move(reads), options);
}

void AffineWalk::add_task(const SiteCall& site, const Named& target, std::vector<flow::Read> reads, const std::optional<Options>& options) {
  if (!target.shape.levels.empty()) refuse("the result of this call is not followed", site.call->getExprLoc());
  flow::Statement made = statement(flow::Statement::Kind::task);
  made.node = result_.sites.size();
  made.writes = target.cases;
  made.reads = std::move(reads);
  result_.sites.push_back({site.operation, site.call, options ? options->name : "", &ast().getSourceManager(), frames_});
  if (options) {
    result_.sites.back().options = options->list;
    result_.sites.back().after = options->after;
  }
  add(std::move(made));
}

void AffineWalk::inline_call(const clang::CallExpr& call, const clang::FunctionDecl& callee, const Named* target) {
  constexpr std::size_t kDeepest = 8;
  if (std::ranges::find(active_, &callee) != active_.end()) refuse("recursion is not affine", call.getExprLoc());
  if (active_.size() >= kDeepest) refuse("functions call each other too deep to be followed", call.getExprLoc());
  if (callee.getReturnType()->isReferenceType())
    refuse("a function that returns a reference is not followed", call.getExprLoc());
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  const bool on_object = method != nullptr && method->isInstance();
  if (on_object && method->isVirtual()) refuse("a virtual function is not followed", call.getExprLoc());
  std::vector<const clang::Expr*> arguments(call.arg_begin(), call.arg_end());
  std::optional<Named> object;
  if (on_object) {
    const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
    if (infix == nullptr && member == nullptr) refuse("this call is not followed", call.getExprLoc());
    const clang::Expr& on = infix != nullptr ? *call.getArg(0) : *member->getImplicitObjectArgument();
    if (infix != nullptr) arguments.erase(arguments.begin());
    object = object_of(on);
  }
  enter_parameters(arguments, callee);
  const auto outer = std::exchange(this_, on_object ? object : this_);
  run_body({&callee, std::move(arguments), &call}, target);
  this_ = outer;
}

/// What a member function is called on, where that holds futures.
std::optional<Named> AffineWalk::object_of(const clang::Expr& object) {
  if (isa<clang::CXXThisExpr>(object.IgnoreParenImpCasts())) return this_;
  const auto type = object.getType()->isPointerType() ? object.getType()->getPointeeType() : object.getType();
  if (!holds_future(type)) return std::nullopt;
  const auto found = object.getType()->isPointerType() ? std::nullopt : named(object);
  if (!found) refuse("a member function of this object is not followed", object.getExprLoc());
  return found;
}

/// Once its parameters are known.
void AffineWalk::run_body(const AffineFrame& frame, const Named* target) {
  const clang::FunctionDecl& callee = *frame.callee;
  const Expr around = guard_;
  const auto* returned = std::exchange(returned_, target);
  const auto depth = std::exchange(depth_of_function_, loops_.size());
  active_.push_back(&callee);
  frames_.push_back(frame);
  const State before = state_;
  const bool lossy = std::exchange(lossy_, false);
  const unsigned left = std::exchange(left_, 0);
  elusive_.merge(elusive_integers(*callee.getBody()));
  elusive_.merge(elusive_holders(*callee.getBody()));
  execute(*callee.getBody());
  left_ = left;
  active_.pop_back();
  frames_.pop_back();
  const bool early =
      count_returns(*callee.getBody()) > 1 || (count_returns(*callee.getBody()) == 1 && !(guard_ == flow::never()));
  if (lossy_ || (early && differs(before, state_)))
    refuse("a helper that returns early behind a change is not followed", frame.call->getExprLoc());
  lossy_ = lossy;
  depth_of_function_ = depth;
  returned_ = returned;
  guard_ = around;
}

void AffineWalk::enter_parameters(llvm::ArrayRef<const clang::Expr*> arguments, const clang::FunctionDecl& callee) {
  std::vector<std::pair<const clang::VarDecl*, Binding>> bound;
  std::vector<std::pair<const clang::VarDecl*, std::optional<Integer>>> numbers;
  for (unsigned i = 0; i < arguments.size() && i < callee.getNumParams(); ++i) {
    const auto* declared = callee.getParamDecl(i);
    const clang::Expr& argument = given(*arguments[i]);
    const auto type = declared->getType();
    if (is_executor(type)) continue;
    if (auto closure = closure_of(argument)) {
      bound.emplace_back(declared, std::move(*closure));
      continue;
    }
    if (type.getNonReferenceType()->isIntegralOrEnumerationType()) {
      if (type->isReferenceType() && !type.getNonReferenceType().isConstQualified())
        refuse("a number that a function may change is not followed", argument.getExprLoc());
      numbers.emplace_back(declared, product(argument));
      if (!numbers.back().second) forget(argument);
    } else if (const auto shape = shape_of(type)) {
      const auto object = named(argument);
      numbers.emplace_back(declared, type->isReferenceType() ? std::nullopt : held_by(argument, *declared));
      if (type->isReferenceType() && object) {
        bound.emplace_back(declared, *object);
        continue;
      }
      Named own = new_object(declared->getNameAsString(), *shape);
      put(argument, own);
      bound.emplace_back(declared, std::move(own));
    } else {
      if (holds_future(type)) refuse("futures held in this way are not followed", argument.getExprLoc());
      forget(argument);
      const bool constant = type.getNonReferenceType().isConstQualified();
      bound.emplace_back(declared, Values{constant ? size_of_range(argument) : std::nullopt});
    }
  }
  for (auto& [variable, binding] : bound) bindings_.insert_or_assign(variable, std::move(binding));
  for (auto& [variable, number] : numbers) {
    state_.integers.erase(variable);
    if (number) state_.integers[variable] = *number;
  }
}

// --- records

/// Of the graph function, unless another file's is walked.
clang::SourceLocation AffineWalk::here() const {
  return &ast() == &project_.context() ? function_.getLocation() : active_.back()->getLocation();
}

std::size_t AffineWalk::new_loop(std::string name, Expr first, std::optional<Expr> end, std::int64_t step) {
  result_.records.loops.push_back({std::move(name), std::move(first), std::move(end), step});
  return result_.records.loops.size() - 1;
}

flow::Statement AffineWalk::statement(flow::Statement::Kind kind) const {
  flow::Statement made;
  made.kind = kind;
  made.loops = loops_;
  made.places = places_;
  made.guard = guard_;
  return made;
}

void AffineWalk::add(flow::Statement made) {
  constexpr std::size_t kMost = 400;
  if (result_.records.statements.size() >= kMost) refuse("there is too much to follow", here());
  result_.records.statements.push_back(std::move(made));
  ++places_.back();
}

void AffineWalk::oblige(Expr condition, const std::string& what, clang::SourceLocation) {
  if (condition == flow::always()) return;
  flow::oblige(result_.records, {loops_, guard_, std::move(condition), what, 0});
}

void AffineWalk::inside(std::size_t loop, const Body& body) {
  const Expr around = guard_;
  loops_.push_back(loop);
  places_.push_back(0);
  body();
  places_.pop_back();
  loops_.pop_back();
  ++places_.back();
  guard_ = around;
}

AffineWalk::Snapshot AffineWalk::snapshot() const {
  const auto& records = result_.records;
  return {records.arrays.size(), records.statements.size(), records.obligations.size(), result_.sites.size(), result_.given.size(), active_.size(), frames_.size(),
          ranged_.size(), bindings_, state_, loops_, places_, guard_, lossy_, left_, exits_, continued_, stepping_, depth_of_function_, returned_, this_,
          depth_of_numbers_, boundaries_.empty() ? std::nullopt : std::optional(result_), segments_.size(), not_affine_};
}

void AffineWalk::restore(const Snapshot& before) {
  if (before.all) result_ = *before.all;
  segments_.resize(before.segments);
  not_affine_ = before.not_affine;
  result_.records.arrays.resize(before.arrays);
  result_.records.statements.resize(before.statements);
  result_.records.obligations.resize(before.obligations);
  result_.sites.resize(before.sites);
  result_.given.resize(before.given);
  active_.resize(before.active);
  frames_.resize(before.frames);
  ranged_.erase(ranged_.begin() + static_cast<std::ptrdiff_t>(before.ranged), ranged_.end());
  bindings_ = before.bindings;
  state_ = before.state;
  loops_ = before.loops;
  places_ = before.places;
  guard_ = before.guard;
  lossy_ = before.lossy;
  left_ = before.left;
  exits_ = before.exits;
  continued_ = before.continued;
  stepping_ = before.stepping;
  depth_of_function_ = before.depth;
  returned_ = before.returned;
  this_ = before.object;
  depth_of_numbers_ = before.numbers;
}

void AffineWalk::rehearse(const Body& body) {
  const Snapshot before = snapshot();
  try {
    body();
  } catch (...) {
    restore(before);
    throw;
  }
  restore(before);
}

}  // namespace dflow::compiler
