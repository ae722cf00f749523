#pragma once

#include <optional>
#include <string_view>

namespace dflow::tools {

/// What stands in every page beside its graphs. Part of the executable.
struct PageFiles {
  std::string_view style;
  std::string_view library;  ///< cytoscape.js, with its licence
  std::string_view script;
};

/// None where dflow was built without the library (CMakeLists.txt says when).
std::optional<PageFiles> page_files();

}  // namespace dflow::tools
