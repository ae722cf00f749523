#include "compiler/driver/options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "compiler/driver/response_file.h"
#include "compiler/passes/names.h"
#include "formats/nearest.h"

namespace dflow::compiler {
namespace {

constexpr std::string_view kPrefix = "--dflow-";
constexpr std::string_view kLaunch = "--dflow-launch";
constexpr std::string_view kPass = "--dflow-pass";

struct Setting {
  std::string_view name;
  std::string Options::* text;  // null for flags and for passes
  bool Options::* flag;
};

constexpr std::array kSettings = std::to_array<Setting>({
    {"--dflow-host", &Options::host, nullptr},
    {"--dflow-plan", &Options::plan, nullptr},
    {"--dflow-emit-cpp", &Options::emit_cpp, nullptr},
    {"--dflow-resource-dir", &Options::resource_dir, nullptr},
    {kPass, nullptr, nullptr},
    {"--dflow-verify", nullptr, &Options::verify},
    {"--dflow-whole-program", nullptr, &Options::whole_program},
    {"--dflow-neighbours", &Options::neighbours, nullptr},
    {"--dflow-help", nullptr, &Options::help},
    {"--dflow-version", nullptr, &Options::version},
});

std::string nearest(std::string_view name) {
  const auto closer = [name](const Setting& a, const Setting& b) {
    return formats::edit_distance(name, a.name) < formats::edit_distance(name, b.name);
  };
  const Setting& found = *std::min_element(kSettings.begin(), kSettings.end(), closer);
  return std::string(found.name) + (found.flag == nullptr ? "=" : "");
}

bool is_diagnostic_flag(std::string_view word) {
  constexpr std::array kPrefixes = {"-Wdflow",          "-Wno-dflow", "-Werror=dflow",
                                    "-Wno-error=dflow", "-Rdflow",    "-Rno-dflow"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [word](std::string_view prefix) { return word.starts_with(prefix); });
}

bool is_own(const std::string& word) {
  return word.starts_with(kPrefix) || is_diagnostic_flag(word);
}

/// "-fusion,last-use"
formats::Result<void> take_passes(Options& options, const std::string& list) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string each = list.substr(at, end - at);
    const std::string name = each.substr(each.starts_with('-') ? 1 : 0);
    if (name != "all" && std::ranges::find(passes::kNames, name) == passes::kNames.end()) {
      std::string names = "all";
      for (const std::string_view known : passes::kNames) names.append(", ").append(known);
      return formats::Error{"option '--dflow-pass=" + list + "' names no pass with '" + each + "'; there are " + names +
                            ", and '-' in front switches one off"};
    }
    options.passes.push_back(each);
    at = end + 1;
  }
  return {};
}

formats::Result<void> take(Options& options, const std::string& word) {
  if (is_diagnostic_flag(word)) {
    options.diagnostic_flags.push_back(word);
    return {};
  }
  if (word == kLaunch) {
    return formats::Error{
        "option '--dflow-launch' comes first, with the host compiler behind it: "
        "'dflowc --dflow-launch g++ -c app.cpp'"};
  }
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const auto found = std::find_if(kSettings.begin(), kSettings.end(),
                                  [&name](const Setting& setting) { return setting.name == name; });
  if (found == kSettings.end()) {
    return formats::Error{"unknown option '" + word + "'; did you mean '" + nearest(name) +
                          "'? (--dflow-help lists all)"};
  }
  const bool has_value = equals != std::string::npos && equals + 1 < word.size();
  if (found->flag != nullptr) {
    if (equals != std::string::npos) return formats::Error{"option '" + name + "' takes no value"};
    options.*(found->flag) = true;
    return {};
  }
  if (!has_value) return formats::Error{"option '" + name + "' needs a value: '" + name + "=...'"};
  if (found->name == kPass) return take_passes(options, word.substr(equals + 1));
  options.*(found->text) = word.substr(equals + 1);
  return {};
}

/// As a build system's launcher, dflowc stands before a whole command: its first word is the host compiler.
void take_launched(Options& options, std::vector<std::string>& words) {
  if (words.empty() || words.front() != kLaunch || words.size() == 1) return;  // `take` explains a lone one
  options.host = words[1];
  words.erase(words.begin(), words.begin() + 2);
}

}  // namespace

formats::Result<SplitWords> take_options(std::vector<std::string> words) {
  SplitWords split;
  if (const char* host = std::getenv("DFLOWC_HOST"); host != nullptr && *host != '\0') {
    split.options.host = host;
  }
  take_launched(split.options, words);
  for (const std::string& word : expand_response_files(words)) {
    if (!is_own(word)) {
      split.expanded.push_back(word);
    } else if (auto taken = take(split.options, word); !taken) {
      return taken.error();
    }
  }
  std::copy_if(words.begin(), words.end(), std::back_inserter(split.words),
               [](const std::string& word) { return !is_own(word); });
  if (expand_response_files(split.words) != split.expanded) split.words = split.expanded;
  return split;
}

std::string help_text() {
  return R"(usage: dflowc [options] file...

A C++ compiler that knows dflow. It takes every option of its host compiler, which compiles the code in the end;
files without dflow code are handed to it untouched.

  --dflow-host=COMPILER      the host compiler: clang++-19 (default), g++, or a path; also $DFLOWC_HOST
  --dflow-launch COMPILER    in front of a whole command: COMPILER is the host (for CXX_COMPILER_LAUNCHER in CMake)
  --dflow-plan=FILE          write the plan of the task graphs that were found, as JSON ("-": standard output)
  --dflow-emit-cpp=FILE      write the C++ that the host compiler gets to see ("-": standard output)
  --dflow-pass=[-]NAME,...   run these passes over the graphs, or with '-' in front do not (default: all)
  --dflow-resource-dir=DIR   Clang's own headers (stddef.h and the like) for the analysis
  --dflow-verify             check what is linked: graphs in closed form against dry runs, at random parameters
  --dflow-whole-program      with -c: objects tell how they were made; to link: graphs are followed across objects
  --dflow-help               this text
  --dflow-version            dflowc's version (--version is the host compiler's)
  -Wdflow-..., -Rdflow       dflow's warnings and remarks
  -v                         also shows what dflowc runs
)";
}

}  // namespace dflow::compiler
