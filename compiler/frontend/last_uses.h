// Where a graph function that is not launched names its futures for the last time: there it gives them away.
#pragma once

#include "compiler/frontend/edits.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// `ex.submit(f, x)` becomes `ex.submit(f, std::move(x))` where x is a local future or container of futures that nothing
/// names afterwards, on no way through the function. A task that takes the result by value then gets the object itself as
/// soon as it is its last reader, instead of copying it as long as the function's own handle lives.
void propose_last_uses(const clang::FunctionDecl& function, const Project& project, Proposals& proposals);

}  // namespace dflow::compiler
