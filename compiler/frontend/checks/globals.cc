// What tasks do with variables that all of the program shares.
//   -Wdflow-writes-global  tasks that run side by side change one, and nothing locks it
//   -Wdflow-reads-global   a task uses one: in another process it has another value
#include <algorithm>
#include <map>
#include <set>

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/checks/locks.h"
#include "compiler/frontend/checks/waits.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/facts.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// A function that runs as a task, and where that is said.
struct Task {
  std::string name;
  std::vector<clang::SourceLocation> sites;
  bool repeats = false;  ///< One of the sites makes several tasks.
  bool waited_for = true;  ///< All sites wait for what they submit at once.
};

struct Use {
  const clang::VarDecl* variable;
  const clang::Expr* where;
  Change change;
  bool locked;
};

class Globals {
 public:
  Globals(const CheckInput& input, Reporter& reporter)
      : input_(input), project_(input.project), reporter_(reporter) {}

  void run() {
    for (const auto* function : input_.functions) {
      walk(*function, [this](const clang::Stmt& statement, Around around) { collect(statement, around); });
    }
    for (const auto& [body, task] : tasks_) {
      uses_.clear();
      seen_.clear();
      follow(*body, false);
      judge(task);
    }
  }

 private:
  void collect(const clang::Stmt& statement, Around around) {
    if (const auto* variable = global_of(statement)) {
      if (change_of(*dyn_cast<clang::Expr>(&statement), around) != Change::none)
        changed_[variable] |= !counts(*around.back());
    }
    const auto* call = dyn_cast<clang::CallExpr>(&statement);
    const auto site = call == nullptr ? std::nullopt : as_site(*call);
    if (!site) return;
    const bool in_loop = std::ranges::any_of(around, [](const auto* each) {
      return isa<clang::ForStmt, clang::WhileStmt, clang::DoStmt, clang::CXXForRangeStmt>(each);
    });
    for (const auto* function : task_functions(*site->callable)) {
      const auto* body = visible_body(*function);
      if (body == nullptr || in_std_namespace(*body) || in_dflow_namespace(*body)) continue;
      Task& task = task_of(*body, callable_name(*site->callable, project_.sources()));
      task.sites.push_back(call->getExprLoc());
      const bool at_once = site->operation == Operation::submit && waits_at_once(around);
      task.waited_for &= at_once;
      task.repeats |= (in_loop && !at_once) || site->operation == Operation::map || site->operation == Operation::reduce;
    }
  }

  /// `ex.submit(f).get()`: `around` the submit.
  static bool waits_at_once(Around around) {
    for (auto each = around.rbegin(); each != around.rend(); ++each) {
      if (isa<clang::ImplicitCastExpr, clang::MaterializeTemporaryExpr, clang::CXXBindTemporaryExpr, clang::ParenExpr, clang::MemberExpr>(**each)) continue;
      const auto* call = dyn_cast<clang::CXXMemberCallExpr>(*each);
      const std::string query = call == nullptr || call->getNumArgs() > 0 ? "" : future_query(*call);
      return query == "get" || query == "wait";
    }
    return false;
  }

  /// `++x`, `x += n`: what a std::atomic does as well.
  static bool counts(const clang::Stmt& user) {
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&user)) return unary->isIncrementDecrementOp();
    const auto* binary = dyn_cast<clang::BinaryOperator>(&user);
    return binary != nullptr &&
           (binary->getOpcode() == clang::BO_AddAssign || binary->getOpcode() == clang::BO_SubAssign);
  }

  /// In the order of the source, so that messages do not depend on addresses.
  Task& task_of(const clang::FunctionDecl& body, const std::string& name) {
    const auto found = std::ranges::find(tasks_, &body, &std::pair<const clang::FunctionDecl*, Task>::first);
    if (found != tasks_.end()) return found->second;
    return tasks_.emplace_back(&body, Task{.name = name, .sites = {}}).second;
  }

  /// A variable of the user's that may change and does not look after itself.
  const clang::VarDecl* global_of(const clang::Stmt& statement) const {
    const clang::ValueDecl* decl = nullptr;
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&statement)) decl = name->getDecl();
    if (const auto* member = dyn_cast<clang::MemberExpr>(&statement)) decl = member->getMemberDecl();
    const auto* variable = decl == nullptr ? nullptr : dyn_cast<clang::VarDecl>(decl);
    if (variable == nullptr || !is_mutable_global(*variable) ||
        variable->getTLSKind() != clang::VarDecl::TLS_None)
      return nullptr;
    const bool safe = is_std_class(
        variable->getType(), {"atomic", "atomic_flag", "mutex", "shared_mutex", "recursive_mutex",
                              "timed_mutex", "condition_variable", "condition_variable_any", "once_flag",
                              "counting_semaphore", "latch", "barrier"});
    return safe || in_std_namespace(*variable) || !project_.owns(variable->getLocation())
               ? nullptr
               : variable->getCanonicalDecl();
  }

  void follow(const clang::FunctionDecl& function, bool locked) {
    if (!seen_.insert(&function).second) return;
    locked |= locks(function);
    walk(function, [&](const clang::Stmt& statement, Around around) {
      if (const auto* variable = global_of(statement)) {
        const auto& where = *dyn_cast<clang::Expr>(&statement);
        uses_.push_back({variable, &where, change_of(where, around), locked});
      }
      const auto* expression = dyn_cast<clang::Expr>(&statement);
      const auto* callee = expression == nullptr ? nullptr : callee_of(*expression);
      const auto* body = callee == nullptr ? nullptr : visible_body(*callee);
      if (body != nullptr && !in_std_namespace(*body) && !in_dflow_namespace(*body)) follow(*body, locked);
    });
  }

  void judge(const Task& task) {
    std::set<const clang::VarDecl*> written;
    for (const Use& use : uses_) {
      const bool side_by_side = task.repeats || (task.sites.size() > 1 && !task.waited_for);
      if (use.change != Change::sure || use.locked || !side_by_side || !written.insert(use.variable).second)
        continue;
      reporter_.warn("writes-global", {.at = use.where->getExprLoc(),
                                       .text = "tasks that run side by side change '" +
                                               qualified_name(*use.variable) + "', and nothing locks it",
                                       .range = use.where->getSourceRange(),
                                       .notes = {submitted(task), atomic(*use.variable)}});
    }
    std::set<const clang::VarDecl*> used = written;
    for (const Use& use : uses_) {
      if (!used.insert(use.variable).second) continue;
      reporter_.warn("reads-global",
                     {.at = use.where->getExprLoc(),
                      .text = "a task uses '" + qualified_name(*use.variable) +
                              "', which may change: in another process it has its first value",
                      .range = use.where->getSourceRange(),
                      .notes = {submitted(task), constant(*use.variable)}});
    }
  }

  static Note submitted(const Task& task) { return {.at = task.sites.front(), .text = "submitted here"}; }

  Note atomic(const clang::VarDecl& variable) const {
    Note note{.at = variable.getLocation(),
              .text = "let the tasks return what they add and 'reduce' it, or lock a mutex"};
    const auto type = variable.getType();
    const auto changes = changed_.find(&variable);
    if (!type->isIntegerType() || type->isBooleanType() || type->isEnumeralType()) return note;
    if (changes == changed_.end() || changes->second) return note;
    const auto begin = variable.getTypeSpecStartLoc(), end = variable.getTypeSpecEndLoc();
    if (!project_.owns(begin) || !project_.owns(end)) return note;
    note.text = "let the tasks return what they add and 'reduce' it, or make it a std::atomic";
    note.fixes = {clang::FixItHint::CreateReplacement(clang::SourceRange(begin, end),
                                                      "std::atomic<" + type.getAsString() + ">")};
    return note;
  }

  Note constant(const clang::VarDecl& variable) const {
    Note note{.at = variable.getLocation(), .text = "give the task what it needs as an argument"};
    if (changed_.contains(&variable) || variable.isExternallyVisible() || !variable.hasInit() ||
        variable.getType()->isPointerType())
      return note;
    note.text = "nothing changes it: make it a constant";
    note.fixes = {clang::FixItHint::CreateInsertion(variable.getTypeSpecStartLoc(), "const ")};
    return note;
  }

  const CheckInput& input_;
  const Project& project_;
  Reporter& reporter_;
  std::vector<std::pair<const clang::FunctionDecl*, Task>> tasks_;
  std::map<const clang::VarDecl*, bool> changed_;  ///< By more than additions.
  std::vector<Use> uses_;
  std::set<const clang::FunctionDecl*> seen_;
};

}  // namespace

void check_globals(const CheckInput& input, Reporter& reporter) {
  Globals(input, reporter).run();
}

}  // namespace dflow::compiler
