#include "compiler/frontend/only_reads.h"

#include <algorithm>

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

class Search {
 public:
  explicit Search(const clang::VarDecl& variable) : variable_(variable) {}

  /// `reads`: whatever stands here is only read by what is around it.
  bool holds(const clang::Stmt* part, bool reads) const {
    if (part == nullptr) return true;
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(part)) return name->getDecl() != &variable_ || reads;
    if (const auto* cast = dyn_cast<clang::ImplicitCastExpr>(part)) return holds(cast->getSubExpr(), reads || takes_value(*cast));
    if (const auto* inner = dyn_cast<clang::ParenExpr>(part)) return holds(inner->getSubExpr(), reads);
    if (const auto* member = dyn_cast<clang::MemberExpr>(part)) return holds(member->getBase(), reads && llvm::isa<clang::FieldDecl>(member->getMemberDecl()));
    if (const auto* choice = dyn_cast<clang::ConditionalOperator>(part))
      return holds(choice->getCond(), false) && holds(choice->getTrueExpr(), reads) && holds(choice->getFalseExpr(), reads);
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(part)) return holds_in(*lambda);
    if (const auto* range = dyn_cast<clang::CXXForRangeStmt>(part)) return holds_in(*range);
    if (const auto* call = dyn_cast<clang::CallExpr>(part)) return holds_in(*call, reads);
    return std::all_of(part->child_begin(), part->child_end(), [this](const auto* each) { return holds(each, false); });
  }

 private:
  static bool takes_value(const clang::ImplicitCastExpr& cast) {
    if (cast.getCastKind() == clang::CK_LValueToRValue) return true;
    return cast.getCastKind() == clang::CK_NoOp && cast.isGLValue() && cast.getType().isConstQualified();
  }

  /// Its copies are its own.
  bool holds_in(const clang::LambdaExpr& lambda) const {
    return std::all_of(lambda.capture_init_begin(), lambda.capture_init_end(), [this](const auto* each) { return holds(each, false); });
  }

  bool holds_in(const clang::CXXForRangeStmt& range) const {
    const auto type = range.getLoopVariable()->getType();
    const bool reads = !type->isReferenceType() || (type->isLValueReferenceType() && type.getNonReferenceType().isConstQualified());
    return holds(range.getInit(), false) && holds(range.getRangeInit(), reads) && holds(range.getBody(), false);
  }

  /// Tasks get copies of what is named; elements of the library's containers are parts of them.
  bool holds_in(const clang::CallExpr& call, bool reads) const {
    const auto site = as_site(call);
    const auto* callee = call.getDirectCallee();
    const bool copies = site.has_value() || (callee != nullptr && in_dflow_namespace(*callee) && callee->getDeclName().isIdentifier() && callee->getName() == "scatter");
    const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&call);
    const bool element = infix != nullptr && infix->getOperator() == clang::OO_Subscript && callee != nullptr && in_std_namespace(*callee);
    if (!holds(call.getCallee(), false)) return false;
    for (unsigned i = 0; i < call.getNumArgs(); ++i)
      if (!holds(call.getArg(i), copies || (element && i == 0 && reads))) return false;
    return true;
  }

  const clang::VarDecl& variable_;
};

}  // namespace

bool only_reads(const clang::Stmt& body, const clang::VarDecl& variable) { return Search(variable).holds(&body, false); }

}  // namespace dflow::compiler
