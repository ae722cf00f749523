// What an object tells those who link it (formats/unit.h).
#pragma once

#include <string>

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/frontend.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

/// The text that puts it into the object of `job`. `found`: what is known of other files, after Neighbours::find.
std::string unit_text(const FrontendJob& job, const Project& project, const Definitions& definitions, const Neighbours& found);

}  // namespace dflow::compiler
