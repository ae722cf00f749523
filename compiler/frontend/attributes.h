// dflow's attributes as Clang sees them. Linking attributes.cc registers them with the parser, which then keeps each
// as an AnnotateAttr of the same spelling.
#pragma once

namespace clang {
class FunctionDecl;
}

namespace dflow::compiler {

/// Whether the parse that follows keeps the attributes; without them it is that of any compiler. Clang's registry takes
/// no parameters, so this is the process's.
void keep_dflow_attributes(bool keep);

bool is_task(const clang::FunctionDecl& function);
bool is_pure(const clang::FunctionDecl& function);
bool is_graph(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
