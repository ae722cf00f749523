#pragma once

#include <string>
#include <vector>

#include "compiler/driver/installation.h"

namespace dflow::compiler {

/// dflowc, from the arguments behind its name to the exit code: takes its own options out, finds the sources
/// that hold dflow code, has the frontend rewrite those, and hands everything to the host compiler. Without
/// dflow code the host compiler gets the command as it was.
int drive(const std::vector<std::string>& words, const Installation& installation);

}  // namespace dflow::compiler
