// What a launcher makes of a graph function's result: it is built anew, container by container, around the launch's futures.
#pragma once

#include <vector>

#include "compiler/codegen/launcher.h"
#include "compiler/frontend/launch_types.h"

namespace dflow::compiler {

/// The futures that the type holds, depth first, as flow/analyse.h numbers them. Throws NotLaunched for what holds them in
/// another way than vectors, arrays, pairs, tuples and aggregates do, or holds something else as well.
std::vector<LaunchLeaf> launch_leaves(clang::QualType type, const clang::ASTContext& context, clang::SourceLocation where);

}  // namespace dflow::compiler
