#pragma once

#include <string>
#include <vector>

#include "formats/result.h"

namespace dflow::compiler {

/// dflowc's own options.
struct Options {
  std::string host = "clang++-19";  ///< --dflow-host=, else $DFLOWC_HOST: a name in PATH, or a path
  std::string plan;                 ///< --dflow-plan=FILE, "-" for standard output
  std::string emit_cpp;             ///< --dflow-emit-cpp=FILE, "-" for standard output
  std::vector<std::string> passes;  ///< --dflow-pass=[-]NAME,...: names, as compiler/passes/passes.h takes them
  std::string resource_dir;         ///< --dflow-resource-dir=DIR, Clang's own headers for the parse
  bool verify = false;              ///< --dflow-verify
  bool whole_program = false;       ///< --dflow-whole-program
  std::string neighbours;           ///< --dflow-neighbours=FILE: what dflowc tells itself when it links (fragment.h)
  bool help = false;
  bool version = false;
  /// -Wdflow-*, -Wno-dflow-*, -Werror=dflow-*, -Rdflow*: for the frontend, unknown to any host compiler.
  std::vector<std::string> diagnostic_flags;
};

/// A command line with dflowc's own options taken out of it.
struct SplitWords {
  Options options;
  std::vector<std::string> words;     ///< the host compiler's, as given
  std::vector<std::string> expanded;  ///< the same with @files opened
};

/// Separates dflowc's options from the host compiler's. An option that begins with --dflow- and is unknown is
/// an error that names the nearest. Where one stands inside a @file, `words` holds the expanded form.
/// `--dflow-launch COMPILER` in front makes that the host, over $DFLOWC_HOST; a later --dflow-host= still
/// wins.
formats::Result<SplitWords> take_options(std::vector<std::string> words);

/// What --dflow-help prints.
std::string help_text();

}  // namespace dflow::compiler
