// Proposes the changes to the user's text: ids at call sites, arguments that wait, calls put in order, graph scopes.
#pragma once

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/edits.h"

namespace dflow::compiler {

void propose_edits(const Project& project, const Definitions& definitions, Proposals& proposals);

}  // namespace dflow::compiler
