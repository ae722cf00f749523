#include "compiler/frontend/site_levels.h"

#include <algorithm>
#include <set>
#include <vector>

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// In calls: what the program waits for keeps it from submitting more, and a loop has more rounds than one.
constexpr int kAwaited = 8, kRounds = 4, kMost = 1000;

/// A call that submits, a variable that holds futures, or null for the program itself, which waits.
using Place = const void*;

/// Where results go: from calls to variables, to other calls, to the program.
class Ways {
 public:
  explicit Ways(const clang::FunctionDecl& function) {
    visit(function.getBody(), [this](const clang::Stmt& part) {
      look(part);
      return true;
    });
  }

  const std::set<const clang::CallExpr*>& sites() const { return sites_; }
  const std::set<Place>& from(Place place) const {
    static const std::set<Place> none;
    const auto found = to_.find(place);
    return found == to_.end() ? none : found->second;
  }

  /// The calls that take a place's results.
  void add_readers(Place place, std::set<Place>& seen, std::set<const clang::CallExpr*>& readers) const {
    for (const Place next : from(place)) {
      if (!seen.insert(next).second) continue;
      const auto site = std::ranges::find_if(sites_, [next](const auto* each) { return each == next; });
      if (site != sites_.end()) readers.insert(*site);
      else add_readers(next, seen, readers);
    }
  }

 private:
  void look(const clang::Stmt& part) {
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&part)) {
      for (const auto* each : declarations->decls())
        if (const auto* variable = dyn_cast<clang::VarDecl>(each); variable != nullptr && variable->hasInit())
          lead(*variable->getInit(), variable);
    } else if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&part)) {
      if (range->getRangeInit() != nullptr) lead(*range->getRangeInit(), range->getLoopVariable());
    } else if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&part)) {
      if (infix->isAssignmentOp()) lead(*infix->getArg(1), root(*infix->getArg(0)));
    } else if (const auto* call = dyn_cast<clang::CallExpr>(&part)) {
      look_at(*call);
    }
  }

  void look_at(const clang::CallExpr& call) {
    const auto site = as_site(call);
    if (site) {
      sites_.insert(&call);
      for (const auto* argument : site->arguments) lead(*argument, &call);
    }
    const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
    const auto* callee = call.getDirectCallee();
    if (site && site->operation == Operation::then && member != nullptr) return lead(*member->getImplicitObjectArgument(), &call);
    if (site || callee == nullptr) return;
    if (in_dflow_namespace(*callee)) return wait(call, member);
    if (call.isCallToStdMove()) return;
    if (member != nullptr) {
      const auto* object = root(*member->getImplicitObjectArgument());
      for (const auto* argument : call.arguments()) lead(*argument, object);
    } else if (method_of(call) == "swap" && call.getNumArgs() == 2) {
      lead(*call.getArg(0), root(*call.getArg(1)));
      lead(*call.getArg(1), root(*call.getArg(0)));
    }
  }

  void wait(const clang::CallExpr& call, const clang::CXXMemberCallExpr* member) {
    static const std::set<llvm::StringRef> waits = {"get", "wait", "gather", "as_completed", "exception"};
    if (!call.getDirectCallee()->getDeclName().isIdentifier() || !waits.contains(call.getDirectCallee()->getName())) return;
    if (member != nullptr) lead(*member->getImplicitObjectArgument(), nullptr, true);
    for (const auto* argument : call.arguments()) lead(*argument, nullptr, true);
  }

  /// From what an expression names or submits.
  void lead(const clang::Expr& expression, Place place, bool waits = false) {
    if (place == nullptr && !waits) return;
    if (const auto* call = dyn_cast<clang::CallExpr>(&expression); call != nullptr && call != place && as_site(*call)) {
      to_[call].insert(place);
      return;
    }
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&expression)) {
      const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl());
      if (variable != nullptr && variable != place && holds_future(variable->getType())) to_[variable].insert(place);
    }
    for (const auto* part : evaluated_parts(expression))
      if (const auto* inner = dyn_cast<clang::Expr>(part)) lead(*inner, place, waits);
  }

  /// The variable that an expression is in: of `rows[i].cells.back()`, rows.
  static const clang::VarDecl* root(const clang::Expr& expression) {
    const clang::Expr& bare = *expression.IgnoreParenImpCasts();
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) return dyn_cast<clang::VarDecl>(name->getDecl());
    if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) return root(*member->getBase());
    if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare)) return root(*call->getImplicitObjectArgument());
    if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&bare)) return root(*infix->getArg(0));
    if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare)) return root(*subscript->getBase());
    return nullptr;
  }

  std::set<const clang::CallExpr*> sites_;
  std::map<Place, std::set<Place>> to_;
};

/// The longest ways, where places that lead to each other count together (R. Tarjan, "Depth-first search and linear graph
/// algorithms", 1972).
class Longest {
 public:
  explicit Longest(const Ways& ways) : ways_(ways) {
    for (const auto* site : ways.sites()) visit(site);
  }
  int of(Place place) const { return levels_.at(place); }

 private:
  struct Numbers {
    std::size_t own, least;
  };

  std::size_t visit(Place place) {
    const auto [entry, is_new] = numbers_.try_emplace(place, Numbers{numbers_.size(), numbers_.size()});
    if (!is_new) return levels_.contains(place) ? numbers_.size() : entry->second.own;
    open_.push_back(place);
    Numbers& mine = entry->second;
    for (const Place next : ways_.from(place)) mine.least = std::min(mine.least, visit(next));
    if (mine.least == mine.own) close(place);
    return mine.least;
  }

  void close(Place first) {
    const auto begin = std::ranges::find(open_, first);
    const std::vector<Place> together(begin, open_.end());
    open_.erase(begin, open_.end());
    int behind = 0, calls = 0;
    for (const Place each : together) {
      const auto& sites = ways_.sites();
      calls += std::ranges::any_of(sites, [each](const auto* site) { return site == each; }) ? 1 : 0;
      for (const Place next : ways_.from(each))
        if (levels_.contains(next)) behind = std::max(behind, levels_.at(next));
    }
    const int own = first == nullptr ? kAwaited : together.size() > 1 ? kRounds * calls : calls;
    for (const Place each : together) levels_[each] = std::min(kMost, behind + own);
  }

  const Ways& ways_;
  std::map<Place, Numbers> numbers_;
  std::vector<Place> open_;
  std::map<Place, int> levels_;
};

}  // namespace

std::map<const clang::CallExpr*, int> site_levels(const clang::FunctionDecl& function) {
  const Ways ways(function);
  const Longest longest(ways);
  std::map<const clang::CallExpr*, int> levels;
  for (const auto* site : ways.sites()) {
    std::set<Place> seen;
    std::set<const clang::CallExpr*> readers;
    ways.add_readers(site, seen, readers);
    if (readers.empty()) continue;
    const auto by_level = [&](const auto* each) { return longest.of(each); };
    const int least = longest.of(*std::ranges::min_element(readers, {}, by_level));
    for (const auto* each : readers)
      if (longest.of(each) > least) levels[each] = longest.of(each);
  }
  return levels;
}

}  // namespace dflow::compiler
