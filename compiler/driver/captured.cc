#include "compiler/driver/captured.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "compiler/driver/own_lines.h"
#include "formats/file.h"

namespace dflow::compiler {

std::string Captured::text() const {
  auto text = formats::read_file(path_);
  return text ? std::move(text).value() : "";
}

std::vector<std::string> Captured::flags(std::vector<std::string> flags) const {
  const char* terminal = std::getenv("TERM");
  const bool plain = terminal == nullptr || std::string_view(terminal) == "dumb";
  if (isatty(STDERR_FILENO) != 0 && !plain) flags.insert(flags.begin(), "-fdiagnostics-color");
  return flags;
}

void Captured::print(const std::vector<RewrittenFile>& files) const {
  std::cerr << with_own_lines(text(), files) << std::flush;
}

}  // namespace dflow::compiler
