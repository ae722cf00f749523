#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "compiler/driver/captured.h"
#include "compiler/driver/host.h"
#include "compiler/driver/splice.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace fs = std::filesystem;
namespace {

using Words = std::vector<std::string>;

/// The words of the arguments whose roles are not among these; inputs never.
template <class... Roles>
Words words_without(const CommandLine& line, Roles... roles) {
  Words words;
  for (const Argument& argument : line.arguments) {
    const bool unwanted = argument.role == Role::input || argument.role == Role::output ||
                          argument.role == Role::language || argument.name == "--" ||
                          ((argument.role == roles) || ...);
    if (!unwanted) words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  return words;
}

Words& append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string output_of(const CommandLine& line) {
  const auto last = std::find_if(line.arguments.rbegin(), line.arguments.rend(),
                                 [](const Argument& argument) { return argument.role == Role::output; });
  return last == line.arguments.rend() ? "" : last->value;
}

std::string stem_of(const Argument& source) {
  return fs::path(source.value).stem().string();
}

/// -MF and -MQ as g++ itself would choose them for this source: the steps below name other files.
Words dependency_names(const CommandLine& line, const Argument& source) {
  if (!line.has("-MD") && !line.has("-MMD")) return {};
  const std::string output = output_of(line);
  Words words;
  if (!line.has("-MF")) {
    std::string beside = line.stage == Stage::link ? "a-" : "";
    beside.append(stem_of(source)).append(".d");
    append(words, {"-MF", output.empty() ? beside : fs::path(output).replace_extension(".d").string()});
  }
  if (!line.has("-MT") && !line.has("-MQ")) {
    append(words, {"-MQ", output.empty() ? stem_of(source) + ".o" : output});
  }
  return words;
}

std::string stage_flag(Stage stage) {
  switch (stage) {
    case Stage::preprocess:
      return "-E";
    case Stage::syntax:
      return "-fsyntax-only";
    case Stage::assembly:
      return "-S";
    default:
      return "-c";
  }
}

/// What g++ names the files after that a compilation leaves beside its output (.gcno, .dwo, -save-temps): the
/// program and the source, not the temporary object. g++ names them so from version 11 on, which has these
/// flags.
Words side_file_names(const CommandLine& line, const Argument& source) {
  constexpr std::array kLeavers = {"--coverage",    "-ftest-coverage", "-fprofile-arcs",
                                   "-gsplit-dwarf", "-save-temps",     "-fstack-usage"};
  if (std::none_of(kLeavers.begin(), kLeavers.end(), [&line](const char* flag) { return line.has(flag); }))
    return {};
  const std::string output = output_of(line);
  const fs::path name = fs::path(source.value).filename();
  return {"-dumpdir",      output.empty() ? "a-" : output + "-", "-dumpbase", name, "-dumpbase-ext",
          name.extension()};
}

/// Where the compilation of a source goes: the user's -o, g++'s default, or a temporary object to be linked.
Words output_flags(const HostJob& job, const Argument& source, const std::string& object) {
  const std::string output = output_of(job.line);
  switch (job.line.stage) {
    case Stage::link: {
      Words words = side_file_names(job.line, source);
      return append(words, {"-o", object});
    }
    case Stage::syntax:
      return {};
    case Stage::preprocess:
      return output.empty() ? Words{} : Words{"-o", output};
    case Stage::assembly:
      return {"-o", output.empty() ? stem_of(source) + ".s" : output};
    default:
      return {"-o", output.empty() ? stem_of(source) + ".o" : output};
  }
}

/// Compiles the user's own text of one source.
Outcome compile_plain(const Host& host, const HostJob& job, const Argument& source, const std::string& object,
                      const Words& flags = {}, const std::string& errors = "") {
  Words words = words_without(job.line, Role::stage, Role::linker);
  append(words, job.compile_flags);
  append(words, dependency_names(job.line, source));
  append(words, {stage_flag(job.line.stage)});
  append(words, output_flags(job, source, object));
  append(words, flags);
  append(words, {"-x", source.language, source.value});
  return run_host(host, words, "", errors);
}

/// A step of a compilation: how it ended, and what g++ said if it did not end well.
struct Attempt {
  Outcome outcome;
  std::string complaint;
};

/// Has g++ read the user's text and its headers into `target`, all directives done and no macro expanded.
Outcome preprocess(const Host& host, const HostJob& job, const Argument& source, const std::string& target,
                   const Captured& captured) {
  Words words = words_without(job.line, Role::stage, Role::linker);
  append(words, job.compile_flags);
  append(words, dependency_names(job.line, source));
  append(words,
         captured.flags({"-E", "-fdirectives-only", "-o", target, "-x", source.language, source.value}));
  return run_host(host, words, "", captured.path());
}

/// Has g++ compile such a text.
Outcome compile_preprocessed(const Host& host, const HostJob& job, const Argument& source,
                             const std::string& file, const std::string& object, const Words& flags,
                             const Captured& captured) {
  Words words = words_without(job.line, Role::stage, Role::linker, Role::dependencies, Role::preprocessor);
  append(words, {"-fpreprocessed", "-fdirectives-only", stage_flag(job.line.stage)});
  append(words, output_flags(job, source, object));
  append(words, flags);
  append(words, captured.flags({"-x", "c++", file}));
  return run_host(host, words, "", captured.path());
}

/// Has Clang compile the changed text of one source.
Attempt compile_overlaid(const Host& host, const HostJob& job, const RewrittenSource& rewritten,
                         const std::string& object, Words flags) {
  const auto overlay = overlay_for(job, {rewritten});
  if (!overlay) return {{.exit_code = 1}, overlay.message()};
  const Captured captured(job.directory);
  append(flags, captured.flags({"-ivfsoverlay", overlay.value()}));
  const Outcome outcome = compile_plain(host, job, *rewritten.source, object, flags, captured.path());
  if (outcome.ok()) captured.print(rewritten.files);
  return {outcome, outcome.ok() ? "" : captured.text()};
}

/// Compiles the changed text of one source. Prints g++'s warnings if that went well, else nothing.
Attempt compile_changed(const Host& host, const HostJob& job, const RewrittenSource& rewritten,
                        const std::string& object, const Words& flags) {
  if (host.kind == HostKind::clang) return compile_overlaid(host, job, rewritten, object, flags);
  const Captured reading(job.directory), compiling(job.directory);
  const std::string read_text = job.directory.new_path(".ii");
  const Outcome read = preprocess(host, job, *rewritten.source, read_text, reading);
  if (!read.ok()) return {read, reading.text()};
  const auto text = formats::read_file(read_text);
  if (!text) return {{.exit_code = 1}, text.message()};
  const auto file = job.directory.new_file(".cpp", splice(text.value(), rewritten.files));
  if (!file) return {{.exit_code = 1}, file.message()};
  const Outcome compiled =
      compile_preprocessed(host, job, *rewritten.source, file.value(), object, flags, compiling);
  if (!compiled.ok()) return {compiled, compiling.text()};
  reading.print({});
  compiling.print(rewritten.files);
  return {compiled, ""};
}

const RewrittenSource* find_rewritten(const HostJob& job, const Argument& source) {
  const auto found = std::find_if(job.rewritten.begin(), job.rewritten.end(),
                                  [&source](const RewrittenSource& each) { return each.source == &source; });
  return found == job.rewritten.end() ? nullptr : &*found;
}

/// Compiles one source, changed if it is to be, and its own text if g++ does not take the changed one.
int compile_source(const Host& host, const HostJob& job, const Argument& source, const std::string& object,
                   HostResult& result) {
  const RewrittenSource* rewritten = find_rewritten(job, source);
  if (rewritten == nullptr) return compile_plain(host, job, source, object).exit_code;
  if (rewritten->taken) {
    rewritten->taken->said.print(rewritten->files);
    return 0;
  }
  const Attempt attempt = compile_changed(host, job, *rewritten, object, {});
  if (attempt.outcome.ok() || attempt.outcome.signal != 0) return attempt.outcome.exit_code;
  // An error in the user's code, most likely: let g++ tell of it from the user's own text.
  const Outcome original = compile_plain(host, job, source, object);
  if (!original.ok()) return original.exit_code;
  // -Werror may have met a warning about generated code alone; of the user's code everything has been said.
  const Attempt silenced = compile_changed(host, job, *rewritten, object, {"-w", "-Wno-error"});
  if (silenced.outcome.ok()) return 0;
  if (result.refused.empty()) result.refused = attempt.complaint;
  // A failed compilation removes its outputs.
  return compile_plain(host, job, source, object, {}, job.directory.new_path(".err")).exit_code;
}

/// Links: the user's command with objects in the places of the sources.
Outcome link(const Host& host, const HostJob& job, const std::vector<std::string>& objects) {
  Words words;
  std::size_t next = 0;
  for (const Argument& argument : job.line.arguments) {
    const bool compiled = argument.role == Role::input && !argument.language.empty();
    const bool for_compiling = argument.role == Role::dependencies || argument.role == Role::language;
    if (compiled)
      words.push_back(objects[next++]);
    else if (!for_compiling && argument.name != "--")
      append(words, argument.words);
  }
  append(words, job.link_flags);
  return job.link ? job.link(words) : run_host(host, words);
}

}  // namespace

HostResult compile_one_by_one(const Host& host, const HostJob& job) {
  HostResult result;
  if (job.rewritten.empty()) {
    const Words words = with_flags(with_flags(job.line.words, job.compile_flags), job.link_flags);
    result.exit_code = (job.link ? job.link(words) : run_host(host, words)).exit_code;
    return result;
  }
  std::vector<std::string> objects;
  for (const Argument& source : job.line.arguments) {
    if (source.role != Role::input || source.language.empty()) continue;
    const RewrittenSource* rewritten = find_rewritten(job, source);
    const bool taken = rewritten != nullptr && rewritten->taken;
    objects.push_back(taken ? rewritten->taken->object : job.directory.new_path(".o"));
    const int exit_code = compile_source(host, job, source, objects.back(), result);
    if (exit_code != 0) result.exit_code = exit_code;
    if (interrupted()) return result;
  }
  if (job.line.stage == Stage::link && result.exit_code == 0)
    result.exit_code = link(host, job, objects).exit_code;
  return result;
}

}  // namespace dflow::compiler
