// Where in the user's files something stands.
#pragma once

#include "compiler/frontend/edits.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// A place in a file as the user's editor shows it.
struct UserPlace {
  std::string file;
  int line = 0;
  int column = 0;
};
UserPlace user_place(clang::SourceLocation location, const clang::SourceManager& sources);

/// "line 12", or "helpers.cpp:12" where `sources` are another file's than the project's.
std::string line_text(clang::SourceLocation location, const clang::SourceManager& sources, const Project& project);

/// The bytes that a token range covers, if all of them are in one file of the project's outside of macros.
std::optional<TextRange> text_range(clang::SourceRange tokens, const Project& project);

/// The absolute path of the file that holds `location`.
std::string file_path(clang::SourceLocation location, const Project& project);

}  // namespace dflow::compiler
