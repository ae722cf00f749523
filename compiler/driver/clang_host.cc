#include <filesystem>
#include <iostream>

#include "compiler/driver/captured.h"
#include "compiler/driver/host.h"
#include "compiler/driver/include_scan.h"
#include "compiler/driver/overlay.h"

namespace dflow::compiler {
namespace {

std::vector<RewrittenFile> all_files(const HostJob& job) {
  std::vector<RewrittenFile> files;
  for (const RewrittenSource& source : job.rewritten) {
    files.insert(files.end(), source.files.begin(), source.files.end());
  }
  return files;
}

/// Where sources and headers are looked for.
std::vector<std::string> directories_of(const CommandLine& line) {
  const IncludePaths paths = include_paths(line);
  std::vector<std::string> directories{"."};
  for (const auto* list : {&paths.quote, &paths.angle, &paths.system}) {
    directories.insert(directories.end(), list->begin(), list->end());
  }
  for (const Argument& argument : line.arguments) {
    if (!is_cxx_source(argument)) continue;
    const std::string directory = std::filesystem::path(argument.value).parent_path();
    directories.push_back(directory.empty() ? "." : directory);
  }
  return directories;
}

/// The rewritten files; a source that is a symbolic link itself, under its own name too.
std::vector<RewrittenFile> with_links(std::vector<RewrittenFile> files, const HostJob& job) {
  for (const RewrittenSource& rewritten : job.rewritten) {
    std::error_code error;
    const std::string real = std::filesystem::canonical(rewritten.source->value, error);
    for (const RewrittenFile& file : rewritten.files) {
      if (file.path == real && real != rewritten.source->value)
        files.push_back({rewritten.source->value, file.text});
    }
  }
  return files;
}

std::vector<std::string> plain_words(const HostJob& job) {
  return with_flags(with_flags(job.line.words, job.compile_flags), job.link_flags);
}

}  // namespace

HostResult compile_with_clang(const Host& host, const HostJob& job) {
  const std::vector<std::string> plain = plain_words(job);
  const std::vector<RewrittenFile> files = all_files(job);
  if (files.empty()) return {.exit_code = run_host(host, plain).exit_code, .refused = {}};
  const auto overlay = write_overlay(with_links(files, job), directories_of(job.line), job.directory);
  if (!overlay) {
    std::cerr << "dflowc: error: " << overlay.message() << "\n";
    return {.exit_code = 1, .refused = {}};
  }
  Captured captured(job.directory);
  const Outcome changed = run_host(host, with_flags(plain, captured.flags({"-ivfsoverlay", overlay.value()})),
                                   "", captured.path());
  if (changed.ok() || changed.signal != 0) {
    captured.print(files);
    return {.exit_code = changed.exit_code, .refused = {}};
  }
  // An error in the user's code, most likely: let the host compiler tell of it from the user's own text.
  const Outcome original = run_host(host, plain);
  if (!original.ok()) return {.exit_code = original.exit_code, .refused = {}};
  // -Werror may have met a warning about generated code alone; of the user's code everything has been said.
  const Captured quiet(job.directory);
  const Outcome silenced = run_host(
      host, with_flags(plain, {"-w", "-Wno-error", "-ivfsoverlay", overlay.value()}), "", quiet.path());
  if (silenced.ok()) return {.exit_code = 0, .refused = {}};
  const Outcome again = run_host(host, plain, "", quiet.path());  // a failed compilation removes its outputs
  return {.exit_code = again.exit_code, .refused = captured.text()};
}

}  // namespace dflow::compiler
