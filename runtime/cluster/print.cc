#include "runtime/cluster/print.h"

#include <cstdio>
#include <cstring>

namespace dflow::cluster {

void print_lines(const Printed& lines) {
  std::string text;
  for (std::size_t begin = 0; begin < lines.text.size();) {
    const std::size_t end = std::min(lines.text.find('\n', begin), lines.text.size() - 1);
    text += lines.worker + ": " + lines.text.substr(begin, end + 1 - begin);
    begin = end + 1;
  }
  std::FILE* stream = lines.is_error ? stderr : stdout;
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

std::string how_it_ended(const core::WorkerEnd& end) {
  using Kind = core::WorkerEnd::Kind;
  switch (end.kind) {
    case Kind::signalled:
      return "was killed by signal " + std::to_string(end.code) + " (" + ::strsignal(end.code) + ")";
    case Kind::exited:
      return "ended with exit code " + std::to_string(end.code);
    case Kind::left:
      return "left";
    default:
      return "does not answer any more";
  }
}

}  // namespace dflow::cluster
