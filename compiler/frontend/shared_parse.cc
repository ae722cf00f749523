#include "compiler/frontend/shared_parse.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "clang/CodeGen/CodeGenAction.h"
#include "clang/Driver/Compilation.h"
#include "clang/Driver/Driver.h"
#include "clang/Driver/Tool.h"
#include "clang/Driver/ToolChain.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Sema/Sema.h"
#include "compiler/frontend/analysing_consumer.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/forget_libraries.h"
#include "compiler/frontend/leading_includes.h"
#include "compiler/frontend/shared_region.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

namespace dflow::compiler {
namespace {

/// The Clang whose compilations this library can do in its place.
bool is_this_clang(const std::string& program) {
  std::error_code error;
  return std::filesystem::equivalent(program, DFLOW_CLANG_PROGRAM, error) && !error;
}

/// What the program reads from the environment, and the library does not.
bool environment_has_a_say() {
  constexpr std::array kNames = {"CCC_OVERRIDE_OPTIONS",
                                 "QA_OVERRIDE_GCC3_OPTIONS",
                                 "CC_PRINT_OPTIONS",
                                 "CC_PRINT_HEADERS",
                                 "CC_LOG_DIAGNOSTICS",
                                 "CC_PRINT_PROC_STAT",
                                 "FORCE_CLANG_DIAGNOSTICS_CRASH"};
  return std::ranges::any_of(kNames, [](const char* name) { return std::getenv(name) != nullptr; });
}

/// Standard error goes to a file for a while.
class ErrorsTo {
 public:
  explicit ErrorsTo(const std::string& path) : kept_(dup(STDERR_FILENO)) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (file < 0) return;
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ErrorsTo(const ErrorsTo&) = delete;
  ErrorsTo& operator=(const ErrorsTo&) = delete;
  ~ErrorsTo() { restore(); }

  void restore() {
    if (kept_ < 0) return;
    dup2(kept_, STDERR_FILENO);
    close(std::exchange(kept_, -1));
  }

 private:
  int kept_;
};

/// The main file's text in memory that can be changed while Clang reads it, with room behind it.
class MainText {
 public:
  MainText(std::string_view text, std::size_t capacity)
      : buffer_(llvm::WritableMemoryBuffer::getNewUninitMemBuffer(capacity)) {
    write(text);
  }

  llvm::MemoryBuffer& buffer() { return *buffer_; }
  bool holds(std::string_view text) const { return text.size() < buffer_->getBufferSize(); }
  std::string_view first(std::size_t size) const { return {buffer_->getBufferStart(), size}; }

  /// How far a lexer of it has come; nothing: that one reads something else.
  std::optional<std::size_t> offset_of(const char* at) const {
    const bool inside = at >= buffer_->getBufferStart() && at <= buffer_->getBufferEnd();
    return inside ? std::optional(static_cast<std::size_t>(at - buffer_->getBufferStart())) : std::nullopt;
  }

  void write(std::string_view text) {
    std::ranges::copy(text, buffer_->getBufferStart());
    std::fill(buffer_->getBufferStart() + text.size(), buffer_->getBufferEnd(), ' ');
    buffer_->getBufferEnd()[-1] = '\n';
  }

 private:
  std::unique_ptr<llvm::WritableMemoryBuffer> buffer_;
};

/// The two ways that a parse goes on from the first code that may be changed, and what they share.
class Fork {
 public:
  Fork(const FrontendJob& job, const Exchange& exchange, ErrorsTo& errors, MainText& text,
       const LeadingIncludes& includes, std::size_t last_shared)
      : job_(job),
        exchange_(exchange),
        errors_(errors),
        text_(text),
        includes_(includes),
        last_shared_(last_shared),
        flags_(warning_flags(job.arguments)) {}

  enum class Branch { none, analysis, compilation, abandoned };
  Branch branch() const { return branch_; }
  const LeadingIncludes& includes() const { return includes_; }

  /// The preprocessor is behind the leading includes.
  void approach(clang::CompilerInstance& compiler) {
    if (approaching_) return;
    approaching_ = true;
    compiler.getPreprocessor().setTokenWatcher([this, &compiler](const clang::Token& token) {
      if (branch_ != Branch::none || !token.getLocation().isFileID()) return;
      const auto [file, offset] = compiler.getSourceManager().getDecomposedLoc(token.getLocation());
      if (file == compiler.getSourceManager().getMainFileID() && offset >= last_shared_) branch_off(compiler);
    });
  }

  /// The preprocessor has read the last token that both ways share.
  void branch_off(clang::CompilerInstance& compiler) {
    if (branch_ != Branch::none || compiler.getDiagnostics().hasErrorOccurred()) return;
    const auto* lexer = static_cast<clang::Lexer*>(compiler.getPreprocessor().getCurrentFileLexer());
    const auto read = lexer == nullptr ? std::nullopt : text_.offset_of(lexer->getBufferLocation());
    if (!read) return;
    read_ = *read;
    const pid_t child = fork();
    if (child == 0) return begin_analysis(compiler);
    if (child > 0) begin_compilation(compiler, child);
  }

  /// The unit of the analysis is parsed. Does not return.
  [[noreturn]] void end_analysis(clang::ASTContext& context) {
    result_.parsed = first_error_.getNumErrors() == 0;
    if (result_.parsed) {
      analysis_->HandleTranslationUnit(context);
    } else {
      result_ = unparsed(job_, first_error_);
    }
    std::cerr << result_.diagnostics << std::flush;
    _exit(exchange_.publish(result_));  // what was opened for the compilation is the other process's
  }

 private:
  void begin_analysis(clang::CompilerInstance& compiler) {
    branch_ = Branch::analysis;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    errors_.restore();
    keep_dflow_attributes(KeepAttributes::yes);
    compiler.getDiagnostics().setClient(&first_error_, false);
    compiler.getDiagnostics().setIgnoreAllWarnings(true);
    clang::DiagnosticOptions options = compiler.getDiagnosticOpts();
    options.ShowColors = std::ranges::count(job_.arguments, "-fcolor-diagnostics") > 0;
    forget_libraries_at_end(compiler.getSema());
    analysis_ = analysing_consumer(result_, flags_, job_, options);
  }

  void begin_compilation(clang::CompilerInstance& compiler, pid_t child) {
    branch_ = Branch::abandoned;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) end_as(compiler, WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
      compiler.clearOutputFiles(/*EraseFiles=*/true);
      _exit(WEXITSTATUS(status));
    }
    const auto text = exchange_.changed_text();
    if (!text || !text_.holds(*text) || !text->starts_with(text_.first(read_))) {
      return compiler.clearOutputFiles(/*EraseFiles=*/true);
    }
    text_.write(*text);
    const auto& sources = compiler.getSourceManager();
    sources.getSLocEntry(sources.getMainFileID()).getFile().getContentCache().SourceLineCache = {};
    keep_dflow_attributes(KeepAttributes::no);
    branch_ = Branch::compilation;
  }

  /// The analysis died: whoever waits for this process is to learn how.
  static void end_as(clang::CompilerInstance& compiler, int signal_number) {
    compiler.clearOutputFiles(/*EraseFiles=*/true);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
  }

  const FrontendJob& job_;
  const Exchange& exchange_;
  ErrorsTo& errors_;
  MainText& text_;
  const LeadingIncludes includes_;
  const std::size_t last_shared_;
  const WarningFlags flags_;
  bool approaching_ = false;
  std::size_t read_ = 0;  // of the main file when it came to the fork
  Branch branch_ = Branch::none;
  FrontendResult result_;
  FirstError first_error_;
  std::unique_ptr<clang::ASTConsumer> analysis_;
};

/// Finds the end of the leading includes: the last one has been read, or was found to be read already.
class Watch : public clang::PPCallbacks {
 public:
  Watch(clang::CompilerInstance& compiler, Fork& fork) : compiler_(compiler), fork_(fork) {}

  void InclusionDirective(clang::SourceLocation hash, const clang::Token&, llvm::StringRef, bool,
                          clang::CharSourceRange, clang::OptionalFileEntryRef, llvm::StringRef,
                          llvm::StringRef, const clang::Module*, bool,
                          clang::SrcMgr::CharacteristicKind) override {
    if (in_main_file(hash)) at_last_ = sources().getFileOffset(hash) >= fork_.includes().last;
  }
  void FileSkipped(const clang::FileEntryRef&, const clang::Token& name,
                   clang::SrcMgr::CharacteristicKind) override {
    if (at_last_ && in_main_file(name.getLocation())) fork_.approach(compiler_);
  }
  void FileChanged(clang::SourceLocation location, FileChangeReason reason, clang::SrcMgr::CharacteristicKind,
                   clang::FileID) override {
    if (at_last_ && reason == ExitFile && in_main_file(location)) fork_.approach(compiler_);
  }

 private:
  const clang::SourceManager& sources() const { return compiler_.getSourceManager(); }
  bool in_main_file(clang::SourceLocation location) const {
    return location.isFileID() && sources().getFileID(location) == sources().getMainFileID();
  }

  clang::CompilerInstance& compiler_;
  Fork& fork_;
  bool at_last_ = false;
};

/// Generates code in the branch that compiles, and in no other.
class ForkedConsumer : public clang::MultiplexConsumer {
 public:
  ForkedConsumer(std::vector<std::unique_ptr<clang::ASTConsumer>> consumers,
                 clang::CompilerInstance& compiler, Fork& fork)
      : MultiplexConsumer(std::move(consumers)), compiler_(compiler), fork_(fork) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    const bool hopeless =
        fork_.branch() == Fork::Branch::none && compiler_.getDiagnostics().hasErrorOccurred();
    if (hopeless || fork_.branch() == Fork::Branch::abandoned) return false;  // ends the parse
    if (fork_.branch() != Fork::Branch::analysis) return MultiplexConsumer::HandleTopLevelDecl(group);
    forget_libraries(compiler_.getSema());
    return true;
  }
  void HandleVTable(clang::CXXRecordDecl* record) override {
    if (fork_.branch() != Fork::Branch::analysis) MultiplexConsumer::HandleVTable(record);
  }
  void HandleCXXStaticMemberVarInstantiation(clang::VarDecl* variable) override {
    if (fork_.branch() != Fork::Branch::analysis)
      MultiplexConsumer::HandleCXXStaticMemberVarInstantiation(variable);
  }
  void CompleteTentativeDefinition(clang::VarDecl* variable) override {
    if (fork_.branch() != Fork::Branch::analysis) MultiplexConsumer::CompleteTentativeDefinition(variable);
  }
  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (fork_.branch() == Fork::Branch::analysis) fork_.end_analysis(context);
    if (fork_.branch() == Fork::Branch::compilation) return MultiplexConsumer::HandleTranslationUnit(context);
    compiler_.clearOutputFiles(/*EraseFiles=*/true);
  }

 private:
  clang::CompilerInstance& compiler_;
  Fork& fork_;
};

class Action : public clang::EmitObjAction {
 public:
  explicit Action(Fork& fork) : fork_(fork) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                        llvm::StringRef file) override {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(EmitObjAction::CreateASTConsumer(compiler, file));
    if (consumers.front() == nullptr) return nullptr;
    compiler.getPreprocessor().addPPCallbacks(std::make_unique<Watch>(compiler, fork_));
    return std::make_unique<ForkedConsumer>(std::move(consumers), compiler, fork_);
  }

 private:
  Fork& fork_;
};

void prepare_code_generation() {
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
}

/// What the host compiler would do for a command, as one job of its inner compiler.
class HostInvocation {
 public:
  explicit HostInvocation(const std::vector<std::string>& command)
      : diagnostics_(
            clang::CompilerInstance::createDiagnostics(new clang::DiagnosticOptions, &complaints_, false)),
        driver_(std::filesystem::canonical(command.front()).string(), llvm::sys::getDefaultTargetTriple(),
                *diagnostics_) {
    driver_.setTargetAndMode(clang::driver::ToolChain::getTargetAndModeFromProgramName(command.front()));
    std::vector<const char*> words;
    for (const std::string& word : command) words.push_back(word.c_str());
    compilation_.reset(driver_.BuildCompilation(words));
  }

  /// Null unless it is one compilation to an object and there is nothing to say about the command.
  std::shared_ptr<clang::CompilerInvocation> invocation() {
    if (!compilation_ || compilation_->containsError() || compilation_->getJobs().size() != 1) return nullptr;
    const clang::driver::Command& job = *compilation_->getJobs().begin();
    if (llvm::StringRef(job.getCreator().getName()) != "clang") return nullptr;
    auto made = std::make_shared<clang::CompilerInvocation>();
    // The arguments begin behind -cc1.
    const auto arguments = llvm::ArrayRef(job.getArguments()).drop_front();
    if (!clang::CompilerInvocation::CreateFromArgs(*made, arguments, *diagnostics_, job.getExecutable()))
      return nullptr;
    const auto& frontend = made->getFrontendOpts();
    const bool plain = frontend.ProgramAction == clang::frontend::EmitObj && frontend.Inputs.size() == 1 &&
                       frontend.Plugins.empty() && frontend.LLVMArgs.empty() &&
                       made->getPreprocessorOpts().ImplicitPCHInclude.empty();
    const bool silent = complaints_.getNumErrors() + complaints_.getNumWarnings() == 0;
    return plain && silent ? made : nullptr;
  }

 private:
  clang::DiagnosticConsumer complaints_;  // counts
  llvm::IntrusiveRefCntPtr<clang::DiagnosticsEngine> diagnostics_;
  clang::driver::Driver driver_;
  std::unique_ptr<clang::driver::Compilation> compilation_;
};

/// Room for what the analysis adds.
std::size_t capacity_for(std::string_view text) {
  return 4 * text.size() + (std::size_t{1} << 18);
}

}  // namespace

SharedParse run_shared(const FrontendJob& job, const Exchange& exchange) {
  if (job.compile.empty() || !is_this_clang(job.compile.front()) || environment_has_a_say())
    return SharedParse::impossible;
  const auto original = llvm::MemoryBuffer::getFile(job.main_file);
  if (!original) return SharedParse::impossible;
  const std::string_view text = (*original)->getBuffer();
  const auto includes = leading_includes(text);
  const bool dated = text.find("__TIMESTAMP__") != std::string_view::npos;
  if (!includes || dated) return SharedParse::impossible;

  HostInvocation host(job.compile);
  const auto invocation = host.invocation();
  if (!invocation) return SharedParse::impossible;
  ErrorsTo errors(job.errors);
  keep_dflow_attributes(KeepAttributes::later);
  MainText main_text(text, capacity_for(text));
  invocation->getPreprocessorOpts().addRemappedFile(job.main_file, &main_text.buffer());
  invocation->getPreprocessorOpts().RetainRemappedFileBuffers = true;

  prepare_code_generation();
  clang::CompilerInstance compiler;
  compiler.setInvocation(invocation);
  compiler.createDiagnostics();
  Fork fork(job, exchange, errors, main_text, *includes, last_shared_token(text, includes->end));
  Action action(fork);
  const bool made = compiler.ExecuteAction(action);
  switch (fork.branch()) {
    case Fork::Branch::compilation:
      return made ? SharedParse::compiled : SharedParse::analysed;
    case Fork::Branch::abandoned:
      return SharedParse::analysed;
    default:
      return SharedParse::impossible;
  }
}

}  // namespace dflow::compiler
