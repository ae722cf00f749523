#include "compiler/driver/uses.h"

#include "compiler/driver/parse_arguments.h"
#include "compiler/driver/standard_input.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

/// A command that makes the host compiler print what `source` depends on.
std::vector<std::string> list_command(const CommandLine& line, const Argument& source,
                                      const Installation& installation) {
  std::vector<std::string> words;
  for (const Argument& argument : line.arguments) {
    const bool kept = (argument.role == Role::preprocessor || argument.role == Role::other) &&
                      argument.name != "-v" && argument.name != "--" &&
                      !argument.name.starts_with("-save-temps");
    if (kept) words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  const auto dflow = include_flags(installation);
  words.insert(words.end(), dflow.begin(), dflow.end());
  const std::string file = source.value == "-" ? kStandardInput : source.value;
  words.insert(words.end(), {"-w", "-M", "-x", source.language, file});
  return words;
}

bool includes_dflow(const Argument& source, const Host& host, const CommandLine& line,
                    const Installation& installation, TemporaryDirectory& directory) {
  const Command command{.program = host.program,
                        .arguments = list_command(line, source, installation),
                        .output = directory.new_path(".d"),
                        .errors = directory.new_path(".err")};
  if (!run(command).ok()) return true;
  const auto list = formats::read_file(command.output);
  return !list || list.value().find("/dflow/dflow.h") != std::string::npos;
}

}  // namespace

Candidates find_candidates(const CommandLine& line, const Installation& installation) {
  Candidates candidates;
  if (line.stage == Stage::query) return candidates;
  const IncludePaths paths = include_paths(line);
  for (const Argument& source : line.arguments) {
    if (!is_cxx_source(source) && !is_cxx_interface(source)) continue;
    if (source.value == "-") keep_standard_input();
    const UsesDflow uses = IncludeScan(paths, installation.include_dir).scan(source);
    if (uses != UsesDflow::no) candidates.push_back({&source, uses});
  }
  return candidates;
}

std::vector<const Argument*> confirm(const Candidates& candidates, const Host& host, const CommandLine& line,
                                     const Installation& installation, TemporaryDirectory& directory) {
  std::vector<const Argument*> sources;
  for (const Candidate& candidate : candidates) {
    const bool certain = candidate.uses == UsesDflow::yes;
    if (certain || includes_dflow(*candidate.source, host, line, installation, directory)) {
      sources.push_back(candidate.source);
    }
  }
  return sources;
}

}  // namespace dflow::compiler
