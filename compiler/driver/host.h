#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/captured.h"
#include "compiler/driver/command_line.h"
#include "compiler/driver/parse_arguments.h"
#include "compiler/driver/process.h"
#include "compiler/driver/temporary_directory.h"
#include "formats/result.h"

namespace dflow::compiler {

/// A compiler that dflowc hands the work to.
struct Host {
  std::string program;  ///< path
  HostKind kind = HostKind::clang;
  bool verbose = false;  ///< show each command
};

/// Looks the compiler up. Errors: it is missing, or is dflowc itself.
formats::Result<Host> find_host(const std::string& name, const std::string& self);

/// Whether it is of Clang's family or GCC's: by its name, else by what --version says.
HostKind kind_of_host(const std::string& program, TemporaryDirectory& directory);

/// Runs it. A host compiler that cannot be started or dies of a signal is reported here; everything else it
/// has to say it says itself.
Outcome run_host(const Host& host, std::vector<std::string> arguments, const std::string& output = "",
                 const std::string& errors = "");

/// An object that the frontend has made in the host compiler's place.
struct Taken {
  std::string object;  ///< its file if the command links; else it went where the command says
  Captured said;
};

/// One source whose text the host compiler is to see changed.
struct RewrittenSource {
  const Argument* source;
  std::vector<RewrittenFile> files;
  std::optional<Taken> taken = {};
};

/// What there is to compile with changed texts, and what dflow adds to the command.
struct HostJob {
  const CommandLine& line;
  std::vector<RewrittenSource> rewritten;
  std::vector<std::string> compile_flags;  ///< for every step that reads sources
  std::vector<std::string> link_flags;
  TemporaryDirectory& directory;
  /// What links objects, if that is not simply the host compiler.
  std::function<Outcome(const std::vector<std::string>& words)> link = {};
};

/// How a compilation with changed texts ended. `refused`: the host compiler did not take a changed text but
/// takes the user's own, which was compiled instead; its complaint.
struct HostResult {
  int exit_code = 0;
  std::string refused;
};

/// Clang: one command, with an overlay that shows the changed texts in place of the originals.
HostResult compile_with_clang(const Host& host, const HostJob& job);

/// A command for each source that is not compiled yet, then one to link: for g++, and for Clang where some source is
/// compiled or two need different versions of one header.
HostResult compile_one_by_one(const Host& host, const HostJob& job);

/// An overlay with the changed texts of these sources; its path.
formats::Result<std::string> overlay_for(const HostJob& job, const std::vector<RewrittenSource>& sources);

/// `words` and, before a "--" that ends the options, `flags`.
std::vector<std::string> with_flags(std::vector<std::string> words, const std::vector<std::string>& flags);

/// The first line of a compiler's output that tells of an error.
std::string first_error_line(const std::string& output);

}  // namespace dflow::compiler
