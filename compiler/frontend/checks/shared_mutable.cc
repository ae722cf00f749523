// -Wdflow-shared-mutable: two tasks that nothing puts in order get a pointer to one object, and one may
// change it; or their lambdas refer to it, and one changes all of it.
#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/checks/locks.h"
#include "compiler/frontend/checks/waits.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// A task that is given the address of an object.
struct Share {
  SiteCall site;
  const clang::Expr* argument;
  const clang::VarDecl* object;
  bool may_change;
  bool whole;  ///< A number, or a container that grows: tasks cannot have a part of it each.
  std::vector<const clang::Stmt*> around;
};

bool is_loop(const clang::Stmt& statement) {
  return isa<clang::ForStmt, clang::WhileStmt, clang::DoStmt, clang::CXXForRangeStmt>(statement);
}
bool is_branch(const clang::Stmt& statement) {
  return isa<clang::IfStmt, clang::SwitchStmt, clang::ConditionalOperator, clang::CXXTryStmt>(statement);
}

/// What an object of this type looks after itself: an atomic, or a class that holds a mutex.
bool is_synchronised(clang::QualType type) {
  if (is_std_class(type,
                   {"atomic", "atomic_flag", "mutex", "shared_mutex", "recursive_mutex", "latch", "barrier"}))
    return true;
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || in_std_namespace(*record)) return false;
  return std::ranges::any_of(record->fields(),
                             [](const auto* field) { return is_synchronised(field->getType()); });
}

/// Whether the name stands where all of the object is changed, and not an element or a member only.
bool changes_all_of_it(const clang::Stmt& around, const clang::Expr& name) {
  static const std::set<llvm::StringRef> growing = {
      "push_back", "emplace_back", "pop_back", "push_front", "emplace_front", "pop_front",
      "push",      "pop",          "emplace",  "insert",     "try_emplace",   "erase",
      "clear",     "resize",       "assign",   "append",     "merge",         "insert_or_assign"};
  const auto is_name = [&name](const clang::Expr* part) { return part->IgnoreParenImpCasts() == &name; };
  if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&around)) {
    const auto* method = call->getMethodDecl();
    return method != nullptr && in_std_namespace(*method) && method->getDeclName().isIdentifier() &&
           growing.contains(method->getName()) && is_name(call->getImplicitObjectArgument());
  }
  if (const auto* call = dyn_cast<clang::CXXOperatorCallExpr>(&around))
    return call->isAssignmentOp() && is_name(call->getArg(0));
  if (const auto* binary = dyn_cast<clang::BinaryOperator>(&around))
    return binary->isAssignmentOp() && is_name(binary->getLHS());
  const auto* unary = dyn_cast<clang::UnaryOperator>(&around);
  return unary != nullptr && unary->isIncrementDecrementOp() && is_name(unary->getSubExpr());
}

bool changes_all_of(const clang::FunctionDecl& function, const clang::ValueDecl& variable) {
  bool changes = false;
  walk(function, [&](const clang::Stmt& statement, Around around) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&statement);
    if (name == nullptr || name->getDecl() != &variable) return;
    changes |=
        std::ranges::any_of(around, [name](const auto* each) { return changes_all_of_it(*each, *name); });
  });
  return changes;
}

class SharedObjects {
 public:
  SharedObjects(const CheckInput& input, Reporter& reporter) : project_(input.project), reporter_(reporter) {}

  void look(const clang::Stmt& statement, Around around) {
    const auto* call = dyn_cast<clang::CallExpr>(&statement);
    const auto site = call == nullptr ? std::nullopt : as_site(*call);
    if (!site || site->operation != Operation::submit || is_ordered(*site)) return;
    add_captures(*site, around);
    const auto functions = task_functions(*site->callable);
    if (functions.size() != 1) return;
    std::vector<clang::QualType> types;
    for (const auto* parameter : functions[0]->parameters()) types.push_back(parameter->getType());
    std::erase_if(
        types, [](clang::QualType type) { return is_executor(type) || is_std_class(type, {"stop_token"}); });
    if (types.size() != site->arguments.size()) return;
    for (std::size_t i = 0; i < types.size(); ++i) add(*site, *site->arguments[i], types[i], around);
  }

  void judge(const clang::FunctionDecl& function) {
    for (auto second = shares_.begin(); second != shares_.end(); ++second) {
      if (reported_.contains(second->object)) continue;
      if (const auto* loop = shared_by_rounds(*second)) report(*second, *second, loop);
      const auto first = std::find_if(shares_.begin(), second,
                                      [&](const Share& each) { return collide(each, *second, function); });
      if (first != second && !reported_.contains(second->object)) report(*first, *second, nullptr);
    }
    shares_.clear();
    reported_.clear();
  }

 private:
  /// By a future that it takes, or by `with({.after = ...})`.
  static bool is_ordered(const SiteCall& site) {
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(site.call);
    const bool plain =
        member != nullptr &&
        is_dflow_class(member->getImplicitObjectArgument()->IgnoreParenImpCasts()->getType(), "Executor");
    return !plain || std::ranges::any_of(site.arguments, [](const auto* argument) {
      return holds_future(argument->getType());
    });
  }

  void add(const SiteCall& site, const clang::Expr& argument, clang::QualType type, Around around) {
    const auto pointee = pointee_of(type);
    if (pointee.isNull() || pointee->isFunctionType() || is_synchronised(pointee)) return;
    const clang::Expr* bare = &stripped(argument);
    const auto* address = dyn_cast<clang::UnaryOperator>(bare);
    const bool by_address = address != nullptr && address->getOpcode() == clang::UO_AddrOf;
    const auto* call = dyn_cast<clang::CallExpr>(bare);
    const bool by_ref =
        call != nullptr && call->isCallToStdMove() == false && call->getDirectCallee() != nullptr &&
        call->getNumArgs() == 1 && in_std_namespace(*call->getDirectCallee()) &&
        call->getDirectCallee()->getDeclName().isIdentifier() && call->getDirectCallee()->getName() == "ref";
    const auto* object = named_variable(by_address ? *address->getSubExpr()->IgnoreParens()
                                        : by_ref   ? *call->getArg(0)->IgnoreParenImpCasts()
                                                   : *bare);
    if (object == nullptr || is_synchronised(object->getType())) return;
    const bool whole = (by_address || by_ref) && (pointee->isArithmeticType() || pointee->isEnumeralType());
    shares_.push_back(
        {site, &argument, object, !pointee.isConstQualified(), whole, {around.begin(), around.end()}});
  }

  /// What a lambda refers to. Of an object that looks after itself, it may be what locks the others.
  void add_captures(const SiteCall& site, Around around) {
    const clang::Expr* bare = &stripped(*site.callable);
    const auto* made = dyn_cast<clang::CXXConstructExpr>(bare);
    if (made != nullptr && made->getNumArgs() == 1)
      bare = made->getArg(0)->IgnoreParenCasts()->IgnoreImplicit();
    const auto* lambda = dyn_cast<clang::LambdaExpr>(bare);
    if (lambda == nullptr) return;
    const auto operators = lambda_operators(*lambda);
    if (std::ranges::any_of(operators, [](const auto* each) { return locks(*each); })) return;
    if (std::ranges::any_of(lambda->captures(), [](const auto& each) {
          return each.capturesVariable() && is_synchronised(each.getCapturedVar()->getType());
        }))
      return;
    auto init = lambda->capture_init_begin();
    for (const auto& capture : lambda->captures()) {
      const clang::Expr* expression = *init++;
      const auto* object =
          capture.capturesVariable() ? dyn_cast<clang::VarDecl>(capture.getCapturedVar()) : nullptr;
      if (object == nullptr || capture.getCaptureKind() != clang::LCK_ByRef || object->isInitCapture() ||
          is_executor(object->getType()))
        continue;
      const bool changes =
          std::ranges::any_of(operators, [&](const auto* each) { return changes_all_of(*each, *object); });
      shares_.push_back({site, expression, object, changes, true, {around.begin(), around.end()}});
    }
  }

  static clang::QualType pointee_of(clang::QualType type) {
    if (type->isPointerType()) return type->getPointeeType();
    if (!is_std_class(type, {"reference_wrapper"})) return {};
    const auto* instance =
        dyn_cast<clang::ClassTemplateSpecializationDecl>(type.getNonReferenceType()->getAsCXXRecordDecl());
    return instance == nullptr ? clang::QualType() : instance->getTemplateArgs()[0].getAsType();
  }

  /// The loop whose rounds give the object to one task each, side by side.
  const clang::Stmt* shared_by_rounds(const Share& share) {
    const auto loop = std::find_if(share.around.rbegin(), share.around.rend(),
                                   [](const auto* each) { return is_loop(*each); });
    if (loop == share.around.rend() || !share.may_change || declared_in(*share.object, **loop) ||
        !stays(share, **loop))
      return nullptr;
    if (waits_between((*loop)->getBeginLoc(), (*loop)->getEndLoc(), **loop, share)) return nullptr;
    const bool parts = !share.whole && std::ranges::any_of(share.site.arguments, [&](const auto* argument) {
      return argument != share.argument && !isa<clang::IntegerLiteral>(argument->IgnoreParenImpCasts());
    });
    return parts ? nullptr : *loop;
  }

  /// A pointer that the loop moves on points to another object each round.
  static bool stays(const Share& share, const clang::Stmt& loop) {
    if (!share.object->getType()->isPointerType() || share.whole) return true;
    bool changes = false;
    visit_evaluated(loop, [&](const clang::Stmt& part) {
      const auto* unary = dyn_cast<clang::UnaryOperator>(&part);
      const bool moves = unary != nullptr && unary->isIncrementDecrementOp() &&
                         named_variable(*unary->getSubExpr()) == share.object;
      const auto* binary = dyn_cast<clang::BinaryOperator>(&part);
      changes |= moves || (binary != nullptr && binary->isAssignmentOp() &&
                           named_variable(*binary->getLHS()) == share.object);
      return !changes;
    });
    return !changes;
  }

  bool declared_in(const clang::VarDecl& variable, const clang::Stmt& statement) const {
    return !precedes(variable.getLocation(), statement.getBeginLoc()) &&
           precedes(variable.getLocation(), statement.getEndLoc());
  }

  bool collide(const Share& first, const Share& second, const clang::FunctionDecl& function) {
    if (first.object != second.object || first.site.call == second.site.call ||
        !(first.may_change || second.may_change))
      return false;
    const auto apart = [](const Share& one, const Share& other) {
      return std::ranges::any_of(one.around, [&other](const auto* each) {
        return is_branch(*each) && std::ranges::find(other.around, each) == other.around.end();
      });
    };
    if (apart(first, second) || apart(second, first) || !stays(first, *function.getBody())) return false;
    if (waits_between(first.site.call->getEndLoc(), second.site.call->getExprLoc(), *function.getBody(),
                      second))
      return false;
    return (first.whole && second.whole) || same_other_arguments(first, second);
  }

  /// Else the others may say which part each task gets.
  bool same_other_arguments(const Share& first, const Share& second) const {
    const auto others = [this](const Share& share) {
      std::vector<std::string> texts;
      for (const auto* argument : share.site.arguments) {
        if (argument != share.argument) texts.push_back(source_text(*argument, project_.context()));
      }
      return texts;
    };
    return others(first) == others(second);
  }

  bool waits_between(clang::SourceLocation begin, clang::SourceLocation end, const clang::Stmt& inside,
                     const Share& share) {
    bool found =
        std::ranges::any_of(share.around, [this](const auto* each) { return waits_.waits_here(*each); });
    visit_evaluated(inside, [&](const clang::Stmt& part) {
      const auto* expression = dyn_cast<clang::Expr>(&part);
      const auto at = expression == nullptr ? part.getBeginLoc() : expression->getExprLoc();
      if (&part == share.site.call) return false;
      found |= precedes(begin, at) && precedes(at, end) && waits_.waits_here(part);
      return !found;
    });
    return found;
  }

  bool precedes(clang::SourceLocation left, clang::SourceLocation right) const {
    return project_.sources().isBeforeInTranslationUnit(left, right);
  }

  void report(const Share& first, const Share& second, const clang::Stmt* loop) {
    reported_.insert(second.object);
    const std::string name = "'" + second.object->getNameAsString() + "'";
    Finding finding{
        .at = second.argument->getExprLoc(), .text = "", .range = second.argument->getSourceRange()};
    if (loop != nullptr) {
      finding.text = "the tasks of all rounds may change " + name + " at the same time";
      finding.notes.push_back(
          {.at = loop->getBeginLoc(),
           .text =
               "return what changes, and 'reduce' it; or give the next round's task the future of this one"});
    } else {
      finding.text = "two tasks get " + name + " at the same time, and one may change it";
      finding.notes.push_back({.at = first.argument->getExprLoc(),
                               .text = "the other one is submitted here",
                               .range = first.argument->getSourceRange()});
      if (auto fixes = after(first, second); !fixes.empty()) {
        finding.notes.push_back({.at = second.site.call->getExprLoc(),
                                 .text = "run it after the other one",
                                 .fixes = std::move(fixes)});
      }
    }
    reporter_.warn("shared-mutable", std::move(finding));
  }

  /// `ex.submit(...)` -> `ex.with({.after = {first}}).submit(...)`, where the first one's future has a name.
  std::vector<clang::FixItHint> after(const Share& first, const Share& second) const {
    const auto holder = std::find_if(first.around.rbegin(), first.around.rend(), [](const auto* each) {
      return !isa<clang::ExprWithCleanups, clang::ImplicitCastExpr, clang::CXXBindTemporaryExpr>(each);
    });
    const auto* declarations = holder == first.around.rend() ? nullptr : dyn_cast<clang::DeclStmt>(*holder);
    const auto* future = declarations == nullptr || !declarations->isSingleDecl()
                             ? nullptr
                             : dyn_cast<clang::VarDecl>(declarations->getSingleDecl());
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(second.site.call);
    if (future == nullptr || member == nullptr) return {};
    const auto end = clang::Lexer::getLocForEndOfToken(member->getImplicitObjectArgument()->getEndLoc(), 0,
                                                       project_.sources(), project_.context().getLangOpts());
    if (!project_.owns(end)) return {};
    return {clang::FixItHint::CreateInsertion(end, ".with({.after = {" + future->getNameAsString() + "}})")};
  }

  const Project& project_;
  Reporter& reporter_;
  WaitSearch waits_;
  std::vector<Share> shares_;
  std::set<const clang::VarDecl*> reported_;
};

}  // namespace

void check_shared_objects(const CheckInput& input, Reporter& reporter) {
  SharedObjects check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around around) { check.look(statement, around); });
    check.judge(*function);
  }
}

}  // namespace dflow::compiler
