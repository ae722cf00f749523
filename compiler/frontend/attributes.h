// dflow's attributes as Clang sees them. Linking attributes.cc registers them with the parser, which then keeps each
// as an AnnotateAttr of the same spelling.
#pragma once

namespace clang {
class FunctionDecl;
}

namespace dflow::compiler {

/// What becomes of the attributes that the parser meets.
enum class KeepAttributes {
  yes,
  later,  ///< the parse is that of any compiler, until it is told `yes`, which keeps those met meanwhile as well
  no,     ///< the parse is that of any compiler
};

/// For the parse that follows, or its rest. Clang's registry takes no parameters, so this is the process's.
void keep_dflow_attributes(KeepAttributes keep);

bool is_task(const clang::FunctionDecl& function);
bool is_pure(const clang::FunctionDecl& function);
bool is_graph(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
