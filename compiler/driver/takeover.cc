#include "compiler/driver/takeover.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dflow::compiler {
namespace {

/// Flags that neither leave files beside the object nor change what is compiled in ways of their own.
bool is_everyday_flag(const Argument& argument) {
  constexpr std::array kNames = {"-w",
                                 "-g",
                                 "-g0",
                                 "-g1",
                                 "-g2",
                                 "-ggdb",
                                 "-pipe",
                                 "-pthread",
                                 "-pedantic",
                                 "-pedantic-errors",
                                 "-fPIC",
                                 "-fpic",
                                 "-fPIE",
                                 "-fpie",
                                 "-ffast-math",
                                 "-fopenmp",
                                 "-ffunction-sections",
                                 "-fdata-sections",
                                 "-fcolor-diagnostics",
                                 "-m64"};
  constexpr std::array kPrefixes = {"-O",
                                    "-std=",
                                    "-W",
                                    "-march=",
                                    "-mtune=",
                                    "-mcpu=",
                                    "-mavx",
                                    "-msse",
                                    "-mfma",
                                    "-mbmi",
                                    "-mpopcnt",
                                    "-fno-",
                                    "-fexceptions",
                                    "-frtti",
                                    "-fdiagnostics-color",
                                    "-fvisibility",
                                    "-finline",
                                    "-fomit-frame-pointer",
                                    "-fstrict-",
                                    "-fstack-protector",
                                    "-fwrapv",
                                    "-fdebug-prefix-map=",
                                    "-ffile-prefix-map=",
                                    "-fmacro-prefix-map="};
  const std::string_view name = argument.name;
  if (name.starts_with("-Wa,") || name.starts_with("-fno-integrated")) return false;
  return std::ranges::find(kNames, name) != kNames.end() ||
         std::ranges::any_of(kPrefixes, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_everyday(const Argument& argument, Stage stage) {
  constexpr std::array kPreprocessor = {"-D", "-U", "-I", "-isystem", "-iquote", "-idirafter"};
  switch (argument.role) {
    case Role::input:
    case Role::output:
    case Role::stage:
      return true;
    case Role::linker:
      return stage == Stage::link;
    case Role::dependencies:
      return stage == Stage::object && argument.name != "-MJ" && argument.name != "-MG" &&
             argument.name != "-MV";
    case Role::preprocessor:
      return std::ranges::find(kPreprocessor, argument.name) != kPreprocessor.end();
    case Role::other:
      return is_everyday_flag(argument);
    default:
      return false;
  }
}

std::ptrdiff_t count_sources(const CommandLine& line) {
  return std::ranges::count_if(line.arguments, [](const Argument& argument) {
    return argument.role == Role::input && !argument.language.empty();
  });
}

}  // namespace

bool may_take_over(const Host& host, const CommandLine& line, const Argument& source,
                   const Options& options) {
  // Outputs that were asked for are written before anything is compiled.
  const bool more_outputs = !options.plan.empty() || !options.emit_cpp.empty();
  const bool one_object =
      line.stage == Stage::link || (line.stage == Stage::object && count_sources(line) == 1);
  if (host.kind != HostKind::clang || host.verbose || more_outputs || !one_object) return false;
  if (is_preprocessed(source)) return false;
  return std::ranges::all_of(line.arguments,
                             [&line](const Argument& argument) { return is_everyday(argument, line.stage); });
}

std::vector<std::string> object_command(const Host& host, const CommandLine& line, const Argument& source,
                                        const std::string& object, const std::vector<std::string>& flags) {
  std::vector<std::string> words{host.program};
  const bool links = line.stage == Stage::link;
  for (const Argument& argument : line.arguments) {
    const bool of_linking =
        argument.role == Role::input || argument.role == Role::output || argument.role == Role::linker;
    if (!links || !of_linking) words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  words.insert(words.end(), flags.begin(), flags.end());
  if (links) words.insert(words.end(), {"-c", "-o", object, source.value});
  return words;
}

}  // namespace dflow::compiler
