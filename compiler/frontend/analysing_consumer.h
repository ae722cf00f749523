// The frontend's part in a parse by Clang, however that parse came about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "compiler/frontend/checks/warning_flags.h"
#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// Remembers the first error and prints nothing: the host compiler reports what is wrong with the program.
class FirstError : public clang::DiagnosticConsumer {
 public:
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& diagnostic) override;

  std::string text;
};

/// Finds the graphs of a unit once it is parsed, rewrites and checks it, and leaves all that in `result`;
/// nothing where there were errors. Flags and the job have to outlive it.
std::unique_ptr<clang::ASTConsumer> analysing_consumer(FrontendResult& result, const WarningFlags& flags,
                                                       const FrontendJob& job,
                                                       const clang::DiagnosticOptions& options);

/// The parser's words for a job.
std::vector<std::string> command_line(const FrontendJob& job);

/// The result for a file that could not be parsed.
FrontendResult unparsed(const FrontendJob& job, const FirstError& errors);

}  // namespace dflow::compiler
