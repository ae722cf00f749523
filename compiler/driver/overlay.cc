#include "compiler/driver/overlay.h"

#include <cstdlib>
#include <filesystem>
#include <set>

#include "compiler/driver/text_pairs.h"
#include "formats/json_text.h"

namespace dflow::compiler {
namespace fs = std::filesystem;
namespace {

std::string json(const std::string& text) {
  std::string out;
  formats::append_json_string(out, text);
  return out;
}

/// The names of `path` by way of each directory that it is below.
std::set<std::string> names_through(const std::string& path, const std::vector<std::string>& directories) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  std::set<std::string> names;
  for (const std::string& directory : directories) {
    const fs::path below = real.lexically_relative(fs::weakly_canonical(directory, error));
    if (below.empty() || *below.begin() == "..") continue;
    for (const std::string& name : names_of((fs::path(directory) / below).string())) names.insert(name);
  }
  return names;
}

std::string entry(const std::string& name, const std::string& contents) {
  return R"({"type": "file", "name": )" + json(name) + R"(, "external-contents": )" + json(contents) + "}";
}

}  // namespace

std::string with_quiet_tail(const RewrittenFile& file) {
  const TextPairs pairs({file});
  const TextPair& pair = pairs.all().front();
  if (pair.changed.size() <= pair.original.size()) return pair.changed_text;
  const auto tail =
      static_cast<std::size_t>(pair.changed[pair.original.size()].data() - pair.changed_text.data());
  std::string text = pair.changed_text;
  return text.insert(tail, "#pragma clang diagnostic ignored \"-Weverything\"\n");
}

std::vector<std::string> names_of(const std::string& path) {
  std::error_code error;
  std::set<std::string> names{fs::absolute(path, error).lexically_normal().string(),
                              fs::weakly_canonical(path, error).string()};
  // Clang prefers $PWD, which may lead through symbolic links.
  const char* shell_directory = std::getenv("PWD");
  const fs::path physical = fs::current_path(error);
  if (shell_directory != nullptr && fs::equivalent(shell_directory, physical, error)) {
    const fs::path relative = fs::absolute(path, error).lexically_normal().lexically_relative(physical);
    names.insert((fs::path(shell_directory) / relative).lexically_normal().string());
  }
  names.erase("");
  return {names.begin(), names.end()};
}

formats::Result<std::string> write_overlay(const std::vector<RewrittenFile>& files,
                                           const std::vector<std::string>& directories,
                                           TemporaryDirectory& directory) {
  std::set<std::string> seen;
  std::string roots;
  for (const RewrittenFile& file : files) {
    const auto text = directory.new_file(".cpp", with_quiet_tail(file));
    if (!text) return text.error();
    std::set<std::string> names = names_through(file.path, directories);
    for (const std::string& name : names_of(file.path)) names.insert(name);
    for (const std::string& name : names) {
      if (seen.insert(name).second) roots += (roots.empty() ? "" : ",\n  ") + entry(name, text.value());
    }
  }
  return directory.new_file(
      ".yaml",
      "{\"version\": 0, \"case-sensitive\": \"true\", \"use-external-names\": \"false\",\n"
      " \"roots\": [\n  " +
          roots + "\n ]}\n");
}

}  // namespace dflow::compiler
