#include "compiler/frontend/positions.h"

#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/Support/Path.h"

namespace dflow::compiler {

UserPlace user_place(clang::SourceLocation location, const clang::SourceManager& sources) {
  const auto place = sources.getPresumedLoc(sources.getExpansionLoc(location));
  if (place.isInvalid()) return {};
  return {place.getFilename(), static_cast<int>(place.getLine()), static_cast<int>(place.getColumn())};
}

std::string line_text(clang::SourceLocation location, const clang::SourceManager& sources, const Project& project) {
  const auto place = user_place(location, sources);
  const bool here = &sources == &project.sources();
  return (here ? "line " : llvm::sys::path::filename(place.file).str() + ":") + std::to_string(place.line);
}

std::string file_path(clang::SourceLocation location, const Project& project) {
  const auto file = project.sources().getFileEntryRefForID(project.sources().getFileID(location));
  if (!file) return "";
  const auto real = file->getFileEntry().tryGetRealPathName();
  return real.empty() ? file->getName().str() : real.str();
}

std::optional<TextRange> text_range(clang::SourceRange tokens, const Project& project) {
  const auto& sources = project.sources();
  const auto range = clang::Lexer::makeFileCharRange(clang::CharSourceRange::getTokenRange(tokens), sources,
                                                     project.context().getLangOpts());
  if (range.isInvalid() || !project.owns(range.getBegin())) return std::nullopt;
  if (sources.getFileID(range.getBegin()) != sources.getFileID(range.getEnd())) return std::nullopt;
  return TextRange{file_path(range.getBegin(), project), sources.getFileOffset(range.getBegin()),
                   sources.getFileOffset(range.getEnd())};
}

}  // namespace dflow::compiler
