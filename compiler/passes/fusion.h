// A task that feeds one other, and is all that the other waits for, runs in one task with it.
//
//     before   a[i] = f(x[i])     after    b[i] = g(f(x[i]))     one task, as two calls in one generated
//     function
//              b[i] = g(a[i])
//
// No parallelism is lost: the second could only have started when the first had ended. What the caller is
// given does not change hands, so each of its futures can still be cancelled: a call whose future is
// cancelled does not run, those before it in its task do. Nothing is assumed of the calls: each runs, or not,
// and fails as it would have.
#pragma once

#include "compiler/passes/pass.h"

namespace dflow::compiler::passes {

ir::Plan fusion(ir::Plan plan, const Context& context);

}  // namespace dflow::compiler::passes
