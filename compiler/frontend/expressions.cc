#include "compiler/frontend/expressions.h"

#include <algorithm>
#include <set>

#include "clang/AST/Attr.h"
#include "clang/AST/ExprConcepts.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/changes.h"
#include "compiler/frontend/library_bodies.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

/// Whether a value of this type may refer to objects it does not own, so that it could outlive a temporary.
class PointerSearch {
 public:
  bool may_point(clang::QualType type) {
    type = type.getCanonicalType();
    if (type->isReferenceType() || type->isPointerType() || type->isMemberPointerType()) return true;
    if (type->isArithmeticType() || type->isEnumeralType()) return false;
    const auto* record = type->getAsCXXRecordDecl();
    if (record == nullptr) return true;
    record = record->getDefinition();
    if (record == nullptr || record->hasAttr<clang::PointerAttr>()) return true;
    return seen_.insert(record).second && (in_arguments(*record) || in_class(*record));
  }

 private:
  bool in_arguments(const clang::CXXRecordDecl& record) {
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
    if (instance == nullptr || !in_std_namespace(record)) return false;
    for (const auto& argument : instance->getTemplateArgs().asArray()) {
      if (argument.getKind() == clang::TemplateArgument::Type && may_point(argument.getAsType())) return true;
    }
    return false;
  }
  /// A class with a destructor of its own owns what it points to.
  bool in_class(const clang::CXXRecordDecl& record) {
    if (record.hasAttr<clang::OwnerAttr>() || record.hasUserDeclaredDestructor()) return false;
    for (const auto* field : record.fields()) {
      if (may_point(field->getType())) return true;
    }
    return std::ranges::any_of(record.bases(), [this](const auto& base) { return may_point(base.getType()); });
  }

  std::set<const clang::CXXRecordDecl*> seen_;
};

/// What a lambda around it could change or g++ is known to dislike.
bool unfit_for_lambda(const clang::Stmt& part) {
  if (isa<clang::LambdaExpr, clang::CoawaitExpr, clang::CoyieldExpr, clang::StmtExpr, clang::PackExpansionExpr,
          clang::CXXFoldExpr, clang::BlockExpr, clang::AddrLabelExpr, clang::VAArgExpr>(part)) {
    return true;
  }
  const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
  return name != nullptr && isa<clang::BindingDecl>(name->getDecl());
}

bool makes_temporaries(const clang::Expr& expression) {
  return any_part(expression, [](const clang::Stmt& part) {
    return isa<clang::MaterializeTemporaryExpr, clang::CXXStdInitializerListExpr, clang::CXXDefaultArgExpr>(part);
  });
}

}  // namespace

std::vector<const clang::Stmt*> evaluated_parts(const clang::Stmt& statement) {
  std::vector<const clang::Stmt*> parts;
  const auto add = [&parts](const clang::Stmt* part) {
    if (part != nullptr) parts.push_back(part);
  };
  if (isa<clang::UnaryExprOrTypeTraitExpr, clang::CXXNoexceptExpr, clang::TypeTraitExpr, clang::RequiresExpr,
          clang::ConceptSpecializationExpr, clang::OpaqueValueExpr>(statement)) {
    return parts;
  }
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) {
    for (const auto* init : lambda->capture_inits()) add(init);
    return parts;
  }
  if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement)) {
    add(loop->getInit());
    add(loop->getRangeInit());
    add(loop->getBody());
    return parts;
  }
  if (const auto* body = dyn_cast<clang::CoroutineBodyStmt>(&statement)) {
    add(body->getBody());
    return parts;
  }
  if (const auto* pseudo = dyn_cast<clang::PseudoObjectExpr>(&statement)) {
    for (const auto* part : pseudo->semantics()) add(part);
    return parts;
  }
  if (const auto* rewritten = dyn_cast<clang::CXXRewrittenBinaryOperator>(&statement)) {
    add(rewritten->getSemanticForm());
    return parts;
  }
  for (const clang::Stmt* child : statement.children()) add(child);
  return parts;
}

bool any_part(const clang::Stmt& expression, const std::function<bool(const clang::Stmt&)>& test) {
  if (test(expression)) return true;
  for (const clang::Stmt* part : evaluated_parts(expression)) {
    if (any_part(*part, test)) return true;
  }
  return false;
}

std::vector<const clang::FunctionDecl*> closure_operators(const clang::CXXRecordDecl& closure) {
  std::vector<const clang::FunctionDecl*> operators;
  if (const auto* generic = closure.getDependentLambdaCallOperator()) {
    for (const auto* instance : generic->specializations()) operators.push_back(instance);
  } else if (const auto* function = closure.getLambdaCallOperator()) {
    operators.push_back(function);
  }
  std::erase_if(operators, [](const auto* function) { return visible_body(*function) == nullptr; });
  return operators;
}

std::vector<const clang::FunctionDecl*> call_operators(const clang::CXXRecordDecl& record) {
  if (record.isLambda()) return closure_operators(record);
  std::vector<const clang::FunctionDecl*> operators;
  for (const auto* method : record.methods()) {
    if (method->getOverloadedOperator() == clang::OO_Call && visible_body(*method) != nullptr) operators.push_back(method);
  }
  return operators;
}

bool is_functor(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  const bool users = record != nullptr && record->hasDefinition() && !in_std_namespace(*record) && !in_dflow_namespace(*record);
  return users && !call_operators(*record).empty();
}

std::vector<const clang::FunctionDecl*> lambda_operators(const clang::LambdaExpr& lambda) {
  return closure_operators(*lambda.getLambdaClass());
}

const clang::Expr& written(const clang::Expr& expression) { return *expression.IgnoreImplicit(); }

const clang::Expr& given(const clang::Expr& argument) {
  const auto* initial = dyn_cast<clang::CXXDefaultArgExpr>(&argument);
  return initial == nullptr ? argument : *initial->getExpr();
}

const clang::Expr* only_value(const clang::FunctionDecl& function) {
  const auto* block = dyn_cast<clang::CompoundStmt>(function.getBody());
  const auto* only = block == nullptr || block->size() != 1 ? nullptr : dyn_cast<clang::ReturnStmt>(block->body_front());
  return only == nullptr ? nullptr : only->getRetValue();
}

const clang::FunctionDecl* callee_of(const clang::Expr& call) {
  if (const auto* plain = dyn_cast<clang::CallExpr>(&call)) return plain->getDirectCallee();
  if (const auto* construct = dyn_cast<clang::CXXConstructExpr>(&call)) return construct->getConstructor();
  return nullptr;
}

const clang::FunctionDecl* visible_body(const clang::FunctionDecl& function) {
  const clang::FunctionDecl* definition = nullptr;
  if (!function.hasBody(definition) || definition->isDependentContext()) return nullptr;
  return is_body_beside_the_point(*definition) ? nullptr : definition;
}

bool is_plain(const clang::Expr& expression) {
  const clang::Expr* bare = expression.IgnoreParenImpCasts()->IgnoreImplicit()->IgnoreParenImpCasts();
  if (isa<clang::DeclRefExpr, clang::IntegerLiteral, clang::FloatingLiteral, clang::CharacterLiteral,
          clang::StringLiteral, clang::CXXBoolLiteralExpr, clang::CXXNullPtrLiteralExpr, clang::CXXThisExpr,
          clang::UserDefinedLiteral, clang::LambdaExpr, clang::InitListExpr, clang::SizeOfPackExpr,
          clang::UnaryExprOrTypeTraitExpr, clang::SubstNonTypeTemplateParmExpr>(bare)) {
    return true;
  }
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(bare)) {
    const auto code = unary->getOpcode();
    return (code == clang::UO_Minus || code == clang::UO_Plus || code == clang::UO_AddrOf) && is_plain(*unary->getSubExpr());
  }
  if (const auto* member = dyn_cast<clang::MemberExpr>(bare)) {
    return (!member->isArrow() || isa<clang::CXXThisExpr>(member->getBase()->IgnoreParenImpCasts())) &&
           is_plain(*member->getBase());
  }
  if (const auto* call = dyn_cast<clang::CallExpr>(bare); call != nullptr && call->isCallToStdMove()) {
    return is_plain(*call->getArg(0));
  }
  return false;
}

bool changes_state(const clang::Expr& expression) {
  const auto here = [](const clang::Stmt& part) { return isa<clang::CXXThrowExpr, clang::CXXNewExpr, clang::CXXDeleteExpr>(part); };
  return any_part(expression, here) || !ChangeSearch().changed_by(expression).empty();
}

bool only_looks(const clang::CXXMethodDecl& method) {
  const auto op = method.getOverloadedOperator();
  if (op == clang::OO_Subscript || op == clang::OO_Arrow || op == clang::OO_Star) return true;
  // A call operator of a lambda without mutable is const, and one that is not may change its captures.
  if (!method.getDeclName().isIdentifier()) return false;
  static const std::set<llvm::StringRef> names = {
      "begin", "end", "rbegin", "rend", "at", "front", "back", "data", "find", "value", "get", "top",
      "lower_bound", "upper_bound", "equal_range", "with", "row", "col", "block", "array", "matrix"};
  return names.contains(method.getName());
}

LazyForm lazy_form(const clang::Expr& argument) {
  const clang::Expr& expression = written(argument);
  const auto type = expression.getType();
  if (is_plain(expression) || type->isVoidType() || type->isFunctionType() || type->isArrayType()) return LazyForm::none;
  if (holds_future(type) || is_executor(type) || isa<clang::InitListExpr>(expression)) return LazyForm::none;
  if (expression.refersToBitField() || any_part(expression, unfit_for_lambda)) return LazyForm::none;
  if (changes_state(expression)) return LazyForm::none;
  if (!makes_temporaries(expression)) {
    return expression.isPRValue() ? LazyForm::prvalue : LazyForm::reference;
  }
  // Temporaries end with the lambda's return: what it returns must not refer to them.
  if (PointerSearch().may_point(type)) return LazyForm::none;
  return expression.isPRValue() ? LazyForm::prvalue : LazyForm::copy;
}

bool SubmitSearch::may_submit(const clang::Stmt& expression) {
  return any_part(expression, [this](const clang::Stmt& part) {
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&part)) {
      return std::ranges::any_of(lambda_operators(*lambda), [this](const auto* f) { return body_may_submit(*f); });
    }
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    return call != nullptr && call_may_submit(*call);
  });
}

bool SubmitSearch::may_be_called(const std::vector<const clang::FunctionDecl*>& functions) {
  return std::ranges::any_of(functions, [this](const auto* function) { return body_may_submit(*function); });
}

bool SubmitSearch::call_may_submit(const clang::CallExpr& call) {
  if (as_site(call)) return true;
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr) return holds_future(call.getType());
  const auto parameters = callee->parameters();
  if (std::ranges::any_of(parameters, [](const auto* p) { return is_executor(p->getType()); })) return true;
  if (const auto* body = visible_body(*callee); body != nullptr && !in_std_namespace(*callee)) {
    return !in_dflow_namespace(*callee) && body_may_submit(*body);
  }
  // std::function and others whose target is not known.
  return call.isPRValue() && holds_future(call.getType()) && callee->getOverloadedOperator() == clang::OO_Call;
}

bool SubmitSearch::body_may_submit(const clang::FunctionDecl& function) {
  const auto [found, inserted] = bodies_.try_emplace(&function, false);
  if (!inserted) return found->second;
  const bool result = may_submit(*function.getBody());
  return bodies_[&function] = result;
}

}  // namespace dflow::compiler
