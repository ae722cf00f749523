// What a launcher repeats of a graph function's source: callables, argument expressions, loop variables. A call that is
// launched runs nothing else of the function, so nothing else in it may be observable.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/codegen/launcher.h"
#include "compiler/flow/analyse.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/launch_types.h"

namespace dflow::compiler {

struct LaunchSource {
  Launcher launcher;  ///< All of it but its code.
  std::vector<std::pair<const clang::LambdaExpr*, std::string>> noted = {};  ///< Lambdas that it calls, and how they leave themselves.
};

/// `nodes` are the plan's numbers of the walk's sites. Throws NotLaunched.
LaunchSource launch_source(const Project& project, const clang::FunctionDecl& function, const AffineRecords& found,
                           const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed);

}  // namespace dflow::compiler
