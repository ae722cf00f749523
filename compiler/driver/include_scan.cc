#include "compiler/driver/include_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "compiler/driver/standard_input.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

bool is_file(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

void add_environment(std::vector<std::string>& directories, const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return;
  std::istringstream list(value);
  for (std::string directory; std::getline(list, directory, ':');) {
    directories.push_back(directory.empty() ? "." : directory);
  }
}

/// Moves past blanks, comments on one line, and line ends that a backslash hides.
std::size_t skip_blanks(std::string_view text, std::size_t i) {
  while (i < text.size()) {
    if (text[i] == ' ' || text[i] == '\t' || text.substr(i, 2) == "\\\n") {
      i += text[i] == '\\' ? 2 : 1;
    } else if (text.substr(i, 3) == "\\\r\n") {
      i += 3;
    } else if (text.substr(i, 2) == "/*") {
      const auto end = text.find("*/", i + 2);
      i = end == std::string_view::npos ? text.size() : end + 2;
    } else {
      break;
    }
  }
  return i;
}

/// Whether a directive may begin at `i`: only blanks or a comment stand before it on its line.
bool opens_line(std::string_view text, std::size_t i) {
  const auto line_end = text.substr(0, i).rfind('\n');
  std::string_view before = text.substr(line_end + 1, i - line_end - 1);  // npos + 1 is 0
  while (!before.empty() && (before.back() == ' ' || before.back() == '\t')) before.remove_suffix(1);
  return before.empty() || before.ends_with("*/");
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view word_at(std::string_view text, std::size_t i) {
  std::size_t end = i;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(i, end - i);
}

Include read_target(std::string_view text, std::size_t i) {
  const char open = i < text.size() ? text[i] : '\n';
  if (open != '"' && open != '<') return {Include::Kind::computed, ""};
  const auto end = text.find_first_of(open == '"' ? "\"\n" : ">\n", i + 1);
  if (end == std::string_view::npos || text[end] == '\n') return {Include::Kind::computed, ""};
  return {open == '"' ? Include::Kind::quoted : Include::Kind::angled,
          std::string(text.substr(i + 1, end - i - 1))};
}

/// Directives that begin with this spelling of '#'.
void find_directives(std::vector<Include>& out, std::string_view text, std::string_view hash) {
  for (auto at = text.find(hash); at != std::string_view::npos; at = text.find(hash, at + 1)) {
    if (!opens_line(text, at)) continue;
    const std::size_t name = skip_blanks(text, at + hash.size());
    const std::string_view word = word_at(text, name);
    if (word != "include" && word != "include_next" && word != "import") continue;
    out.push_back(read_target(text, skip_blanks(text, name + word.size())));
  }
}

/// import <header>; and export import "header";
void find_header_units(std::vector<Include>& out, std::string_view text) {
  constexpr std::string_view kImport = "import";
  for (auto at = text.find(kImport); at != std::string_view::npos; at = text.find(kImport, at + 1)) {
    const std::size_t target = skip_blanks(text, at + kImport.size());
    const bool header = target < text.size() && (text[target] == '<' || text[target] == '"');
    if (header && (at == 0 || !is_word(text[at - 1]))) out.push_back(read_target(text, target));
  }
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() || directory.ends_with('/') ? directory + name : directory + "/" + name;
}

UsesDflow worse(UsesDflow a, UsesDflow b) {
  return std::max(a, b);
}

}  // namespace

IncludePaths include_paths(const CommandLine& line) {
  IncludePaths paths;
  std::string pending;  // the option that -Xclang's next word belongs to
  for (const Argument& argument : line.arguments) {
    const std::string& name = argument.name;
    if (name == "-iquote") paths.quote.push_back(argument.value);
    if (name == "-I" || name.starts_with("--include-directory")) paths.angle.push_back(argument.value);
    if (name.starts_with("-isystem") || name == "-idirafter" || name == "-cxx-isystem" ||
        name == "-stdlib++-isystem") {
      paths.system.push_back(argument.value);
    }
    if (name == "-include" || name == "-imacros" || name.starts_with("--include=") || name == "--include") {
      paths.forced.push_back(argument.value);
    }
    if (name == "-include-pch") paths.forced.push_back(argument.value);
    if (name == "-Xclang") {
      const bool is_file_name = pending == "-include" || pending == "-include-pch";
      if (is_file_name) paths.forced.push_back(argument.value);
      pending = is_file_name ? "" : argument.value;
    } else {
      pending.clear();
    }
    const bool opaque = name == "-Wp," || name == "-Xpreprocessor" || name == "-ivfsoverlay" ||
                        name.starts_with("-iwithprefix") || name == "-iwithsysroot" || name == "-I-";
    paths.opaque = paths.opaque || (opaque && argument.value.find_first_of("iI") != std::string::npos);
  }
  add_environment(paths.angle, "CPATH");
  add_environment(paths.system, "CPLUS_INCLUDE_PATH");
  return paths;
}

std::vector<Include> find_includes(std::string_view text) {
  std::vector<Include> includes;
  find_directives(includes, text, "#");
  find_directives(includes, text, "%:");
  find_header_units(includes, text);
  return includes;
}

IncludeScan::IncludeScan(IncludePaths paths, std::string dflow_include)
    : paths_(std::move(paths)), dflow_include_(std::move(dflow_include)) {}

UsesDflow IncludeScan::scan(const Argument& source) {
  const std::string path = source.value == "-" ? kStandardInput : source.value;
  if (is_preprocessed(source)) {
    const auto text = formats::read_file(path);
    return text && text.value().find("/dflow/dflow.h\"") != std::string::npos ? UsesDflow::yes
                                                                              : UsesDflow::no;
  }
  UsesDflow uses = paths_.opaque ? UsesDflow::maybe : UsesDflow::no;
  for (const std::string& file : paths_.forced) {
    uses = worse(uses, follow({Include::Kind::quoted, file}, "", true));
  }
  return worse(uses, scan_file(path, true, source.value == "-" ? "" : directory_of(path)));
}

UsesDflow IncludeScan::scan_file(const std::string& path, bool project) {
  return scan_file(path, project, directory_of(path));
}

UsesDflow IncludeScan::scan_file(const std::string& path, bool project, const std::string& directory) {
  if (!visited_.insert(path).second) return UsesDflow::no;  // its answer is already in the total
  const auto text = formats::read_file(path);
  if (!text) return UsesDflow::no;  // the host compiler will say so
  const bool precompiled = path.ends_with(".pch") || path.ends_with(".gch");
  if (precompiled) {  // lists its headers by name
    return text.value().find("dflow/dflow.h") != std::string::npos ? UsesDflow::yes : UsesDflow::no;
  }
  UsesDflow uses = UsesDflow::no;
  for (const Include& include : find_includes(text.value())) {
    uses = worse(uses, follow(include, directory, project));
    if (uses == UsesDflow::yes) break;
  }
  return uses;
}

UsesDflow IncludeScan::follow(const Include& include, const std::string& from, bool project) {
  // The computed includes of a foreign library (Boost.Preprocessor's, say) name that library's own files.
  if (include.kind == Include::Kind::computed) return project ? UsesDflow::maybe : UsesDflow::no;
  struct Place {
    const std::vector<std::string>* directories;
    bool project;
  };
  if (include.target.starts_with('/')) return scan_file(include.target, project);
  const std::vector<std::string> here{from};
  std::vector<Place> places{{&paths_.angle, project}, {&paths_.system, false}};
  if (include.kind == Include::Kind::quoted) {
    places.insert(places.begin(), {{&here, project}, {&paths_.quote, project}});
  }
  for (const Place& place : places) {
    for (const std::string& directory : *place.directories) {
      const std::string found = join(directory, include.target);
      if (!is_file(found)) continue;
      return names_dflow(include.target, found) ? UsesDflow::yes : scan_file(found, place.project);
    }
  }
  if (names_dflow(include.target, join(dflow_include_, include.target))) return UsesDflow::yes;
  for (const char* system : {"/usr/local/include", "/usr/include"}) {
    if (is_file(join(system, include.target))) return UsesDflow::no;
  }
  return include.kind == Include::Kind::quoted && project ? UsesDflow::maybe : UsesDflow::no;
}

bool IncludeScan::names_dflow(const std::string& target, const std::string& found) const {
  const bool spelled = target.starts_with("dflow/") || target.find("/dflow/") != std::string::npos;
  return spelled && is_file(found) && is_file(directory_of(found) + "dflow.h");
}

}  // namespace dflow::compiler
