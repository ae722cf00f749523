#pragma once
// What dflowc asks of the frontend: parse one main file, find its graphs, rewrite its call sites.
// Plain values only: whoever includes this needs no Clang.

#include <string>
#include <vector>

namespace dflow::compiler {

/// One main file to parse.
struct FrontendJob {
  std::string main_file;               ///< as on the command line; relative paths are relative to `directory`
  std::vector<std::string> arguments;  ///< Clang arguments without program name and main file, with -resource-dir
  std::string directory;               ///< working directory, absolute
  std::vector<std::string> passes = {};  ///< which passes work on plans (compiler/passes/passes.h)
  /// Files that are linked with this one: the only ones that may have the bodies of what it declares.
  std::vector<FrontendJob> neighbours = {};
  /// dflowc's words that make this object and its version, which the object is to carry (formats/unit.h); empty: nothing.
  std::vector<std::string> command = {};
  std::string compiler = {};
  /// The host compiler's command that makes an object of this file, the program first; empty: there is none that the
  /// frontend could take over. Its messages go to the file `errors`.
  std::vector<std::string> compile = {};
  std::string errors = {};
};

/// A file whose text the host compiler must see in place of the one on disk. Each line of the user's keeps
/// its number (insertions stay on their line); generated code may follow after the last line.
struct RewrittenFile {
  std::string path;  ///< absolute
  std::string text;
};

struct FrontendResult {
  bool parsed = false;      ///< false: Clang could not parse the file; `first_error` says why, nothing was printed
  std::string first_error;  ///< "file:line:column: message" of the first error
  std::string diagnostics;  ///< dflow's own diagnostics (-Wdflow-*, -Rdflow); already printed on stderr
  bool fatal = false;       ///< one of dflow's own diagnostics is an error: do not compile
  bool has_dflow = false;   ///< false: the file turned out to hold no dflow code, compile it untouched
  std::vector<RewrittenFile> files;  ///< empty: compile the file untouched
  bool compiled = false;  ///< the object of the job's `compile` is written; what was said of it is in its `errors`
  std::string plan_json;             ///< the translation unit's plan, JSON; empty if it has none
};

/// Parses and rewrites. Never throws for user code that does not compile: that is `parsed == false`.
/// Prints dflow's own diagnostics on stderr and nothing else: errors and warnings of the language are the
/// host compiler's to report.
FrontendResult run_frontend(const FrontendJob& job);

}  // namespace dflow::compiler
