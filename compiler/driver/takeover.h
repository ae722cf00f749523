#pragma once

#include <string>
#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/host.h"
#include "compiler/driver/options.h"

namespace dflow::compiler {

/// Whether the frontend may compile this source in the host compiler's place, on top of its own parse: the
/// host is a Clang, one object is made, and the flags are of the everyday kind. All others go the usual way.
bool may_take_over(const Host& host, const CommandLine& line, const Argument& source, const Options& options);

/// The host compiler's command for the object of one source, the program first. `object`: where it goes if
/// the command links.
std::vector<std::string> object_command(const Host& host, const CommandLine& line, const Argument& source,
                                        const std::string& object, const std::vector<std::string>& flags);

}  // namespace dflow::compiler
