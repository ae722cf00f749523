#pragma once

#include <string>
#include <vector>

#include "compiler/driver/temporary_directory.h"
#include "compiler/frontend/frontend.h"
#include "formats/result.h"

namespace dflow::compiler {

/// Writes the texts below `directory`, and a Clang VFS overlay (YAML) that shows them in place of the
/// originals; the path of the overlay. Everything else Clang says or writes keeps the user's names: includes,
/// __FILE__, debug information, dependency files. `directories`: where the command looks for sources and
/// headers. Files are known by their true paths; where such a directory is reached by a symbolic link, Clang
/// will ask for them by that way.
formats::Result<std::string> write_overlay(const std::vector<RewrittenFile>& files,
                                           const std::vector<std::string>& directories,
                                           TemporaryDirectory& directory);

/// The text as Clang is to see it: without warnings about what follows the user's last line, which is generated.
std::string with_quiet_tail(const RewrittenFile& file);

/// The absolute paths under which a compiler may ask for a file: by the shell's idea of the working
/// directory, by the system's, and with symbolic links followed.
std::vector<std::string> names_of(const std::string& path);

}  // namespace dflow::compiler
