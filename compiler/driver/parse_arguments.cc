#include "compiler/driver/parse_arguments.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace dflow::compiler {
namespace {

bool starts_with_any(std::string_view text, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_any(std::string_view text, const auto& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// Flags that write files, ask for warnings or only steer code generation.
bool is_beside_the_meaning(const Argument& argument) {
  constexpr std::array kNames = {"-v",
                                 "-w",
                                 "--verbose",
                                 "-pipe",
                                 "-serialize-diagnostics",
                                 "--serialize-diagnostics",
                                 "-pedantic",
                                 "-pedantic-errors",
                                 "--pedantic",
                                 "--pedantic-errors",
                                 "-Xassembler"};
  constexpr std::array kPrefixes = {"-save-temps",
                                    "--save-temps",
                                    "-ftime-trace",
                                    "-ftime-report",
                                    "-W",
                                    "-g",
                                    "-d",
                                    "-flto",
                                    "-fsave-optimization-record",
                                    "-fdiagnostics-",
                                    "-fprofile",
                                    "--coverage",
                                    "-ftest-coverage",
                                    "-Rpass",
                                    "-R"};
  if (argument.name == "-Wp,") return argument.value.find("-M") != std::string::npos;
  return is_any(argument.name, kNames) || starts_with_any(argument.name, kPrefixes);
}

/// g++'s flags that change what a source means and are Clang's as well.
bool is_shared_with_clang(const Argument& argument) {
  constexpr std::array kNames = {"-ansi",
                                 "-trigraphs",
                                 "-nostdinc",
                                 "-nostdinc++",
                                 "-pthread",
                                 "-isysroot",
                                 "--sysroot",
                                 "-fexceptions",
                                 "-fno-exceptions",
                                 "-frtti",
                                 "-fno-rtti",
                                 "-fopenmp",
                                 "-fopenmp-simd",
                                 "-fsigned-char",
                                 "-funsigned-char",
                                 "-fno-builtin",
                                 "-ffreestanding",
                                 "-fhosted",
                                 "-fno-threadsafe-statics",
                                 "-fms-extensions",
                                 "-fshort-wchar",
                                 "-fshort-enums",
                                 "-fchar8_t",
                                 "-fno-char8_t",
                                 "-ffast-math",
                                 "-fwrapv",
                                 "-m32",
                                 "-m64",
                                 "-mfma",
                                 "-mbmi",
                                 "-mbmi2",
                                 "-mpopcnt",
                                 "-mf16c",
                                 "-maes"};
  constexpr std::array kPrefixes = {"-std=",   "--std=",      "--sysroot=",      "-O",
                                    "-march=", "-mtune=",     "-mcpu=",          "-msse",
                                    "-mavx",   "-fsanitize=", "-ftemplate-depth"};
  return argument.role == Role::preprocessor || is_any(argument.name, kNames) ||
         starts_with_any(argument.name, kPrefixes);
}

bool matters(const Argument& argument, HostKind host) {
  if (argument.role != Role::preprocessor && argument.role != Role::other) return false;
  if (argument.name == "--" || is_beside_the_meaning(argument)) return false;
  return host == HostKind::clang || is_shared_with_clang(argument);
}

void append(std::vector<std::string>& to, const std::vector<std::string>& words) {
  to.insert(to.end(), words.begin(), words.end());
}

/// The last flag that says something wins.
bool wants_colour(const CommandLine& line) {
  constexpr std::array kNever = {"-fno-color-diagnostics", "-fno-diagnostics-color",
                                 "-fdiagnostics-color=never"};
  constexpr std::array kAlways = {"-fcolor-diagnostics", "-fdiagnostics-color", "-fdiagnostics-color=always"};
  bool wanted = isatty(STDERR_FILENO) != 0;
  for (const Argument& argument : line.arguments) {
    if (is_any(argument.name, kNever)) wanted = false;
    if (is_any(argument.name, kAlways)) wanted = true;
  }
  return wanted;
}

/// The host compiler's own flags that also say how dflow's diagnostics come.
bool concerns_diagnostics(const Argument& argument) {
  constexpr std::array kNames = {"-w", "-Werror", "-Wno-error", "-fdiagnostics-parseable-fixits"};
  return is_any(argument.name, kNames);
}

}  // namespace

std::vector<std::string> include_flags(const Installation& installation) {
  // Naming a standard directory again would move it and break libstdc++'s #include_next.
  if (is_standard_include(installation.include_dir)) return {};
  return {"-isystem", installation.include_dir};
}

FrontendJob make_job(const CommandLine& line, const Argument& source, HostKind host, const Options& options,
                     const Installation& installation) {
  FrontendJob job{.main_file = source.value, .arguments = {}, .directory = std::filesystem::current_path()};
  for (const Argument& argument : line.arguments) {
    if (matters(argument, host)) append(job.arguments, argument.words);
  }
  append(job.arguments, include_flags(installation));
  append(job.arguments, options.diagnostic_flags);
  job.passes = options.passes;
  for (const Argument& argument : line.arguments) {
    if (concerns_diagnostics(argument)) append(job.arguments, argument.words);
  }
  if (wants_colour(line)) job.arguments.emplace_back("-fcolor-diagnostics");
  const std::string chosen = options.resource_dir.empty() ? installation.resource_dir : options.resource_dir;
  if (!line.has("-resource-dir")) append(job.arguments, {"-resource-dir", chosen});
  append(job.arguments, {"-fsyntax-only", "-x", source.language});
  return job;
}

}  // namespace dflow::compiler
