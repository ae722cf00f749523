#include "compiler/frontend/frontend.h"

#include <memory>
#include <utility>

#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Tooling/Tooling.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/rewrite.h"

namespace dflow::compiler {
namespace {

/// Remembers the first error and prints nothing: the host compiler reports what is wrong with the program.
class FirstError : public clang::DiagnosticConsumer {
 public:
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& diagnostic) override {
    DiagnosticConsumer::HandleDiagnostic(level, diagnostic);
    if (level < clang::DiagnosticsEngine::Error || !text.empty()) return;
    llvm::SmallString<128> message;
    diagnostic.FormatDiagnostic(message);
    if (diagnostic.hasSourceManager() && diagnostic.getLocation().isValid()) {
      const auto place = user_place(diagnostic.getLocation(), diagnostic.getSourceManager());
      text = place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
    }
    text += message.str();
  }

  std::string text;
};

class Consumer : public clang::ASTConsumer {
 public:
  explicit Consumer(FrontendResult& result) : result_(result) {}

  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (context.getDiagnostics().hasErrorOccurred()) return;
    const Project project(context);
    if (!project.uses_dflow()) return;
    const Definitions definitions = project_definitions(project);
    Proposals proposals;
    propose_edits(project, definitions, proposals);
    write_files(context.getSourceManager(), proposals);
  }

 private:
  void write_files(const clang::SourceManager& sources, const Proposals& proposals) {
    auto& files = sources.getFileManager();
    for (const auto& [path, edits] : proposals.agreed()) {
      if (edits.empty()) continue;
      const auto buffer = files.getBufferForFile(path);
      if (!buffer) continue;
      result_.files.push_back({path, apply_edits((*buffer)->getBuffer().str(), edits)});
    }
    result_.has_dflow = !result_.files.empty();
  }

  FrontendResult& result_;
};

class Action : public clang::ASTFrontendAction {
 public:
  explicit Action(FrontendResult& result) : result_(result) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler, llvm::StringRef) override {
    compiler.getFrontendOpts().SkipFunctionBodies = false;
    return std::make_unique<Consumer>(result_);
  }

 private:
  FrontendResult& result_;
};

std::vector<std::string> command_line(const FrontendJob& job) {
  std::vector<std::string> command = {"clang++"};
  command.insert(command.end(), job.arguments.begin(), job.arguments.end());
  command.insert(command.end(), {"-fsyntax-only", "-w", job.main_file});
  std::erase(command, "-Rdflow");
  return command;
}

}  // namespace

FrontendResult run_frontend(const FrontendJob& job) {
  keep_dflow_attributes();
  FrontendResult result;
  FirstError errors;
  llvm::IntrusiveRefCntPtr<clang::FileManager> files(new clang::FileManager({.WorkingDir = job.directory}));
  clang::tooling::ToolInvocation invocation(command_line(job), std::make_unique<Action>(result), files.get());
  invocation.setDiagnosticConsumer(&errors);
  result.parsed = invocation.run() && errors.getNumErrors() == 0;
  if (!result.parsed) {
    const std::string reason = errors.text.empty() ? job.main_file + ": Clang could not parse it" : errors.text;
    result = {};
    result.first_error = reason;
  }
  return result;
}

}  // namespace dflow::compiler
