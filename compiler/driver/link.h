#pragma once

#include <string>
#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/installation.h"

namespace dflow::compiler {

/// Whether an object or archive on the command line holds dflow code. Its bytes are searched for the plan's
/// section and for dflow's namespace in mangled names, which the objects of link-time optimisation show as
/// well.
bool links_dflow_objects(const CommandLine& line);

/// Whether a command makes a program; in a shared library, another's function may come before an own one of its name.
bool links_program(const CommandLine& line);

/// What links dflow's runtime, or nothing where the command links none or names it itself.
std::vector<std::string> runtime_flags(const CommandLine& line, const Installation& installation);

/// --dflow-verify: has `dflow graph verify` look at the program that a command has linked. 0 if all is well, else it
/// has said what is not; a command that links no program, and one without graphs, has nothing to check.
int verify_linked(const CommandLine& line, const Installation& installation);

}  // namespace dflow::compiler
