// Which functions' bodies the analysis does without.
#pragma once

namespace clang {
class FunctionDecl;
}

namespace dflow::compiler {

/// A function of a library's, and nothing that the language evaluates or deduces depends on its body: whether
/// there is one makes no difference to the analysis. Clang's parser skips the same ones where it is told to.
bool is_body_beside_the_point(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
