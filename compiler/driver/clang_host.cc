#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <string_view>

#include "compiler/driver/captured.h"
#include "compiler/driver/host.h"
#include "compiler/driver/include_scan.h"
#include "compiler/driver/overlay.h"

namespace dflow::compiler {
namespace {

std::vector<RewrittenFile> all_files(const std::vector<RewrittenSource>& sources) {
  std::vector<RewrittenFile> files;
  for (const RewrittenSource& source : sources) {
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

/// A source that is a symbolic link itself is to be seen changed under its own name too.
void add_link(std::vector<RewrittenFile>& files, const RewrittenSource& rewritten) {
  const std::string& name = rewritten.source->value;
  std::error_code error;
  const std::string real = std::filesystem::canonical(name, error);
  for (const RewrittenFile& file : rewritten.files) {
    if (file.path == real && real != name) files.push_back({name, file.text});
  }
}

/// Whether two sources need different versions of one header (templates in it may be instantiated
/// differently).
bool disagree(const std::vector<RewrittenFile>& files) {
  std::map<std::string_view, std::string_view> texts;
  return std::any_of(files.begin(), files.end(), [&texts](const RewrittenFile& file) {
    return texts.try_emplace(file.path, file.text).first->second != file.text;
  });
}

std::vector<std::string> plain_words(const HostJob& job) {
  return with_flags(with_flags(job.line.words, job.compile_flags), job.link_flags);
}

}  // namespace

formats::Result<std::string> overlay_for(const HostJob& job, const std::vector<RewrittenSource>& sources) {
  std::vector<RewrittenFile> files = all_files(sources);
  for (const RewrittenSource& source : sources) add_link(files, source);
  return write_overlay(files, directories_of(job.line), job.directory);
}

HostResult compile_with_clang(const Host& host, const HostJob& job) {
  const std::vector<std::string> plain = plain_words(job);
  const std::vector<RewrittenFile> files = all_files(job.rewritten);
  if (files.empty()) return {.exit_code = run_host(host, plain).exit_code, .refused = {}};
  if (disagree(files)) return compile_one_by_one(host, job);
  const auto overlay = overlay_for(job, job.rewritten);
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
