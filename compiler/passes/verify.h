// The plan makes sense. A plan that does not is dflowc's own fault: its function is then built dynamically.
//
//     gemm[k,i,j] <- trsm[k,i]     0 <= k < j < i < n        stays as it is
//     gemm[k,i,j] <- gemm[k,i,j]                             is refused: a task that waits for itself
//     gemm(long)  <- trsm: string                            is refused: an argument of another type
#pragma once

#include "compiler/passes/pass.h"
#include "formats/result.h"

namespace dflow::compiler::passes {

/// Uses lead from tasks that are submitted earlier to later ones (so there is no circle), within their
/// families; each argument comes from one task, and has the type of what that gives.
formats::Result<void> verify(const ir::Plan& plan, const flow::Relations& relations);

}  // namespace dflow::compiler::passes
