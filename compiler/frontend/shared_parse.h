// One parse of a file's leading includes for both its analysis and its compilation.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// How the analysis and the compilation tell each other.
struct Exchange {
  /// Called in the analysing process, which ends with what it returns.
  std::function<int(const FrontendResult&)> publish;
  /// Called in the compiling process once the other has ended: the main file as it is to be compiled, whose
  /// text up to the code is the user's; nothing: it is not to be compiled here.
  std::function<std::optional<std::string>()> changed_text;
};

enum class SharedParse {
  impossible,  ///< nothing was done
  analysed,    ///< published, but not compiled
  compiled,    ///< published, and the object is written
};

/// Parses up to the code and forks there. One process goes on with the user's text and analyses it; the other
/// then goes on with the changed text and generates code, which is what the host compiler does after the same
/// parse: it has to be the Clang of the library that this program is linked with.
SharedParse run_shared(const FrontendJob& job, const Exchange& exchange);

}  // namespace dflow::compiler
