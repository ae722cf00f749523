#include "compiler/frontend/last_uses.h"

#include <map>
#include <set>
#include <utility>

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// Through parentheses and what copies into a parameter.
const clang::Expr& named_in(const clang::Expr& argument) {
  const clang::Expr* bare = argument.IgnoreParenImpCasts()->IgnoreImplicit()->IgnoreParenImpCasts();
  const auto* made = dyn_cast<clang::CXXConstructExpr>(bare);
  return made != nullptr && made->getNumArgs() == 1 && made->getConstructor()->isCopyConstructor() ? named_in(*made->getArg(0)) : *bare;
}

/// Of one local variable.
struct Uses {
  std::size_t all = 0, understood = 0;
  std::vector<const clang::Stmt*> loops;       ///< Around its declaration.
  const clang::DeclRefExpr* last = nullptr;    ///< In the order of the text.
  const clang::Stmt* last_statement = nullptr;
  bool gives = false;                          ///< The last one is an argument of a task, in the same round as the declaration,
  bool alone = false;                          ///< and the only one in its statement.
};

/// Structured code runs in the order of its text, but for loops. What is not understood may keep a reference.
class Search {
 public:
  void look(const clang::Stmt& statement) {
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&statement)) return use(*name);
    if (isa<clang::GotoStmt, clang::IndirectGotoStmt, clang::LabelStmt, clang::AsmStmt, clang::StmtExpr>(statement)) plain_ = false;
    if (const auto* address = dyn_cast<clang::UnaryOperator>(&statement); address != nullptr && address->getOpcode() == clang::UO_AddrOf)
      plain_ = plain_ && !holds_future(address->getSubExpr()->getType());
    const bool in_block = std::exchange(in_block_, false);
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) declare(*declarations, in_block);
    if (const auto* call = dyn_cast<clang::CallExpr>(&statement)) understand(*call);
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&statement); made != nullptr && !is_known(*made->getConstructor())) keep(*made);
    if (const auto* result = dyn_cast<clang::ReturnStmt>(&statement); result != nullptr && result->getRetValue() != nullptr) understand(*result->getRetValue());
    if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(&statement)) return look_into(*range);
    const bool loop = isa<clang::ForStmt, clang::WhileStmt, clang::DoStmt>(statement);
    if (loop) loops_.push_back(&statement);
    const bool lambda = isa<clang::LambdaExpr>(statement);
    lambdas_ += lambda ? 1 : 0;
    for (const auto* part : statement.children())
      if (part != nullptr) enter(*part, statement);
    lambdas_ -= lambda ? 1 : 0;
    if (loop) loops_.pop_back();
  }

  /// What gives something away.
  std::vector<const clang::DeclRefExpr*> found() const {
    std::vector<const clang::DeclRefExpr*> result;
    for (const auto& [variable, uses] : uses_)
      if (plain_ && uses.gives && uses.alone && uses.all == uses.understood) result.push_back(uses.last);
    return result;
  }

 private:
  /// Statements of blocks, and what hangs below others, are the units whose parts run in no order that the text tells.
  void enter(const clang::Stmt& part, const clang::Stmt& around) {
    const auto* outer = statement_;
    if (!isa<clang::Expr>(around)) statement_ = &part;
    in_block_ = isa<clang::CompoundStmt>(around);
    look(part);
    statement_ = outer;
  }

  void look_into(const clang::CXXForRangeStmt& range) {
    understand(*range.getRangeInit());
    statement_ = &range;
    look(*range.getRangeInit());
    loops_.push_back(&range);
    if (range.getBody() != nullptr) enter(*range.getBody(), range);
    loops_.pop_back();
  }

  void declare(const clang::DeclStmt& declarations, bool in_block) {
    for (const auto* decl : declarations.decls()) {
      const auto* variable = dyn_cast<clang::VarDecl>(decl);
      if (variable == nullptr) continue;
      const auto type = variable->getType();
      const bool own = variable->isLocalVarDecl() && !variable->isStaticLocal() && !type->isReferenceType() && !type.isConstQualified();
      // Those of a loop's head live on from round to round.
      const bool single = own && in_block && !isa<clang::DecompositionDecl>(variable) && lambdas_ == 0;
      if (single && (is_future(type) || is_std_class(type, {"vector"})) && holds_future(type)) uses_[variable].loops = loops_;
      if (!variable->hasInit() || type->isArithmeticType()) continue;
      // A copy is its own; references, iterators and the like are not.
      if (own && holds_future(type)) understand(*variable->getInit());
      else keep(*variable->getInit());
    }
  }

  /// Names that stand there by themselves are read, or changed by what keeps no reference to them.
  void understand(const clang::CallExpr& call) {
    const auto site = as_site(call);
    const auto* callee = call.getDirectCallee();
    if (!site && (callee == nullptr || !is_known(*callee) || may_refer(callee->getReturnType()))) return keep(call);
    if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) understand(*member->getImplicitObjectArgument());
    for (const auto* argument : call.arguments()) understand(*argument);
    if (!site) return;
    for (const auto* argument : site->arguments)
      if (const auto* name = dyn_cast<clang::DeclRefExpr>(&named_in(*argument))) arguments_.insert(name);
  }
  static bool is_known(const clang::FunctionDecl& callee) { return in_std_namespace(callee) || in_dflow_namespace(callee); }
  /// An iterator, or the like. What a reference refers to is looked at where it is bound.
  static bool may_refer(clang::QualType type) { return type->isPointerType() || (type->isRecordType() && !holds_future(type)); }
  void keep(const clang::Stmt& statement) {
    visit(&statement, [&](const clang::Stmt& part) {
      if (const auto* name = dyn_cast<clang::DeclRefExpr>(&part)) kept_.insert(name);
      return true;
    });
  }
  void understand(const clang::Expr& expression) {
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&named_in(expression)); name != nullptr && lambdas_ == 0) understood_.insert(name);
  }

  void use(const clang::DeclRefExpr& name) {
    const auto found = uses_.find(dyn_cast<clang::VarDecl>(name.getDecl()));
    if (found == uses_.end()) return;
    Uses& uses = found->second;
    ++uses.all;
    if (understood_.contains(&name) && !kept_.contains(&name)) ++uses.understood;
    uses.alone = uses.last_statement != statement_;
    uses.last = &name;
    uses.last_statement = statement_;
    uses.gives = arguments_.contains(&name) && loops_ == uses.loops && lambdas_ == 0;
  }

  bool plain_ = true;
  bool in_block_ = false;
  int lambdas_ = 0;
  const clang::Stmt* statement_ = nullptr;
  std::vector<const clang::Stmt*> loops_;
  std::set<const clang::DeclRefExpr*> understood_, arguments_, kept_;
  std::map<const clang::VarDecl*, Uses> uses_;
};

}  // namespace

void propose_last_uses(const clang::FunctionDecl& function, const Project& project, Proposals& proposals) {
  Search search;
  search.look(*function.getBody());
  for (const auto* name : search.found()) {
    const auto at = text_range(name->getSourceRange(), project);
    if (at) proposals.propose(*at, "last", {{at->begin, at->end, "::std::move(", ")"}});
  }
}

}  // namespace dflow::compiler
