// Who reads a result last, proved: that one takes it, and nobody counts readers at run time.
//
//     before   b = step(a)  a: counted        after    b = step(a)     a: last, moved into step
//              c = join(a, b)                          or, with join:  a: never in step, last in join, which
//              waits for b
//
// A reader is the last of what it reads if nobody else reads the same, or if it depends on all who do. What
// the caller is given is never taken. Who comes before a last reader can never be one: it copies without
// looking.
#pragma once

#include "compiler/passes/pass.h"

namespace dflow::compiler::passes {

ir::Plan last_use(ir::Plan plan, const Context& context);

}  // namespace dflow::compiler::passes
