// Pure tasks whose results nobody reads are not run.
//
//     before   a[i] = f(i)      0 <= i < n        after    a[i] = f(i)      0 < i < n
//              b[i] = g(a[i])   0 <= i < n                 c = h(a[i])      0 < i < n
//              c = h(a[i])      0 < i < n
//              only c is returned, f and g are pure
//
// Tasks that are not pure stay, and so does what they read.
#pragma once

#include "compiler/passes/pass.h"

namespace dflow::compiler::passes {

ir::Plan dead_tasks(ir::Plan plan, const Context& context);

}  // namespace dflow::compiler::passes
