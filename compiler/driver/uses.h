#pragma once

#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/host.h"
#include "compiler/driver/include_scan.h"
#include "compiler/driver/installation.h"

namespace dflow::compiler {

/// A C++ source, or a header to be precompiled, that may include dflow.
struct Candidate {
  const Argument* source;
  UsesDflow uses;
};
using Candidates = std::vector<Candidate>;

/// The C++ texts of a command that the scan of their includes does not rule out. Costs a fraction of a
/// millisecond for most files.
Candidates find_candidates(const CommandLine& line, const Installation& installation);

/// The candidates that do include dflow: where the scan could not tell, the host compiler lists what it
/// reads. One whose list cannot be had (it does not compile) stays in.
std::vector<const Argument*> confirm(const Candidates& candidates, const Host& host, const CommandLine& line,
                                     const Installation& installation, TemporaryDirectory& directory);

}  // namespace dflow::compiler
