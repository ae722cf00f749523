#include "compiler/frontend/flow_recorder.h"

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

}  // namespace

RecordedUnit record(const Project& project, const Definitions& definitions) {
  RecordedUnit recorded;
  std::vector<const clang::FunctionDecl*> functions = definitions.functions;
  for (const auto* function : definitions.functions) add_lambdas(*function->getBody(), functions);
  for (const auto* function : functions) {
    const auto id = static_cast<FunctionId>(recorded.unit.functions.size());
    if (recorded.functions.try_emplace(function, id).second) recorded.unit.functions.emplace_back();
  }
  PlaceTable places(recorded.unit);
  for (const auto* function : functions) {
    FunctionWalk(project, recorded, places).run(*function, recorded.functions.at(function));
  }
  return recorded;
}

}  // namespace dflow::compiler
