#include "runtime/cluster/print.h"

#include <stdio_ext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "formats/file.h"
#include "formats/printable.h"

namespace dflow::cluster {

void print_lines(const Printed& lines, bool bars_are_shown) {
  const std::string worker = formats::printable(lines.worker);
  std::string text;
  for (std::size_t begin = 0; begin < lines.text.size();) {
    const std::size_t end = std::min(lines.text.find('\n', begin), lines.text.size() - 1);
    text += worker + ": " + lines.text.substr(begin, end + 1 - begin);
    begin = end + 1;
  }
  std::FILE* stream = lines.is_error ? stderr : stdout;
  ::flockfile(stream);
  // What the program has printed comes first, but a line that it has only begun stays whole: `cout << "sum " << sum`
  // reaches the stream in two pieces.
  if (::__fpending(stream) > 0 && stream->_IO_write_ptr[-1] == '\n') std::fflush(stream);
  if (bars_are_shown && ::isatty(::fileno(stream)) == 1) text.insert(0, "\033[J");
  formats::DescriptorSink sink(::fileno(stream), "the program's output");
  sink.write(text);
  (void)sink.flush();  // whoever read it may be gone
  ::funlockfile(stream);
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
    case Kind::unknown:
      return "ended, nobody knows how: the program that had started it waits for any child, or ignores SIGCHLD, and so took "
             "its exit status";
    default:
      return "does not answer any more";
  }
}

}  // namespace dflow::cluster
