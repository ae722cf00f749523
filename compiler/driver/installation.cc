#include "compiler/driver/installation.h"

#include <filesystem>
#include <fstream>

#include "compiler/driver/build_paths.h"

namespace dflow::compiler {
namespace fs = std::filesystem;
namespace {

fs::path own_path() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path("dflowc") : path;
}

std::string below(const fs::path& prefix, const char* directory) {
  return (prefix / directory).lexically_normal().string();
}

/// In a build tree a file beside dflowc says where headers and library are.
void use_build_tree(Installation& found, const fs::path& bin) {
  std::ifstream file(bin / "dflowc.build-tree");
  std::string include_dir, library_dir;
  if (!std::getline(file, include_dir) || !std::getline(file, library_dir)) return;
  found.include_dir = include_dir;
  found.library_dir = library_dir;
}

}  // namespace

Installation find_installation() {
  const fs::path self = own_path();
  const fs::path bin = self.parent_path();
  const fs::path prefix = bin.parent_path();
  Installation found{.self = self.string(),
                     .frontend = (prefix / "libexec/dflow/dflowc-frontend").string(),
                     .include_dir = below(prefix, DFLOW_INSTALL_INCLUDEDIR),
                     .library_dir = below(prefix, DFLOW_INSTALL_LIBDIR),
                     .resource_dir = DFLOW_CLANG_RESOURCE_DIR};
  std::error_code error;
  if (!fs::exists(found.frontend, error)) found.frontend = (bin / "dflowc-frontend").string();
  use_build_tree(found, bin);
  return found;
}

bool is_standard_include(const std::string& directory) {
  return directory == "/usr/include" || directory == "/usr/local/include";
}

bool is_standard_library(const std::string& directory) {
  return directory == "/usr/lib" || directory == "/lib" || directory == "/usr/local/lib" ||
         directory.starts_with("/usr/lib/x86_64-linux-gnu") ||
         directory.starts_with("/usr/lib/aarch64-linux-gnu");
}

}  // namespace dflow::compiler
