// The user's code in one translation unit: every function whose body is compiled, instantiations one by one.
#pragma once

#include <vector>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

struct Definitions {
  std::vector<const clang::FunctionDecl*> functions;  ///< Never dependent; in order of the source.
  std::vector<const clang::VarDecl*> variables;       ///< Of namespaces and classes, with an initialiser.
};

/// One file's.
struct SourceUnit {
  const Project& project;
  const Definitions& definitions;
};

Definitions project_definitions(const Project& project);

/// Functions of classes local to `body`, which no declaration context outside leads to.
std::vector<const clang::FunctionDecl*> local_methods(const clang::Stmt& body, const Project& project);

}  // namespace dflow::compiler
