// dflow's attributes as Clang sees them. Linking attributes.cc registers them with the parser, which then keeps each
// as an AnnotateAttr of the same spelling.
#pragma once

namespace clang {
class FunctionDecl;
}

namespace dflow::compiler {

/// Makes sure that the attributes' registration is linked in. Call it before the parse.
void keep_dflow_attributes();

bool is_task(const clang::FunctionDecl& function);
bool is_pure(const clang::FunctionDecl& function);
bool is_graph(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
