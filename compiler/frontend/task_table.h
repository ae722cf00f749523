// The functions that run as tasks, each with hashes that tell whether two builds have the same.
#pragma once

#include <vector>

#include "compiler/frontend/definitions.h"
#include "formats/task_table.h"

namespace dflow::compiler {

/// Those whose bodies the file sees: marked as tasks, or given to `submit`, `map`, `reduce` or `then`. Sorted.
std::vector<formats::TaskFunction> task_table(const Project& project, const Definitions& definitions);

}  // namespace dflow::compiler
