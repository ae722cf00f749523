// Calls of one pure function with the same arguments are made once.
//
//     before   a = f(x)   b = f(x)   c = g(a, b)        after    a = f(x)   c = g(a, a)
//
// Neither may be handed to the caller: their futures can be cancelled one by one. Values are the same where
// their texts are, with loop variables by their place: `x[i]` in one loop is `x[j]` in the next.
#pragma once

#include "compiler/passes/pass.h"

namespace dflow::compiler::passes {

ir::Plan common_calls(ir::Plan plan, const Context& context);

}  // namespace dflow::compiler::passes
