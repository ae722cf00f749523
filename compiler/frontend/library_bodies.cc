#include "compiler/frontend/library_bodies.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/recognise.h"
#include "llvm/Support/Path.h"

namespace dflow::compiler {

bool in_library(const clang::Decl& declaration) {
  const auto& sources = declaration.getASTContext().getSourceManager();
  if (sources.isInSystemHeader(declaration.getLocation())) return true;
  // dflow's own headers often lie among the user's.
  const auto at = sources.getExpansionLoc(declaration.getLocation());
  if (sources.isInMainFile(at) || !in_dflow_namespace(declaration)) return false;
  const auto folder = llvm::sys::path::parent_path(sources.getFilename(at));
  return folder.ends_with("/dflow") || folder.ends_with("/dflow/detail");
}

bool is_body_beside_the_point(const clang::FunctionDecl& function) {
  const auto* pattern = function.getTemplateInstantiationPattern();
  const clang::FunctionDecl& text = pattern != nullptr ? *pattern : function;
  if (text.isConstexpr() || text.isDefaulted() || text.isImplicit()) return false;
  if (text.getReturnType()->getContainedDeducedType() != nullptr) return false;
  return in_library(text);
}

}  // namespace dflow::compiler
