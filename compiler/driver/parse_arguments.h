#pragma once

#include <string>
#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/installation.h"
#include "compiler/driver/options.h"
#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

enum class HostKind { clang, gcc };

/// The frontend's job for one source of a command line. Of the host compiler's flags it gets those that
/// decide what the source means: no outputs, no warnings (they are the host's to give), and from g++ only
/// flags that Clang knows.
FrontendJob make_job(const CommandLine& line, const Argument& source, HostKind host, const Options& options,
                     const Installation& installation);

/// What lets the compiler find dflow's headers: after the user's own directories, so that theirs win.
std::vector<std::string> include_flags(const Installation& installation);

}  // namespace dflow::compiler
