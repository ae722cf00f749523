// What a launcher repeats of a graph function's source: callables, argument expressions, loop variables. A call that is
// launched runs nothing else of the function, so nothing else in it may be observable.
#pragma once

#include <stdexcept>

#include "compiler/codegen/launcher.h"
#include "compiler/flow/analyse.h"
#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

/// Why a function whose dependences are known is not launched, with the line that says so.
struct NotLaunched : std::runtime_error {
  NotLaunched(const std::string& reason, clang::SourceLocation where) : std::runtime_error(reason), location(where) {}
  clang::SourceLocation location;
};

/// All of the launcher but its code and its graph's name. `nodes` are the plan's numbers of `sites`, `variables` their
/// families' own in the generated text. Throws NotLaunched.
Launcher launch_source(const Project& project, const clang::FunctionDecl& function, const std::vector<AffineSite>& sites,
                       const std::vector<std::uint32_t>& nodes, const flow::Analysed& analysed);

}  // namespace dflow::compiler
