#include "compiler/frontend/checks/reporter.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "clang/Basic/DiagnosticIDs.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "llvm/Support/raw_ostream.h"

namespace dflow::compiler {
namespace {

using Engine = clang::DiagnosticsEngine;

/// An engine of dflow's own: what the parser's was told (to be quiet) does not concern it.
class Printer {
 public:
  Printer(const Project& project, const clang::DiagnosticOptions& options)
      : out_(text_),
        options_(new clang::DiagnosticOptions(options)),
        printer_(out_, options_.get()),
        engine_(new clang::DiagnosticIDs, options_, &printer_, /*ShouldOwnClient=*/false) {
    out_.enable_colors(true);
    engine_.setSourceManager(&const_cast<clang::SourceManager&>(project.sources()));  // it only reads
    printer_.BeginSourceFile(project.context().getLangOpts(), nullptr);
  }

  void say(Engine::Level level, clang::SourceLocation at, const std::string& text, clang::SourceRange range,
           const std::vector<clang::FixItHint>& fixes) {
    const auto id =
        engine_.getDiagnosticIDs()->getCustomDiagID(static_cast<clang::DiagnosticIDs::Level>(level), "%0");
    const auto builder = engine_.Report(at, id);
    builder << text;
    if (range.isValid()) builder << range;
    for (const auto& fix : fixes) builder << fix;
  }

  std::string finish() {
    printer_.EndSourceFile();
    return std::move(text_);
  }

 private:
  std::string text_;
  llvm::raw_string_ostream out_;
  llvm::IntrusiveRefCntPtr<clang::DiagnosticOptions> options_;
  clang::TextDiagnosticPrinter printer_;
  Engine engine_;
};

}  // namespace

void Reporter::warn(std::string_view name, Finding finding) {
  const Level level = flags_.level(name);
  if (level == Level::off || !project_.owns(finding.at)) return;
  const bool error = level == Level::error;
  entries_.push_back({error ? Engine::Error : Engine::Warning,
                      std::string(error ? "-Werror," : "") + "-Wdflow-" + std::string(name),
                      std::move(finding)});
}

void Reporter::remark(Finding finding) {
  if (flags_.remarks()) entries_.push_back({Engine::Remark, "-Rdflow", std::move(finding)});
}

bool Reporter::precedes(const Entry& left, const Entry& right) const {
  const auto a = left.finding.at, b = right.finding.at;
  if (a != b && a.isValid() && b.isValid()) return project_.sources().isBeforeInTranslationUnit(a, b);
  return std::tie(left.flag, left.finding.text) < std::tie(right.flag, right.finding.text);
}

Reporter::Printed Reporter::print(const clang::DiagnosticOptions& options) {
  std::ranges::sort(entries_,
                    [this](const Entry& left, const Entry& right) { return precedes(left, right); });
  Printer printer(project_, options);
  Printed printed;
  if (!flags_.quiet()) {
    for (const std::string& message : flags_.unknown()) {
      printer.say(Engine::Warning, {}, message + " [-Wunknown-warning-option]", {}, {});
    }
  }
  std::set<std::pair<unsigned, std::string>> said;
  for (const auto& [level, flag, finding] : entries_) {
    if (!said.emplace(finding.at.getRawEncoding(), flag + finding.text).second) continue;
    printed.has_errors |= level == Engine::Error;
    printer.say(level, finding.at, finding.text + " [" + flag + "]", finding.range, finding.fixes);
    for (const Note& note : finding.notes)
      printer.say(Engine::Note, note.at, note.text, note.range, note.fixes);
  }
  printed.text = printer.finish();
  return printed;
}

clang::SourceLocation start_of_line(clang::SourceLocation inside, unsigned line, const Project& project) {
  const auto& sources = project.sources();
  const auto file = sources.getFileID(sources.getExpansionLoc(inside));
  const auto start = sources.translateLineCol(file, line, 1);
  if (start.isInvalid() || sources.getPresumedLineNumber(start) != line) return inside;
  const llvm::StringRef rest = sources.getBufferData(file).drop_front(sources.getFileOffset(start));
  const auto blanks = rest.find_first_not_of(" \t");
  if (blanks == llvm::StringRef::npos || rest[blanks] == '\n') return start;
  return start.getLocWithOffset(static_cast<int>(blanks));
}

clang::SourceLocation start_of(const formats::Boundary& boundary, clang::SourceLocation graph,
                               const Project& project) {
  if (boundary.file.empty()) return start_of_line(graph, boundary.line, project);
  const auto& sources = project.sources();
  const auto file = sources.getFileManager().getOptionalFileRef(boundary.file);
  const auto id = file ? sources.translateFile(*file) : clang::FileID();
  return id.isValid() ? start_of_line(sources.getLocForStartOfFile(id), boundary.line, project) : graph;
}

}  // namespace dflow::compiler
