// -Wdflow-get-in-loop: each round waits for its task before the next one is submitted, though no round needs
// another: by `get`, `wait`, dflow::wait or `gather`.
#include <algorithm>
#include <map>
#include <set>

#include "clang/AST/StmtCXX.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/checks/waits.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/facts.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

constexpr std::string_view kName = "get-in-loop";

/// Variables, members, and `this` for all that an object may hold.
using Things = std::set<const void*>;
const char kThis = 0;

const clang::Stmt* body_of(const clang::Stmt& loop) {
  if (const auto* plain = dyn_cast<clang::ForStmt>(&loop)) return plain->getBody();
  if (const auto* plain = dyn_cast<clang::WhileStmt>(&loop)) return plain->getBody();
  if (const auto* plain = dyn_cast<clang::DoStmt>(&loop)) return plain->getBody();
  if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&loop)) return range->getBody();
  return nullptr;
}

/// What a name stands for: references for what they were bound to, but for those that a range-for goes over.
const void* thing_of(const clang::ValueDecl& decl) {
  const auto* variable = dyn_cast<clang::VarDecl>(&decl);
  if (variable == nullptr || !variable->getType()->isReferenceType() || !variable->hasInit() ||
      variable->isCXXForRangeDecl())
    return &decl;
  const void* target = nullptr;
  visit(variable->getInit(), [&target](const clang::Stmt& part) {
    if (isa<clang::CXXThisExpr>(part)) target = &kThis;
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
        name != nullptr && target == nullptr && isa<clang::VarDecl>(name->getDecl())) {
      target = thing_of(*name->getDecl());
    }
    return true;
  });
  return target == nullptr ? &decl : target;
}

Things things_in(const clang::Stmt& statement) {
  Things things;
  visit(&statement, [&things](const clang::Stmt& part) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    if (name != nullptr && !isa<clang::FunctionDecl>(name->getDecl()))
      things.insert(thing_of(*name->getDecl()));
    if (isa<clang::CXXThisExpr>(part)) things.insert(&kThis);
    return true;
  });
  return things;
}

/// What a loop's round does with the result of one task.
class Round {
 public:
  /// `asked`: the variable whose futures have ended once `get` is through; null where nobody can ask them again.
  Round(const clang::Stmt& loop, const clang::Expr& get, const clang::VarDecl* asked) : loop_(loop), get_(get) {
    if (asked != nullptr) tainted_.insert(thing_of(*asked));
    if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&loop))
      counters_.insert(range->getLoopVariable());
    if (const auto* plain = dyn_cast<clang::ForStmt>(&loop);
        plain != nullptr && plain->getInit() != nullptr) {
      const auto* init = dyn_cast<clang::DeclStmt>(plain->getInit());
      if (init != nullptr) counters_.insert(init->decl_begin(), init->decl_end());
    }
    for (std::size_t before = ~std::size_t{0}; before != tainted_.size();) {
      before = tainted_.size();
      spread(*body_of(loop), false);
    }
  }

  /// Some round needs what an earlier one got, or the result decides what is done.
  bool needs_result(const SiteCall& site) const {
    if (steers_) return true;
    Things needed = things_in(*site.callable);
    for (const auto* argument : site.arguments) needed.merge(things_in(*argument));
    const auto carried = [this](const void* thing) {
      return tainted_.contains(thing) && !own_.contains(thing) && !is_element(thing);
    };
    return std::ranges::any_of(needed, carried) || loop_is_steered();
  }

 private:
  bool is_tainted(const clang::Stmt& statement) const {
    bool found = false;
    visit(&statement, [&](const clang::Stmt& part) {
      found |= &part == &get_;
      return !found;
    });
    return found || std::ranges::any_of(things_in(statement),
                                        [this](const void* thing) { return tainted_.contains(thing); });
  }

  void spread(const clang::Stmt& statement, bool in_try) {
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) {
      for (const auto* decl : declarations->decls()) declare(*decl);
    }
    if (const auto* expression = dyn_cast<clang::Expr>(&statement)) change(*expression);
    if (const auto* branch = dyn_cast<clang::IfStmt>(&statement)) steer(branch->getCond());
    if (const auto* branch = dyn_cast<clang::SwitchStmt>(&statement)) steer(branch->getCond());
    if (const auto* inner = dyn_cast<clang::WhileStmt>(&statement)) steer(inner->getCond());
    if (const auto* inner = dyn_cast<clang::ForStmt>(&statement);
        inner != nullptr && inner->getCond() != nullptr)
      steer(inner->getCond());
    if (const auto* inner = dyn_cast<clang::DoStmt>(&statement)) steer(inner->getCond());
    in_try |= isa<clang::CXXTryStmt>(statement);
    if (in_try) steer(&statement);
    if (leaves(statement)) steer(&statement);
    for (const auto* part : evaluated_parts(statement)) spread(*part, in_try);
  }

  void declare(const clang::Decl& decl) {
    const auto* variable = dyn_cast<clang::VarDecl>(&decl);
    if (variable == nullptr) return;
    const bool is_new = !variable->getType()->isReferenceType() && !variable->isStaticLocal();
    if (is_new) own_.insert(variable);
    if (variable->hasInit() && is_tainted(*variable->getInit())) tainted_.insert(thing_of(*variable));
  }

  void change(const clang::Expr& expression) {
    if (!changes_state(expression) || !is_tainted(expression)) return;
    if (const auto* operation = dyn_cast<clang::BinaryOperator>(&expression)) {
      if (operation->isAssignmentOp() && is_tainted(*operation->getRHS())) taint(*operation->getLHS());
      return;
    }
    if (!isa<clang::CallExpr, clang::CXXConstructExpr>(expression)) return;
    // Whatever takes part in a call may keep the result, but not what the task itself was given.
    for (const auto* part : evaluated_parts(expression)) taint_operands(*part);
  }

  void taint_operands(const clang::Stmt& part) {
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    if (call != nullptr && (call == &get_ || as_site(*call))) return;
    if (is_read(part)) return;
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    if (name != nullptr && counters_.contains(name->getDecl())) return;
    if (name != nullptr || isa<clang::CXXThisExpr>(part)) return taint(*dyn_cast<clang::Expr>(&part));
    for (const auto* inner : evaluated_parts(part)) taint_operands(*inner);
  }

  /// By value or as const: it stays as it is.
  static bool is_read(const clang::Stmt& part) {
    const auto* cast = dyn_cast<clang::ImplicitCastExpr>(&part);
    if (cast == nullptr) return false;
    return cast->getCastKind() == clang::CK_LValueToRValue ||
           (cast->getCastKind() == clang::CK_NoOp && cast->getType().isConstQualified());
  }

  void taint(const clang::Expr& target) {
    const Things things = things_in(root_of(target));
    tainted_.insert(things.begin(), things.end());
  }

  /// Of the container that a range-for goes over: every round has another.
  bool is_element(const void* thing) const {
    return isa<clang::CXXForRangeStmt>(loop_) && counters_.contains(thing);
  }

  void steer(const clang::Stmt* condition) { steers_ |= is_tainted(*condition); }

  bool loop_is_steered() const {
    const clang::Stmt* body = body_of(loop_);
    return std::ranges::any_of(evaluated_parts(loop_),
                               [&](const auto* part) { return part != body && is_tainted(*part); });
  }

  const clang::Stmt& loop_;
  const clang::Expr& get_;
  Things tainted_;
  Things own_;       ///< New in every round.
  Things counters_;  ///< The loop's own variables.
  bool steers_ = false;
};

class GetsInLoops {
 public:
  GetsInLoops(const CheckInput& input, Reporter& reporter) : project_(input.project), reporter_(reporter) {}

  void look(const clang::Stmt& statement, Around around) {
    const auto* get = dyn_cast<clang::CallExpr>(&statement);
    const clang::Expr* future = get == nullptr ? nullptr : awaited(*get);
    if (future == nullptr) return;
    const auto loop = std::find_if(around.rbegin(), around.rend(),
                                   [](const auto* each) { return body_of(*each) != nullptr; });
    if (loop == around.rend()) return;
    const Around inside(around.end() - (loop - around.rbegin()), around.end());
    if (inside.empty() || inside.front() != body_of(**loop)) {
      if (body_of(**loop) != &statement) return;
    }
    const auto* submit = submitted(*future, *get, inside);
    const auto site = submit == nullptr ? std::nullopt : as_site(*submit);
    if (!site || site->operation != Operation::submit || has_other_sites(*body_of(**loop), *submit)) return;
    const bool gets = future_query(*get) == "get";
    if (gets ? awaited_type(site->call->getType())->isVoidType() : runs_for_effects(*site)) return;
    if (changes_globals(*site)) return;
    const auto* asked = gets ? nullptr : named_variable(bare(*future));
    if (goes_on_without(*get, *submit, inside) || Round(**loop, *get, asked).needs_result(*site)) return;
    report(**loop, *get, *site);
  }

 private:
  /// The future, or the container of futures, that a call waits for without a limit.
  static const clang::Expr* awaited(const clang::CallExpr& call) {
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
    const std::string query = future_query(call);
    if (query == "get" || query == "wait") return call.getNumArgs() == 0 && member != nullptr ? member->getImplicitObjectArgument() : nullptr;
    const auto* callee = call.getDirectCallee();
    const bool named = callee != nullptr && in_dflow_namespace(*callee) && callee->getDeclName().isIdentifier();
    if (!named || call.getNumArgs() == 0 || callee->getName() != (member != nullptr ? "gather" : "wait")) return nullptr;
    const bool more = std::any_of(call.arg_begin() + 1, call.arg_end(), [](const auto* each) { return !isa<clang::CXXDefaultArgExpr>(each); });
    return more ? nullptr : call.getArg(0);
  }

  /// Which the next round may read, or the code that follows the wait.
  bool changes_globals(const SiteCall& site) {
    return std::ranges::any_of(task_functions(*site.callable), [this](const auto* each) { return changes_globals(*each); });
  }
  bool changes_globals(const clang::FunctionDecl& function) {
    const auto* body = visible_body(function);
    if (body == nullptr || in_std_namespace(*body) || in_dflow_namespace(*body)) return false;
    const auto [known, first] = changing_.try_emplace(body, false);  // no, while it calls itself
    if (!first) return known->second;
    bool changes = false;
    walk(*body, [&](const clang::Stmt& statement, Around around) {
      if (const auto* name = dyn_cast<clang::Expr>(&statement); name != nullptr && is_global(*name))
        changes = changes || change_of(*name, around) != Change::none;
      const auto* expression = dyn_cast<clang::Expr>(&statement);
      const auto* callee = expression == nullptr || changes ? nullptr : callee_of(*expression);
      changes = changes || (callee != nullptr && changes_globals(*callee));
    });
    return changing_[body] = changes;
  }
  static bool is_global(const clang::Expr& name) {
    const auto* plain = dyn_cast<clang::DeclRefExpr>(&name);
    const auto* member = dyn_cast<clang::MemberExpr>(&name);
    const auto* decl = plain != nullptr ? plain->getDecl() : member != nullptr ? member->getMemberDecl() : nullptr;
    const auto* variable = llvm::dyn_cast_or_null<clang::VarDecl>(decl);
    return variable != nullptr && is_mutable_global(*variable) && !in_std_namespace(*variable);
  }

  /// What it does to others may be what the rounds wait for.
  static bool runs_for_effects(const SiteCall& site) {
    const auto result = awaited_type(site.call->getType());
    const auto refers = [](const clang::Expr* given) {
      const auto type = given->getType();
      return type->isPointerType() || is_std_class(type, {"reference_wrapper", "shared_ptr"});
    };
    const auto* lambda = dyn_cast<clang::LambdaExpr>(&written(*site.callable));
    const bool captures = lambda != nullptr && lambda->capture_begin() != lambda->capture_end();
    return result.isNull() || result->isVoidType() || captures || std::ranges::any_of(site.arguments, refers);
  }

  static const clang::Expr& bare(const clang::Expr& future) {
    const clang::Expr* inner = &stripped(future);
    const auto* move = dyn_cast<clang::CallExpr>(inner);
    return move != nullptr && move->isCallToStdMove() ? *move->getArg(0)->IgnoreParenImpCasts() : *inner;
  }

  /// The call whose future is asked: in the same expression, or by the statement before.
  static const clang::CallExpr* submitted(const clang::Expr& future, const clang::CallExpr& get, Around inside) {
    if (const auto* call = dyn_cast<clang::CallExpr>(&bare(future))) return call;
    const auto* variable = named_variable(bare(future));
    for (std::size_t i = 0; variable != nullptr && i < inside.size(); ++i) {
      const auto* block = dyn_cast<clang::CompoundStmt>(inside[i]);
      if (block == nullptr) continue;
      const clang::Stmt* part = i + 1 < inside.size() ? inside[i + 1] : &get;
      const auto here = std::find(block->body_begin(), block->body_end(), part);
      if (here == block->body_begin() || here == block->body_end()) continue;
      if (const auto* call = declared_by(**(here - 1), *variable)) return call;
      if (const auto* call = added_by(**(here - 1), *variable)) return call;
    }
    return nullptr;
  }

  /// Some rounds submit and do not wait.
  static bool goes_on_without(const clang::CallExpr& get, const clang::CallExpr& submit, Around inside) {
    for (std::size_t i = 0; i < inside.size(); ++i) {
      const clang::Stmt& part = i + 1 < inside.size() ? *inside[i + 1] : get;
      const auto submits = [&](const clang::Stmt& each) { return &each == &submit; };
      if (is_chosen(*inside[i], part) && !any_part(*inside[i], submits)) return true;
    }
    return false;
  }

  /// That part of the statement may be left out.
  static bool is_chosen(const clang::Stmt& statement, const clang::Stmt& part) {
    if (const auto* branch = dyn_cast<clang::IfStmt>(&statement)) return &part == branch->getThen() || &part == branch->getElse();
    if (const auto* branch = dyn_cast<clang::SwitchStmt>(&statement)) return &part == branch->getBody();
    if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&statement)) return &part != choice->getCond();
    const auto* logical = dyn_cast<clang::BinaryOperator>(&statement);
    return logical != nullptr && logical->isLogicalOp() && &part == logical->getRHS();
  }

  static const clang::CallExpr* declared_by(const clang::Stmt& statement, const clang::VarDecl& variable) {
    const auto* declaration = dyn_cast<clang::DeclStmt>(&statement);
    if (declaration == nullptr || !declaration->isSingleDecl() || declaration->getSingleDecl() != &variable ||
        !variable.hasInit())
      return nullptr;
    return dyn_cast<clang::CallExpr>(written(*variable.getInit()).IgnoreParenCasts());
  }

  /// `futures.push_back(ex.submit(...))`
  static const clang::CallExpr* added_by(const clang::Stmt& statement, const clang::VarDecl& variable) {
    const auto* expression = dyn_cast<clang::Expr>(&statement);
    const auto* call = expression == nullptr ? nullptr : dyn_cast<clang::CXXMemberCallExpr>(&written(*expression));
    if (call == nullptr || call->getNumArgs() != 1 || named_variable(*call->getImplicitObjectArgument()) != &variable) return nullptr;
    const auto name = method_of(*call);
    return name == "push_back" || name == "emplace_back" ? dyn_cast<clang::CallExpr>(written(*call->getArg(0)).IgnoreParenCasts()) : nullptr;
  }

  /// Then tasks of one round run side by side at least.
  static bool has_other_sites(const clang::Stmt& body, const clang::CallExpr& submit) {
    bool found = false;
    visit(&body, [&](const clang::Stmt& part) {
      const auto* call = dyn_cast<clang::CallExpr>(&part);
      found |= call != nullptr && call != &submit && as_site(*call).has_value();
      return !found;
    });
    return found;
  }

  void report(const clang::Stmt& loop, const clang::CallExpr& get, const SiteCall& site) {
    Finding finding{
        .at = get.getExprLoc(),
        .text =
            "each round waits here for its task before the next one is submitted: they run one after another",
        .range = get.getSourceRange()};
    auto fixes = as_map(loop, get, site);
    finding.notes.push_back(fixes.empty()
                                ? Note{.at = site.call->getExprLoc(),
                                       .text = "submit all tasks first, by a loop of their own or by 'map'"}
                                : Note{.at = loop.getBeginLoc(),
                                       .text = "'map' submits all tasks at once",
                                       .fixes = std::move(fixes)});
    reporter_.warn(kName, std::move(finding));
  }

  /// `for (T x : xs) use(ex.submit(f, x).get());` -> `for (auto&& x : ex.map(f, xs)) use(x.get());`
  std::vector<clang::FixItHint> as_map(const clang::Stmt& loop, const clang::CallExpr& get,
                                       const SiteCall& site) const {
    const auto* range = dyn_cast<clang::CXXForRangeStmt>(&loop);
    if (range == nullptr || range->getInit() != nullptr || future_query(get) != "get" || site.arguments.size() != 1 ||
        isa<clang::DecompositionDecl>(range->getLoopVariable()))
      return {};
    const clang::VarDecl& variable = *range->getLoopVariable();
    if (named_variable(*site.arguments[0]) != &variable ||
        !is_std_class(range->getRangeInit()->getType(), {"vector", "array", "deque", "list"}))
      return {};
    if (count(*range->getBody(), variable) != 1 || !is_copied(get.getType()) ||
        leaves_early(*range->getBody()))
      return {};
    const auto* submit = dyn_cast<clang::CXXMemberCallExpr>(site.call);
    if (submit == nullptr || submit->getNumArgs() != 2 || !is_plain(*submit->getImplicitObjectArgument()))
      return {};
    if (!text_range(site.call->getSourceRange(), project_) ||
        !text_range(range->getRangeInit()->getSourceRange(), project_) ||
        !project_.owns(variable.getBeginLoc()) || !project_.owns(variable.getLocation())) {
      return {};
    }
    const auto text = [this](const clang::Expr& expression) {
      return source_text(expression, project_.context());
    };
    const std::string name = variable.getNameAsString();
    const std::string map = text(*submit->getImplicitObjectArgument()) + ".map(" + text(*site.callable) +
                            ", " + text(*range->getRangeInit()) + ")";
    return {clang::FixItHint::CreateReplacement({variable.getBeginLoc(), variable.getLocation()},
                                                "auto&& " + name),
            clang::FixItHint::CreateReplacement(range->getRangeInit()->getSourceRange(), map),
            clang::FixItHint::CreateReplacement(site.call->getSourceRange(), name)};
  }

  static int count(const clang::Stmt& body, const clang::VarDecl& variable) {
    int result = 0;
    visit(&body, [&](const clang::Stmt& part) {
      const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
      result += name != nullptr && name->getDecl() == &variable ? 1 : 0;
      return true;
    });
    return result;
  }

  static bool is_copied(clang::QualType type) {
    const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
    return record == nullptr ||
           (record->hasDefinition() && (record->hasSimpleCopyConstructor() || in_std_namespace(*record)) &&
            !is_std_class(type, {"unique_ptr"}));
  }

  static bool leaves_early(const clang::Stmt& body) {
    bool found = false;
    visit(&body, [&found](const clang::Stmt& part) {
      found |= leaves(part) || isa<clang::BreakStmt, clang::ContinueStmt>(part);
      return !found;
    });
    return found;
  }

  const Project& project_;
  Reporter& reporter_;
  std::map<const clang::FunctionDecl*, bool> changing_;  ///< Whether they change what all of the program shares.
};

}  // namespace

void check_gets_in_loops(const CheckInput& input, Reporter& reporter) {
  GetsInLoops check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around around) { check.look(statement, around); });
  }
}

}  // namespace dflow::compiler
