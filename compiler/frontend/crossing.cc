#include "compiler/frontend/crossing.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/carried_lambdas.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

class Search {
 public:
  explicit Search(const Project& project) : project_(project), sendable_(project) {}

  void look_at(const Definitions& definitions) {
    for (const auto* function : definitions.functions) look_at(*function);
    look_at_futures();
  }

  CrossingTypes result(Proposals& proposals) {
    for (const auto* lambda : lambdas_)
      if (submitted_.contains(lambda->getLambdaClass())) carry(*lambda, proposals);
    for (const LocalExposure& local : sendable_.local_exposures()) propose(local, proposals);
    return {.exposures = sendable_.exposures(), .exceptions = std::move(exceptions_)};
  }

 private:
  void look_at(const clang::FunctionDecl& function) {
    walk(function, [this](const clang::Stmt& statement, Around) {
      if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) {
        lambdas_.push_back(lambda);
        for (const auto* body : lambda_operators(*lambda)) look_at(*visible_body(*body));
      } else if (const auto* thrown = dyn_cast<clang::CXXThrowExpr>(&statement)) {
        if (thrown->getSubExpr() != nullptr) look_at_exception(thrown->getSubExpr()->getType());
      } else if (const auto* call = dyn_cast<clang::CallExpr>(&statement)) {
        if (const auto site = as_site(*call)) look_at_arguments(*site);
      } else if (const auto* declared = dyn_cast<clang::DeclStmt>(&statement)) {
        for (const auto* each : declared->decls()) look_at_constant(*each);
      } else if (const auto* constant = dyn_cast<clang::ConstantExpr>(&statement)) {
        look_at_constant(*constant);
      }
    });
  }

  void look_at_constant(const clang::Decl& declared) {
    if (const auto* claim = dyn_cast<clang::StaticAssertDecl>(&declared))
      return look_at_constant(*claim->getAssertExpr());
    const auto* variable = dyn_cast<clang::VarDecl>(&declared);
    if (variable == nullptr || !variable->isConstexpr() || !variable->hasInit()) return;
    const auto* lambda = dyn_cast<clang::LambdaExpr>(&written(*variable->getInit()));
    if (lambda != nullptr)
      constants_.insert(lambda->getLambdaClass());
    else
      look_at_constant(*variable->getInit());
  }

  /// Lambdas that it names.
  void look_at_constant(const clang::Expr& expression) {
    visit(&expression, [this](const clang::Stmt& part) {
      const auto* variable = named_variable(part);
      const auto* record =
          variable == nullptr ? nullptr : variable->getType().getNonReferenceType()->getAsCXXRecordDecl();
      if (record != nullptr && record->isLambda()) constants_.insert(record);
      return true;
    });
  }

  void look_at_arguments(const SiteCall& site) {
    sendable_.find(site.callable->getType());  // a functor has members too
    const auto* callable = site.callable->getType().getNonReferenceType()->getAsCXXRecordDecl();
    if (callable != nullptr && callable->isLambda()) submitted_.insert(callable);
    for (const auto type : argument_types(site)) {
      if (!type.isNull()) sendable_.find(type);
    }
    for (const auto* argument : site.arguments)
      sendable_.find(argument->getType());  // member functions' objects, ranges
  }

  /// All that futures can hold: results, scattered values, futures of futures.
  void look_at_futures() {
    auto& names =
        const_cast<clang::ASTContext&>(project_.context()).Idents;  // looking an identifier up may add it
    for (const auto* space : project_.context().getTranslationUnitDecl()->lookup(&names.get("dflow"))) {
      if (!llvm::isa<clang::NamespaceDecl>(space)) continue;
      for (const auto* found : dyn_cast<clang::NamespaceDecl>(space)->lookup(&names.get("Future"))) {
        const auto* future = dyn_cast<clang::ClassTemplateDecl>(found);
        if (future == nullptr) continue;
        for (const auto* each : future->specializations())
          sendable_.find(each->getTemplateArgs()[0].getAsType());
      }
    }
  }

  /// What the standard and dflow throw, the runtime knows.
  void look_at_exception(clang::QualType type) {
    type = type.getCanonicalType().getUnqualifiedType();
    const auto* record = type->getAsCXXRecordDecl();
    if (record == nullptr || in_std_namespace(*record) || in_dflow_namespace(*record)) return;
    const std::string text = type_text(type, project_.context());
    const bool local = record->isLocalClass() != nullptr || !is_writable(text);
    if (local || sendable_.find(type) || !seen_exceptions_.insert(text).second) return;
    exceptions_.push_back(text);
  }

  /// A task's lambda is written as a class if all that it holds can be sent.
  void carry(const clang::LambdaExpr& lambda, Proposals& proposals) {
    const auto carried = carried_lambda(lambda, project_, constants_.contains(lambda.getLambdaClass()));
    const auto stays = [this](const CarriedCapture& capture) {
      return sendable_.find(capture.type).has_value();
    };
    if (carried && std::ranges::none_of(carried->captures, stays)) {
      proposals.propose(carried->whole, "carry", carried->edits);
    } else if (const auto whole = text_range(lambda.getSourceRange(), project_)) {
      proposals.refuse(*whole, "carry");
    }
  }

  void propose(const LocalExposure& local, Proposals& proposals) const {
    const auto brace = text_range(local.record->getBraceRange().getEnd(), project_);
    if (!brace) return;
    proposals.propose({brace->file, brace->begin, brace->begin}, "parts",
                      {{brace->begin, brace->begin, local_exposure_text(local.parts), ""}});
  }

  const Project& project_;
  SendableTypes sendable_;
  std::vector<const clang::LambdaExpr*> lambdas_;
  std::set<const clang::CXXRecordDecl*> submitted_;  ///< The classes of lambdas that are tasks,
  std::set<const clang::CXXRecordDecl*> constants_;  ///< and those that the compiler may have to call.
  std::vector<std::string> exceptions_;
  std::set<std::string> seen_exceptions_;
};

}  // namespace

std::vector<clang::QualType> argument_types(const SiteCall& site) {
  std::vector<clang::QualType> types;
  const auto functions = task_functions(*site.callable);
  if (functions.size() == 1) {
    for (const auto* parameter : functions[0]->parameters()) types.push_back(parameter->getType());
    std::erase_if(
        types, [](clang::QualType type) { return is_executor(type) || is_std_class(type, {"stop_token"}); });
  }
  if (types.size() == site.arguments.size()) return types;
  types.assign(site.arguments.size(), clang::QualType());
  for (std::size_t i = 0; site.operation != Operation::map && i < types.size(); ++i) {
    // A literal becomes a string.
    if (!site.arguments[i]->getType()->isArrayType()) types[i] = site.arguments[i]->getType();
  }
  return types;
}

CrossingTypes crossing_types(const Project& project, const Definitions& definitions, Proposals& proposals) {
  Search search(project);
  search.look_at(definitions);
  return search.result(proposals);
}

}  // namespace dflow::compiler
