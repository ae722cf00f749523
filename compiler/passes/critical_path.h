// Which task should run first of two that are ready: the one from which the longer way leads to an end.
//
//     before   potrf  trsm  syrk  gemm          after    potrf 3   trsm 2   syrk 1   gemm 1
//
// Ways are counted in calls, within one round of the outermost loop: what leads from round to round makes all
// ways as long as the loop, and rounds come in their order anyway.
#pragma once

#include "compiler/passes/pass.h"

namespace dflow::compiler::passes {

ir::Plan critical_path(ir::Plan plan, const Context& context);

}  // namespace dflow::compiler::passes
