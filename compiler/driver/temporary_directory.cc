#include "compiler/driver/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace dflow::compiler {

formats::Result<TemporaryDirectory> TemporaryDirectory::create() {
  const char* variable = std::getenv("TMPDIR");
  const std::string parent = variable != nullptr && *variable != '\0' ? variable : "/tmp";
  std::string path = parent + "/dflowc-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    return formats::Error{"cannot make a temporary directory in '" + parent + "': " + std::strerror(errno) +
                          "; set TMPDIR to a directory that can be written"};
  }
  // Overlays name files by absolute paths.
  return TemporaryDirectory(std::filesystem::absolute(path).lexically_normal().string());
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), count_(other.count_) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::new_path(std::string_view suffix) {
  return path_ + "/" + std::to_string(count_++) + std::string(suffix);
}

formats::Result<std::string> TemporaryDirectory::new_file(std::string_view suffix, std::string_view text) {
  std::string path = new_path(suffix);
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return formats::Error{"cannot write '" + path + "': " + std::strerror(errno)};
  return path;
}

}  // namespace dflow::compiler
