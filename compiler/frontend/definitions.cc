#include "compiler/frontend/definitions.h"

#include <set>

#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

class Collector {
 public:
  explicit Collector(const Project& project) : project_(project) {}

  Definitions definitions;

  void context(const clang::DeclContext& context) {
    for (const clang::Decl* decl : context.decls()) add(*decl);
  }

  void add(const clang::Decl& decl) {
    if (const auto* space = dyn_cast<clang::NamespaceDecl>(&decl)) return names(*space, decl);
    if (const auto* block = dyn_cast<clang::LinkageSpecDecl>(&decl)) return names(*block, decl);
    if (const auto* block = dyn_cast<clang::ExportDecl>(&decl)) return names(*block, decl);
    if (!project_.owns(project_.sources().getExpansionLoc(decl.getLocation()))) return;
    if (const auto* record = dyn_cast<clang::CXXRecordDecl>(&decl)) return add_class(*record);
    if (const auto* records = dyn_cast<clang::ClassTemplateDecl>(&decl)) return add_classes(*records);
    if (const auto* functions = dyn_cast<clang::FunctionTemplateDecl>(&decl)) return add_functions(*functions);
    if (const auto* function = dyn_cast<clang::FunctionDecl>(&decl)) return add_function(*function);
    if (const auto* variable = dyn_cast<clang::VarDecl>(&decl)) return add_variable(*variable);
    if (const auto* friends = dyn_cast<clang::FriendDecl>(&decl); friends != nullptr && friends->getFriendDecl() != nullptr) {
      add(*friends->getFriendDecl());
    }
  }

 private:
  void names(const clang::DeclContext& inside, const clang::Decl& decl) {
    // The standard library's namespaces are large, and nothing in their headers is the user's.
    if (!project_.sources().isInSystemHeader(decl.getLocation())) context(inside);
  }
  void add_class(const clang::CXXRecordDecl& record) {
    if (record.isThisDeclarationADefinition() && !record.isDependentContext() && seen_.insert(&record).second) {
      context(record);
    }
  }
  void add_classes(const clang::ClassTemplateDecl& records) {
    for (const auto* record : records.specializations()) {
      if (const auto* definition = record->getDefinition()) add_class(*definition);
    }
  }
  void add_functions(const clang::FunctionTemplateDecl& functions) {
    for (const auto* function : functions.specializations()) add_function(*function);
  }
  void add_function(const clang::FunctionDecl& function) {
    const auto* definition = visible_body(function);
    if (definition == nullptr || !seen_.insert(definition).second) return;
    if (definition->isDefaulted() || definition->isImplicit()) return;
    definitions.functions.push_back(definition);
    for (const auto* method : local_methods(*definition->getBody(), project_)) add_function(*method);
  }
  void add_variable(const clang::VarDecl& variable) {
    const bool dependent = variable.getDeclContext()->isDependentContext() || variable.getType()->isDependentType();
    if (variable.hasInit() && !dependent && variable.getDescribedVarTemplate() == nullptr) {
      definitions.variables.push_back(&variable);
    }
  }

  const Project& project_;
  std::set<const clang::Decl*> seen_;
};

void find_local_classes(const clang::Stmt& statement, Collector& collector) {
  if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) {
    for (const auto* decl : declarations->decls()) {
      if (llvm::isa<clang::CXXRecordDecl>(decl)) collector.add(*decl);
    }
  }
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) {
    for (const auto* function : lambda_operators(*lambda)) find_local_classes(*function->getBody(), collector);
  }
  for (const auto* part : evaluated_parts(statement)) find_local_classes(*part, collector);
}

}  // namespace

Definitions project_definitions(const Project& project) {
  Collector collector(project);
  collector.context(*project.context().getTranslationUnitDecl());
  return std::move(collector.definitions);
}

std::vector<const clang::FunctionDecl*> local_methods(const clang::Stmt& body, const Project& project) {
  Collector collector(project);
  find_local_classes(body, collector);
  return std::move(collector.definitions.functions);
}

}  // namespace dflow::compiler
