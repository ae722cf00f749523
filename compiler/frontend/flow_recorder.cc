#include "compiler/frontend/flow_recorder.h"

#include <set>

#include "compiler/frontend/function_walk.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

void add_lambdas(const clang::Stmt& body, std::vector<const clang::FunctionDecl*>& functions) {
  if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&body)) {
    for (const auto* function : lambda_operators(*lambda)) {
      functions.push_back(visible_body(*function));
      add_lambdas(*function->getBody(), functions);
    }
  }
  for (const auto* part : evaluated_parts(body)) add_lambdas(*part, functions);
}

/// Constructors that the compiler wrote: they call those of members and evaluate members' initialisers.
class MadeConstructors {
 public:
  explicit MadeConstructors(std::vector<const clang::FunctionDecl*>& functions) : functions_(functions) {}

  void add_from(const clang::FunctionDecl& function) {
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) {
      for (const auto* init : constructor->inits()) search(*init->getInit());
    }
    search(*function.getBody());
  }

 private:
  void search(const clang::Stmt& statement) {
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&statement)) add(*made->getConstructor());
    if (const auto* init = dyn_cast<clang::CXXDefaultInitExpr>(&statement)) search(*init->getExpr());
    if (const auto* argument = dyn_cast<clang::CXXDefaultArgExpr>(&statement)) search(*argument->getExpr());
    for (const auto* part : evaluated_parts(statement)) search(*part);
  }
  void add(const clang::CXXConstructorDecl& constructor) {
    const auto* definition = visible_body(constructor);
    const bool made = constructor.isDefaulted() || constructor.isImplicit();
    if (!made || definition == nullptr || in_std_namespace(constructor) || !seen_.insert(definition).second)
      return;
    functions_.push_back(definition);
    add_from(*definition);
  }

  std::vector<const clang::FunctionDecl*>& functions_;
  std::set<const clang::FunctionDecl*> seen_;
};

/// With lambdas and what the compiler wrote.
std::vector<const clang::FunctionDecl*> functions_of(const Definitions& definitions) {
  std::vector<const clang::FunctionDecl*> functions = definitions.functions;
  for (const auto* function : definitions.functions) add_lambdas(*function->getBody(), functions);
  MadeConstructors made(functions);
  for (const auto* function : std::vector(functions)) made.add_from(*function);
  return functions;
}

}  // namespace

RecordedUnit record(const std::vector<SourceUnit>& files) {
  RecordedUnit recorded;
  std::vector<std::pair<const clang::FunctionDecl*, const Project*>> walked;
  std::vector<const clang::FunctionDecl*> all;
  for (const SourceUnit& file : files) {
    std::vector<const clang::FunctionDecl*> functions = functions_of(file.definitions);
    for (const auto* function : functions) walked.emplace_back(function, &file.project);
    all.insert(all.end(), functions.begin(), functions.end());
  }
  for (const auto* function : all) {
    const auto id = static_cast<FunctionId>(recorded.unit.functions.size());
    if (recorded.functions.try_emplace(function, id).second) recorded.unit.functions.emplace_back();
  }
  PlaceTable places(recorded.unit, variables_of_separate_members(all));
  for (const auto& [function, project] : walked) {
    FunctionWalk(*project, recorded, places).run(*function, recorded.functions.at(function));
  }
  return recorded;
}

}  // namespace dflow::compiler
