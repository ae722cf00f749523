// switch: what stands behind each label, under the values that lead there.
#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

/// What stands behind labels that follow each other, up to the next ones.
struct Part {
  std::vector<const clang::Expr*> values;
  bool otherwise = false;
  const clang::CaseStmt* range = nullptr;  ///< case 1 ... 3
  std::vector<const clang::Stmt*> statements;
};

void add_labels(const clang::Stmt* statement, Part& part) {
  for (;;) {
    if (const auto* label = dyn_cast<clang::CaseStmt>(statement)) {
      if (label->getRHS() != nullptr) part.range = label;
      part.values.push_back(label->getLHS());
      statement = label->getSubStmt();
    } else if (const auto* rest = dyn_cast<clang::DefaultStmt>(statement)) {
      part.otherwise = true;
      statement = rest->getSubStmt();
    } else {
      return part.statements.push_back(statement);
    }
  }
}

void collect(const clang::CompoundStmt& block, std::vector<Part>& parts) {
  for (const auto* each : block.body()) {
    if (isa<clang::SwitchCase>(each)) {
      const bool more = !parts.empty() && parts.back().statements.empty();
      if (!more) parts.emplace_back();
      add_labels(each, parts.back());
    } else if (!parts.empty()) {
      parts.back().statements.push_back(each);
    }
  }
}

/// The statement that ends a part, taken out of the blocks around it.
const clang::Stmt* last_of(const Part& part) {
  const clang::Stmt* last = part.statements.empty() ? nullptr : part.statements.back();
  while (const auto* block = llvm::dyn_cast_or_null<clang::CompoundStmt>(last)) last = block->body_back();
  return last;
}

bool goes_on(const Part& part) {
  const auto* last = last_of(part);
  return last == nullptr || !isa<clang::BreakStmt, clang::ReturnStmt, clang::ContinueStmt, clang::CXXThrowExpr>(last);
}

/// All but the `break` at the end.
void run_until(const clang::Stmt& statement, const clang::Stmt* end, const std::function<void(const clang::Stmt&)>& execute) {
  if (&statement == end) return;
  const auto* block = dyn_cast<clang::CompoundStmt>(&statement);
  if (block == nullptr) return execute(statement);
  for (const auto* each : block->body()) run_until(*each, end, execute);
}

}  // namespace

void AffineWalk::execute_switch(const clang::SwitchStmt& choice) {
  if (choice.getInit() != nullptr) execute(*choice.getInit());
  const auto* block = dyn_cast<clang::CompoundStmt>(choice.getBody());
  if (block == nullptr || choice.getConditionVariable() != nullptr)
    refuse("a switch of this form is not followed", choice.getSwitchLoc());
  const Expr value = needed(*choice.getCond(), "what a switch is over");
  std::vector<Part> parts;
  collect(*block, parts);
  Expr named = flow::never();
  for (const Part& part : parts)
    if (part.range != nullptr) refuse("a range of cases is not followed", part.range->getCaseLoc());
  for (const Part& part : parts)
    for (const auto* each : part.values) named = flow::either(named, flow::equal(value, needed(*each, "a case")));
  exits_.emplace_back(std::nullopt);
  Expr reached = flow::never();
  for (const Part& part : parts) {
    for (const auto* each : part.values) reached = flow::either(reached, flow::equal(value, needed(*each, "a case")));
    if (part.otherwise) reached = flow::either(reached, flow::negation(named));
    const auto* last = last_of(part);
    const auto* end = last != nullptr && isa<clang::BreakStmt>(last) ? last : nullptr;
    branch(
        reached,
        [&] {
          for (const auto* each : part.statements) run_until(*each, end, [&](const clang::Stmt& inner) { execute(inner); });
        },
        [] {});
    if (!goes_on(part)) reached = flow::never();
  }
  exits_.pop_back();
}

}  // namespace dflow::compiler
