// Says what the checks find, as Clang says its own: message, the user's line, caret, fix-its, notes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "clang/Basic/Diagnostic.h"
#include "compiler/frontend/checks/warning_flags.h"
#include "compiler/frontend/recognise.h"
#include "formats/plan.h"

namespace clang {
class DiagnosticOptions;
}

namespace dflow::compiler {

struct Note {
  clang::SourceLocation at;
  std::string text;
  clang::SourceRange range = {};
  std::vector<clang::FixItHint> fixes = {};
};

struct Finding {
  clang::SourceLocation at;
  std::string text;
  clang::SourceRange range = {};
  std::vector<clang::FixItHint> fixes = {};
  std::vector<Note> notes = {};
};

/// Takes findings in any order and prints them in that of the source, each once however many instantiations
/// of a template made it. Keeps to files of the user's and away from macros.
class Reporter {
 public:
  Reporter(const Project& project, const WarningFlags& flags) : project_(project), flags_(flags) {}

  void warn(std::string_view name, Finding finding);
  /// In the group -Rdflow.
  void remark(Finding finding);

  struct Printed {
    std::string text;
    bool has_errors = false;
  };
  Printed print(const clang::DiagnosticOptions& options);

 private:
  struct Entry {
    clang::DiagnosticsEngine::Level level;
    std::string flag;
    Finding finding;
  };
  bool precedes(const Entry& left, const Entry& right) const;

  const Project& project_;
  const WarningFlags& flags_;
  std::vector<Entry> entries_;
};

/// The first character of a line that is no blank, in the file that holds `inside`; `inside` if there is
/// none.
clang::SourceLocation start_of_line(clang::SourceLocation inside, unsigned line, const Project& project);

/// The same of the line of a boundary of `graph`, in its own file or another.
clang::SourceLocation start_of(const formats::Boundary& boundary, clang::SourceLocation graph,
                               const Project& project);

}  // namespace dflow::compiler
