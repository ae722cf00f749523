// Instantiations of a graph function that is a template share its text, and each has a launcher.
#pragma once

#include "compiler/codegen/launcher.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Nothing for what is no instantiation. Throws NotLaunched where arguments cannot be written.
LaunchInstance instance_of(const clang::FunctionDecl& function, const Project& project);

}  // namespace dflow::compiler
