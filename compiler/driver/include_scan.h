#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/command_line.h"

namespace dflow::compiler {

/// Whether a file includes dflow/dflow.h, directly or through others. `maybe`: only a preprocessor can tell.
enum class UsesDflow { no, maybe, yes };

/// Where includes are looked for, as far as the user's own options say.
struct IncludePaths {
  std::vector<std::string> quote;   ///< -iquote
  std::vector<std::string> angle;   ///< -I and $CPATH: the project's
  std::vector<std::string> system;  ///< -isystem, -idirafter
  std::vector<std::string> forced;  ///< files of -include and -imacros
  bool opaque = false;              ///< an option that the scan does not understand has a say in it
};

IncludePaths include_paths(const CommandLine& line);

/// One #include of a text.
struct Include {
  enum class Kind { quoted, angled, computed } kind;
  std::string target;
};

/// Every #include, #import and header unit in a text, also those in comments and excluded by #if.
std::vector<Include> find_includes(std::string_view text);

/// Walks the includes of a file without preprocessing it, since every file of a project pays for this. It
/// follows also what #if excludes, so "no" is certain; what it cannot follow makes a "maybe". The host
/// compiler's own directories are not entered: nothing there includes dflow but dflow.
class IncludeScan {
 public:
  /// `dflow_include`: the directory that holds dflow/dflow.h.
  IncludeScan(IncludePaths paths, std::string dflow_include);

  UsesDflow scan(const Argument& source);

 private:
  UsesDflow scan_file(const std::string& path, bool project);
  UsesDflow scan_file(const std::string& path, bool project, const std::string& directory);
  UsesDflow follow(const Include& include, const std::string& from, bool project);
  bool names_dflow(const std::string& target, const std::string& found) const;

  IncludePaths paths_;
  std::string dflow_include_;
  std::set<std::string> visited_;
};

}  // namespace dflow::compiler
