// Which functions' bodies the analysis does without.
#pragma once

namespace clang {
class Decl;
class FunctionDecl;
}

namespace dflow::compiler {

/// In a header of the system's, or one of dflow's own.
bool in_library(const clang::Decl& declaration);

/// A function of a library's, and nothing that the language evaluates or deduces depends on its body: whether
/// there is one makes no difference to the analysis. Clang's parser skips the same ones where it is told to.
bool is_body_beside_the_point(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
