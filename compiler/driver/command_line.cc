#include "compiler/driver/command_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace dflow::compiler {
namespace {

enum class Shape {
  flag,      // the whole word
  separate,  // the next word is its value
  joined,    // the rest of the word is its value
  either     // joined, or the next word where nothing is joined
};

struct Option {
  std::string_view name;
  Shape shape;
  Role role;
};

// Longer names stand before their prefixes. An option that takes no separate value and is not listed is found
// by nobody and becomes `other`, which is right for most of -f, -m, -W and -O.
constexpr std::array kOptions = std::to_array<Option>({
    {"-###", Shape::flag, Role::query},
    {"--version", Shape::flag, Role::query},
    {"-version", Shape::flag, Role::query},
    {"--help", Shape::joined, Role::query},
    {"-help", Shape::joined, Role::query},
    {"--target-help", Shape::flag, Role::query},
    {"--autocomplete=", Shape::joined, Role::query},
    {"-print-", Shape::joined, Role::query},
    {"--print-", Shape::joined, Role::query},
    {"-dumpversion", Shape::flag, Role::query},
    {"-dumpmachine", Shape::flag, Role::query},
    {"-dumpfullversion", Shape::flag, Role::query},
    {"-dumpspecs", Shape::flag, Role::query},
    {"-dumpbase-ext", Shape::separate, Role::other},
    {"-dumpbase", Shape::separate, Role::other},
    {"-dumpdir", Shape::separate, Role::other},
    {"-cc1", Shape::flag, Role::query},
    {"-cc1as", Shape::flag, Role::query},
    {"-c", Shape::flag, Role::stage},
    {"--compile", Shape::flag, Role::stage},
    {"-S", Shape::flag, Role::stage},
    {"--assemble", Shape::flag, Role::stage},
    {"-E", Shape::flag, Role::stage},
    {"--preprocess", Shape::flag, Role::stage},
    {"-M", Shape::flag, Role::stage},
    {"-MM", Shape::flag, Role::stage},
    {"--dependencies", Shape::flag, Role::stage},
    {"--user-dependencies", Shape::flag, Role::stage},
    {"-fsyntax-only", Shape::flag, Role::stage},
    {"--analyze", Shape::flag, Role::stage},
    {"--precompile", Shape::flag, Role::stage},
    {"-emit-ast", Shape::flag, Role::stage},
    {"-MD", Shape::flag, Role::dependencies},
    {"-MMD", Shape::flag, Role::dependencies},
    {"-MG", Shape::flag, Role::dependencies},
    {"-MP", Shape::flag, Role::dependencies},
    {"-MV", Shape::flag, Role::dependencies},
    {"-MF", Shape::either, Role::dependencies},
    {"-MT", Shape::either, Role::dependencies},
    {"-MQ", Shape::either, Role::dependencies},
    {"-MJ", Shape::either, Role::dependencies},
    {"-o", Shape::either, Role::output},
    {"--output=", Shape::joined, Role::output},
    {"--output", Shape::separate, Role::output},
    {"-x", Shape::either, Role::language},
    {"--language=", Shape::joined, Role::language},
    {"--language", Shape::separate, Role::language},
    {"-D", Shape::either, Role::preprocessor},
    {"-U", Shape::either, Role::preprocessor},
    {"-include-pch", Shape::separate, Role::preprocessor},
    {"-include", Shape::either, Role::preprocessor},
    {"--include=", Shape::joined, Role::preprocessor},
    {"--include", Shape::separate, Role::preprocessor},
    {"-imacros", Shape::either, Role::preprocessor},
    {"-iquote", Shape::either, Role::preprocessor},
    {"-isystem-after", Shape::either, Role::preprocessor},
    {"-isystem", Shape::either, Role::preprocessor},
    {"-idirafter", Shape::either, Role::preprocessor},
    {"-iprefix", Shape::either, Role::preprocessor},
    {"-iwithprefixbefore", Shape::either, Role::preprocessor},
    {"-iwithprefix", Shape::either, Role::preprocessor},
    {"-iwithsysroot", Shape::either, Role::preprocessor},
    {"-imultilib", Shape::separate, Role::preprocessor},
    {"-cxx-isystem", Shape::either, Role::preprocessor},
    {"-stdlib++-isystem", Shape::either, Role::preprocessor},
    {"-ivfsoverlay", Shape::separate, Role::preprocessor},
    {"-iframework", Shape::either, Role::preprocessor},
    {"-I", Shape::either, Role::preprocessor},
    {"--include-directory=", Shape::joined, Role::preprocessor},
    {"--include-directory", Shape::separate, Role::preprocessor},
    {"-Xpreprocessor", Shape::separate, Role::preprocessor},
    {"-Wp,", Shape::joined, Role::preprocessor},
    {"-l", Shape::either, Role::linker},
    {"-L", Shape::either, Role::linker},
    {"--library-directory=", Shape::joined, Role::linker},
    {"-Wl,", Shape::joined, Role::linker},
    {"-Xlinker", Shape::separate, Role::linker},
    {"-z", Shape::either, Role::linker},
    {"-u", Shape::either, Role::linker},
    {"-e", Shape::separate, Role::linker},
    {"-T", Shape::either, Role::linker},
    {"-r", Shape::flag, Role::linker},
    {"-s", Shape::flag, Role::linker},
    {"-shared", Shape::flag, Role::linker},
    {"-static", Shape::flag, Role::linker},
    {"-static-libgcc", Shape::flag, Role::linker},
    {"-static-libstdc++", Shape::flag, Role::linker},
    {"-static-pie", Shape::flag, Role::linker},
    {"-pie", Shape::flag, Role::linker},
    {"-no-pie", Shape::flag, Role::linker},
    {"-rdynamic", Shape::flag, Role::linker},
    {"-nostdlib", Shape::flag, Role::linker},
    {"-nodefaultlibs", Shape::flag, Role::linker},
    {"-nostartfiles", Shape::flag, Role::linker},
    {"-fuse-ld=", Shape::joined, Role::linker},
    {"-rpath", Shape::separate, Role::linker},
    {"-isysroot", Shape::separate, Role::other},
    {"-A", Shape::separate, Role::other},
    {"-B", Shape::either, Role::other},
    {"-F", Shape::either, Role::preprocessor},
    {"-G", Shape::either, Role::other},
    {"-V", Shape::separate, Role::other},
    {"-b", Shape::separate, Role::other},
    {"-Xclang", Shape::separate, Role::other},
    {"-Xassembler", Shape::separate, Role::other},
    {"-Xanalyzer", Shape::separate, Role::other},
    {"-Xarch_host", Shape::separate, Role::other},
    {"-Xarch_device", Shape::separate, Role::other},
    {"-Xopenmp-target", Shape::separate, Role::other},
    {"-mllvm", Shape::separate, Role::other},
    {"-mthread-model", Shape::separate, Role::other},
    {"-target", Shape::separate, Role::other},
    {"--target", Shape::separate, Role::other},
    {"-arch", Shape::separate, Role::other},
    {"-gcc-toolchain", Shape::separate, Role::other},
    {"-resource-dir", Shape::separate, Role::other},
    {"-working-directory", Shape::separate, Role::other},
    {"-serialize-diagnostics", Shape::separate, Role::other},
    {"--serialize-diagnostics", Shape::separate, Role::other},
    {"--config", Shape::separate, Role::other},
    {"--sysroot", Shape::separate, Role::other},
    {"-aux-info", Shape::separate, Role::other},
    {"-wrapper", Shape::separate, Role::other},
    {"--param", Shape::separate, Role::other},
});

bool fits(const Option& option, std::string_view word) {
  const bool whole = option.shape == Shape::flag || option.shape == Shape::separate;
  return whole ? word == option.name : word.starts_with(option.name);
}

const Option* find_option(std::string_view word) {
  // GCC's -static-..., -std=... and the like must not be taken for -s, -T or -e with a joined value; those
  // short names are flags or separate above, and -MD, -MMD precede -M by being compared whole.
  const auto found = std::find_if(kOptions.begin(), kOptions.end(),
                                  [word](const Option& option) { return fits(option, word); });
  return found == kOptions.end() ? nullptr : &*found;
}

std::string language_of_suffix(std::string_view path) {
  static const std::map<std::string_view, std::string_view> kLanguages = {
      {"cc", "c++"},
      {"cp", "c++"},
      {"cxx", "c++"},
      {"cpp", "c++"},
      {"CPP", "c++"},
      {"c++", "c++"},
      {"C", "c++"},
      {"CC", "c++"},
      {"ii", "c++-cpp-output"},
      {"c", "c++"},  // a C++ driver takes .c for C++
      {"i", "cpp-output"},
      {"h", "c++-header"},
      {"hh", "c++-header"},
      {"H", "c++-header"},
      {"hp", "c++-header"},
      {"hpp", "c++-header"},
      {"hxx", "c++-header"},
      {"HPP", "c++-header"},
      {"h++", "c++-header"},
      {"tcc", "c++-header"},
      {"s", "assembler"},
      {"S", "assembler-with-cpp"},
      {"sx", "assembler-with-cpp"},
      {"m", "objective-c"},
      {"mm", "objective-c++"},
      {"cppm", "c++-module"},
      {"ccm", "c++-module"},
      {"cxxm", "c++-module"},
      {"ixx", "c++-module"},
      {"ll", "ir"},
      {"cu", "cuda"},
      {"hip", "hip"},
  };
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)) return "";
  const auto found = kLanguages.find(path.substr(dot + 1));
  return found == kLanguages.end() ? "" : std::string(found->second);
}

/// Reads words into arguments; remembers the -x in effect.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& words) : words_(words) {}

  std::vector<Argument> read() {
    while (next_ < words_.size()) take();
    return std::move(arguments_);
  }

 private:
  void take() {
    const std::string& word = words_[next_++];
    if (only_inputs_ || word.size() < 2 || word[0] != '-') return take_input(word);
    if (word == "--") {
      only_inputs_ = true;
      arguments_.push_back({.name = word, .value = {}, .words = {word}, .language = {}});
      return;
    }
    take_option(word);
  }

  void take_input(const std::string& word) {
    std::string language = language_.empty() ? language_of_suffix(word) : language_;
    arguments_.push_back(
        {.role = Role::input, .name = {}, .value = word, .words = {word}, .language = std::move(language)});
  }

  void take_option(const std::string& word) {
    Argument argument{.name = word, .value = {}, .words = {word}, .language = {}};
    if (const Option* option = find_option(word)) {
      argument.role = option->role;
      argument.name = option->name;
      argument.value = word.substr(option->name.size());
      const bool wants_next =
          option->shape == Shape::separate || (option->shape == Shape::either && argument.value.empty());
      if (wants_next && next_ < words_.size()) {
        argument.value = words_[next_];
        argument.words.push_back(words_[next_++]);
      }
    }
    if (argument.role == Role::language) language_ = argument.value == "none" ? "" : argument.value;
    arguments_.push_back(std::move(argument));
  }

  const std::vector<std::string>& words_;
  std::vector<Argument> arguments_;
  std::string language_;
  std::size_t next_ = 0;
  bool only_inputs_ = false;
};

Stage stage_of(const CommandLine& line) {
  const auto any = [&line](auto... names) { return (line.has(names) || ...); };
  const bool query = std::any_of(line.arguments.begin(), line.arguments.end(),
                                 [](const Argument& argument) { return argument.role == Role::query; });
  if (query) return Stage::query;
  if (any("-M", "-MM", "--dependencies", "--user-dependencies")) return Stage::dependencies;
  if (any("-E", "--preprocess")) return Stage::preprocess;
  if (any("-fsyntax-only", "--analyze")) return Stage::syntax;
  if (any("--precompile", "-emit-ast")) return Stage::precompile;
  if (any("-S", "--assemble")) return Stage::assembly;
  if (any("-c", "--compile")) return Stage::object;
  return Stage::link;
}

}  // namespace

bool CommandLine::has(std::string_view name) const {
  return std::any_of(arguments.begin(), arguments.end(),
                     [name](const Argument& argument) { return argument.name == name; });
}

std::string CommandLine::last_value(std::string_view name) const {
  const auto found = std::find_if(arguments.rbegin(), arguments.rend(),
                                  [name](const Argument& argument) { return argument.name == name; });
  return found == arguments.rend() ? "" : found->value;
}

CommandLine analyse_command_line(std::vector<std::string> words, const std::vector<std::string>& expanded) {
  CommandLine line;
  line.words = std::move(words);
  line.arguments = Reader(expanded).read();
  line.stage = stage_of(line);
  return line;
}

bool is_preprocessed(const Argument& argument) {
  return argument.language == "c++-cpp-output";
}

bool is_cxx_source(const Argument& argument) {
  return argument.role == Role::input && (argument.language == "c++" || is_preprocessed(argument));
}

bool is_cxx_interface(const Argument& argument) {
  return argument.role == Role::input &&
         (argument.language == "c++-header" || argument.language == "c++-module");
}

std::vector<std::string> words_of(const std::vector<Argument>& arguments) {
  std::vector<std::string> words;
  for (const Argument& argument : arguments) {
    words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  return words;
}

}  // namespace dflow::compiler
