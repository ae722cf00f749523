#include "compiler/driver/fragment.h"

#include <algorithm>
#include <utility>

#include "compiler/driver/exchange.h"
#include "compiler/driver/host.h"
#include "compiler/driver/parse_arguments.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

bool belongs_to_the_unit(const Argument& argument) {
  switch (argument.role) {
    case Role::input:
    case Role::output:
    case Role::stage:
    case Role::dependencies:
    case Role::linker:
    case Role::query:
      return false;
    default:
      return argument.name != "--";
  }
}

}  // namespace

std::vector<std::string> unit_command(const CommandLine& line, const Argument& source, const Options& options,
                                      const std::string& host) {
  std::vector<std::string> words{"--dflow-host=" + host};
  for (const std::string& pass : options.passes) words.push_back("--dflow-pass=" + pass);
  if (!options.resource_dir.empty()) words.push_back("--dflow-resource-dir=" + options.resource_dir);
  for (const Argument& argument : line.arguments)
    if (belongs_to_the_unit(argument))
      words.insert(words.end(), argument.words.begin(), argument.words.end());
  words.insert(words.end(), {"-c", source.value});
  return words;
}

formats::Result<FrontendJob> job_of(const formats::Unit& unit, const Installation& installation,
                                    TemporaryDirectory& directory) {
  const auto split = take_options(unit.command);
  if (!split) return split.error();
  const CommandLine line = analyse_command_line(split.value().words, split.value().expanded);
  const auto source =
      std::ranges::find_if(line.arguments, [](const auto& each) { return is_cxx_source(each); });
  if (source == line.arguments.end()) return formats::Error{"its command names no C++ source"};
  const Options& options = split.value().options;
  FrontendJob job = make_job(line, *source, kind_of_host(options.host, directory), options, installation);
  job.directory = unit.directory;
  return job;
}

std::string to_text(const std::vector<FrontendJob>& jobs) {
  return to_text(FrontendJob{.main_file = {}, .arguments = {}, .directory = {}, .neighbours = jobs});
}

formats::Result<std::vector<FrontendJob>> jobs_in(const std::string& file) {
  const auto text = formats::read_file(file);
  if (!text) return text.error();
  auto jobs = job_from_text(text.value());
  if (!jobs) return formats::Error{"'" + file + "' is no list of neighbours: " + jobs.message()};
  return std::move(jobs.value().neighbours);
}

std::string changed_file(const formats::Unit& unit) {
  for (const formats::UnitFile& file : unit.files) {
    const auto text = formats::read_file(file.path);
    if (!text || formats::source_hash(text.value()) != file.hash) return file.path;
  }
  return "";
}

}  // namespace dflow::compiler
