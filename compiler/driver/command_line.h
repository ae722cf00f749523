#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dflow::compiler {

/// What an argument is to dflowc. It knows GCC's and Clang's options well enough to tell inputs from values
/// and to sort flags by the step they belong to; a flag it has never heard of is `other` and goes to every
/// step.
enum class Role {
  input,         ///< a file, or "-"
  language,      ///< -x
  output,        ///< -o
  stage,         ///< -c -S -E -M -MM -fsyntax-only and the like: where to stop
  dependencies,  ///< -MD -MMD -MF -MT -MQ -MG -MP -MJ
  preprocessor,  ///< -D -U -I -include ...: no meaning once a text is preprocessed
  linker,        ///< -l -L -Wl, -shared ...
  query,         ///< --version -print-* -dump* -###: a question, nothing is built
  other
};

/// How far the command line goes.
enum class Stage { query, dependencies, preprocess, syntax, precompile, assembly, object, link };

struct Argument {
  Role role = Role::other;
  std::string name;                ///< "-I", "-o"; the whole text where there is no value
  std::string value;               ///< the file of an input
  std::vector<std::string> words;  ///< as given: one word, or two
  std::string language;            ///< inputs: by -x or by the suffix, GCC's names; empty: for the linker
};

struct CommandLine {
  std::vector<std::string> words;  ///< the host compiler's arguments as given, @files unopened where possible
  std::vector<Argument> arguments;  ///< the same, @files expanded
  Stage stage = Stage::link;

  bool has(std::string_view name) const;
  /// The value of the last such argument, or "".
  std::string last_value(std::string_view name) const;
};

/// Takes a command line apart. `expanded` are the same words with @files replaced by what they hold.
CommandLine analyse_command_line(std::vector<std::string> words, const std::vector<std::string>& expanded);

/// C++ source text, preprocessed or not (no header, no other language).
bool is_cxx_source(const Argument& argument);
bool is_preprocessed(const Argument& argument);
/// A C++ header to be precompiled, or a module's interface.
bool is_cxx_interface(const Argument& argument);

/// The words of arguments, in order.
std::vector<std::string> words_of(const std::vector<Argument>& arguments);

}  // namespace dflow::compiler
