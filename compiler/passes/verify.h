// The plan makes sense. A plan that does not is dflowc's own fault: its function is then built dynamically.
//
//     gemm[k,i,j] <- trsm[k,i]     0 <= k < j < i < n        stays as it is
//     gemm[k,i,j] <- gemm[k,i,j]                             is refused: a task that waits for itself
//     gemm(long)  <- trsm: string                            is refused: an argument of another type
#pragma once

#include <string>
#include <unordered_set>

#include "compiler/passes/pass.h"
#include "formats/result.h"

namespace dflow::compiler::passes {

/// Verifies one plan again and again as it changes, and proves each relation between families once.
class Verifier {
 public:
  explicit Verifier(const flow::Relations& relations) : relations_(relations) {}

  /// Uses lead from tasks that are submitted earlier to later ones (so there is no circle), within their
  /// families; each argument comes from one task, and has the type of what that gives.
  formats::Result<void> verify(const ir::Plan& plan);

 private:
  formats::Result<void> check(const ir::Use& use, const ir::Family& consumer, const ir::Family& producer);

  const flow::Relations& relations_;
  std::unordered_set<std::string> proved_;  ///< Texts of uses with those of their families.
};

}  // namespace dflow::compiler::passes
