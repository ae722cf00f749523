#include "compiler/driver/link.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string_view>

#include "compiler/driver/process.h"
#include "formats/elf.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

bool contains(const void* bytes, std::size_t size, std::string_view text) {
  return memmem(bytes, size, text.data(), text.size()) != nullptr;
}

bool holds_dflow(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat status{};
  const bool known = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* bytes = known ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  close(descriptor);
  if (bytes == MAP_FAILED) return false;
  const bool found =
      contains(bytes, size, "5dflow2v0") || contains(bytes, size, std::string_view("\0.dflow\0", 8));
  munmap(bytes, size);
  return found;
}

/// The archive that -lNAME may mean, in the command's own -L directories.
bool library_holds_dflow(const CommandLine& line, const std::string& name) {
  return std::any_of(line.arguments.begin(), line.arguments.end(), [&name](const Argument& argument) {
    return argument.name == "-L" && holds_dflow(argument.value + "/lib" + name + ".a");
  });
}

/// A program that uses dflow without a graph function has none, and what cannot be read is `dflow`'s to tell.
bool may_hold_plans(const std::string& program) {
  const auto file = formats::read_file(program);
  if (!file) return true;
  if (!formats::is_elf(file.value())) return false;
  const auto plans = formats::elf_sections(file.value(), formats::kPlanSection);
  return !plans || !plans.value().empty();
}

bool names_runtime(const Argument& argument) {
  return (argument.name == "-l" && argument.value == "dflow") || argument.value.ends_with("/libdflow.so") ||
         argument.value.find("/libdflow.so.") != std::string::npos || argument.value.ends_with("/libdflow.a");
}

}  // namespace

bool links_dflow_objects(const CommandLine& line) {
  return std::any_of(line.arguments.begin(), line.arguments.end(), [&line](const Argument& argument) {
    if (argument.role == Role::input && argument.language.empty()) return holds_dflow(argument.value);
    return argument.name == "-l" && library_holds_dflow(line, argument.value);
  });
}

bool links_program(const CommandLine& line) {
  return line.stage == Stage::link && !line.has("-shared") && !line.has("-r");
}

int verify_linked(const CommandLine& line, const Installation& installation) {
  if (!links_program(line)) return 0;
  const std::string given = line.last_value("-o");
  const std::string program = given.empty() ? "./a.out" : given.find('/') == std::string::npos ? "./" + given : given;
  if (!may_hold_plans(program)) return 0;
  const auto bin = std::filesystem::path(installation.self).parent_path();
  const Outcome checked = run({.program = bin / "dflow", .arguments = {"graph", "verify", "--quiet", program}, .output = {}, .errors = {}});
  if (checked.spawn_error != 0)
    std::cerr << "dflowc: error: --dflow-verify: '" << (bin / "dflow").string() << "' cannot be started\n";
  return checked.exit_code;
}

std::vector<std::string> runtime_flags(const CommandLine& line, const Installation& installation) {
  const bool named = std::any_of(line.arguments.begin(), line.arguments.end(), names_runtime);
  const bool precompiles = std::any_of(line.arguments.begin(), line.arguments.end(), is_cxx_interface);
  if (line.stage != Stage::link || precompiles || named || line.has("-r") || line.has("-nostdlib")) return {};
  if (is_standard_library(installation.library_dir)) return {"-ldflow"};
  return {"-L" + installation.library_dir, "-Wl,-rpath," + installation.library_dir, "-ldflow"};
}

}  // namespace dflow::compiler
