#include "compiler/driver/driver.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "compiler/driver/build_paths.h"
#include "compiler/driver/command_line.h"
#include "compiler/driver/fragment.h"
#include "compiler/driver/frontend_process.h"
#include "compiler/driver/host.h"
#include "compiler/driver/include_scan.h"
#include "compiler/driver/link.h"
#include "compiler/driver/options.h"
#include "compiler/driver/outputs.h"
#include "compiler/driver/parse_arguments.h"
#include "compiler/driver/takeover.h"
#include "compiler/driver/uses.h"
#include "compiler/driver/whole_program.h"

namespace dflow::compiler {
namespace {

constexpr int kCannotRun = 127;  // as shells say "command not found"

int fail(const std::string& message, int exit_code = 1) {
  std::cerr << "dflowc: error: " << message << "\n";
  return exit_code;
}

/// Whether this command compiles the text of its sources; only then is there a point in rewriting them.
bool compiles_text(const CommandLine& line) {
  const bool prints_macros = line.stage == Stage::preprocess && line.has("-dM");
  const bool other =
      line.stage == Stage::query || line.stage == Stage::dependencies || line.stage == Stage::precompile;
  return !other && !prints_macros;
}

/// One run of dflowc on a command that holds dflow code.
class Run {
 public:
  Run(const Options& options, const Installation& installation, const Host& host, const CommandLine& line,
      TemporaryDirectory& directory)
      : options_(options), installation_(installation), host_(host), line_(line), directory_(directory) {}

  int run(const std::vector<const Argument*>& sources) {
    if (compiles_text(line_)) {
      for (const Argument* source : sources) {
        if (!is_cxx_source(*source))
          continue;  // what is precompiled stays the user's: its graphs are dynamic
        if (const auto failed = analyse(*source, sources)) return *failed;
        if (interrupted()) return 1;
      }
      if (const auto written = outputs_.write(options_); !written) return fail(written.message());
    }
    return compile();
  }

 private:
  /// Has the frontend look at one source. An exit code if that ends everything.
  std::optional<int> analyse(const Argument& source, const std::vector<const Argument*>& all) {
    if (source.value == "-") {
      untouched(source, "it is read from standard input");
      return std::nullopt;
    }
    if (const std::string missing = missing_headers(); !missing.empty()) return fail(missing);
    FrontendJob job = make_job(line_, source, host_.kind, options_, installation_);
    if (links_program(line_)) add_neighbours(job, source, all);
    if (const auto told = add_told(job, source); !told) return fail(told.message());
    const Taken taken{.object = directory_.new_path(".o"), .said = Captured(directory_)};
    if (may_take_over(host_, line_, source, options_)) {
      const auto flags = taken.said.flags(include_flags(installation_));
      job.compile = object_command(host_, line_, source, taken.object, flags);
      job.errors = taken.said.path();
    }
    auto ran = run_frontend_process(installation_.frontend, job, directory_, host_.verbose);
    if (!ran) {
      untouched(source, ran.message());
      return std::nullopt;
    }
    FrontendResult result = std::move(ran).value();
    if (result.fatal) return 1;
    if (!result.parsed) {
      untouched(source, "only the host compiler can parse it: " + result.first_error);
      return std::nullopt;
    }
    outputs_.add(source.value, result);
    if (!result.has_dflow) result.files.clear();
    if (result.files.empty() && !result.compiled) return std::nullopt;
    rewritten_.push_back({&source, std::move(result.files)});
    if (result.compiled) rewritten_.back().taken = taken;
    return std::nullopt;
  }

  /// The other sources of the command: what they define is what the program has.
  void add_neighbours(FrontendJob& job, const Argument& source, const std::vector<const Argument*>& all) const {
    for (const Argument* other : all) {
      const bool parsed = other != &source && is_cxx_source(*other) && other->value != "-";
      if (parsed) job.neighbours.push_back(make_job(line_, *other, host_.kind, options_, installation_));
    }
  }

  /// What this command is told of others, and tells them.
  formats::Result<void> add_told(FrontendJob& job, const Argument& source) const {
    if (!options_.neighbours.empty()) {
      auto jobs = jobs_in(options_.neighbours);
      if (!jobs) return jobs.error();
      job.neighbours = std::move(jobs).value();
    }
    const bool makes_object = line_.stage == Stage::object || line_.stage == Stage::link || line_.stage == Stage::assembly;
    if (!options_.whole_program || !makes_object) return {};
    job.command = unit_command(line_, source, options_, host_.program);
    job.compiler = DFLOW_VERSION_TEXT;
    return {};
  }

  /// Why Clang could not parse anything at all, or "".
  std::string missing_headers() const {
    const std::string directory =
        options_.resource_dir.empty() ? installation_.resource_dir : options_.resource_dir;
    if (line_.has("-resource-dir") || std::filesystem::exists(directory + "/include/stddef.h")) return "";
    return "Clang's resource directory '" + directory +
           "' has no include/stddef.h; install libclang-common-19-dev, or name another with "
           "--dflow-resource-dir=DIR "
           "('clang++-19 -print-resource-dir' prints it)";
  }

  void untouched(const Argument& source, const std::string& reason) {
    outputs_.add(source.value, {});
    warnings_.push_back(source.value + ": compiled unchanged, its graphs are built at run time: " + reason);
  }

  int compile() {
    const HostJob job{.line = line_,
                      .rewritten = std::move(rewritten_),
                      .compile_flags = include_flags(installation_),
                      .link_flags = runtime_flags(line_, installation_),
                      .directory = directory_,
                      .link = linker()};
    const bool by_one_command = host_.kind == HostKind::clang && !job.link && std::ranges::none_of(job.rewritten, [](const auto& each) {
      return each.taken.has_value();
    });
    const HostResult result = by_one_command ? compile_with_clang(host_, job) : compile_one_by_one(host_, job);
    if (result.exit_code != 0) return result.exit_code;  // the host compiler has said why
    if (!result.refused.empty()) {
      warnings_.push_back(
          "compiled unchanged, its graphs are built at run time: the host compiler refuses dflow's "
          "generated code: " +
          first_error_line(result.refused));
    }
    for (const std::string& warning : warnings_) std::cerr << "dflowc: warning: " << warning << "\n";
    return 0;
  }

  /// Empty: the host compiler links.
  std::function<Outcome(const std::vector<std::string>&)> linker() {
    if (!options_.whole_program || !links_program(line_)) return {};
    return [this](const auto& words) { return link_whole_program(host_, words, {options_, installation_, directory_}); };
  }

  const Options& options_;
  const Installation& installation_;
  const Host& host_;
  const CommandLine& line_;
  TemporaryDirectory& directory_;
  std::vector<RewrittenSource> rewritten_;
  std::vector<std::string> warnings_;
  Outputs outputs_;
};

/// A command without dflow sources: the host compiler's, with the runtime where objects with dflow code are
/// linked.
int pass_through(const Options& options, const Installation& installation, const Host& host,
                 const CommandLine& line) {
  if (compiles_text(line)) {
    if (const auto written = Outputs{}.write(options); !written) return fail(written.message());
  }
  std::vector<std::string> words = line.words;
  if (line.stage == Stage::link && links_dflow_objects(line))
    words = with_flags(words, runtime_flags(line, installation));
  if (options.whole_program && links_program(line)) {
    auto directory = TemporaryDirectory::create();
    if (!directory) return fail(directory.message());
    return link_whole_program(host, words, {options, installation, directory.value()}).exit_code;
  }
  return run_host(host, words).exit_code;
}

int run_with(const Options& options, const Installation& installation, Host& host, const CommandLine& line) {
  const Candidates candidates = find_candidates(line, installation);
  if (candidates.empty()) return pass_through(options, installation, host, line);
  auto directory = TemporaryDirectory::create();
  if (!directory) return fail(directory.message());
  const auto sources = confirm(candidates, host, line, installation, directory.value());
  if (sources.empty()) return pass_through(options, installation, host, line);
  host.kind = kind_of_host(host.program, directory.value());
  return Run(options, installation, host, line, directory.value()).run(sources);
}

}  // namespace

int drive(const std::vector<std::string>& words, const Installation& installation) {
  const auto split = take_options(words);
  if (!split) return fail(split.message());
  const Options& options = split.value().options;
  if (options.help || options.version) {
    std::cout << (options.help ? help_text() : "dflowc " DFLOW_VERSION_TEXT "\n");
    return 0;
  }
  auto host = find_host(options.host, installation.self);
  if (!host) return fail(host.message(), kCannotRun);
  const CommandLine line = analyse_command_line(split.value().words, split.value().expanded);
  host.value().verbose = line.has("-v") || line.has("--verbose");
  hold_termination_signals();
  int exit_code = run_with(options, installation, host.value(), line);
  if (exit_code == 0 && options.verify) exit_code = verify_linked(line, installation);
  finish_interrupted();
  return exit_code;
}

}  // namespace dflow::compiler
