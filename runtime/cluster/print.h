// What people read of workers.
#pragma once

#include <string>

#include "runtime/cluster/protocol.h"

namespace dflow::cluster {

/// Prints a worker's lines on the stream that they were printed on there, each with the worker's name in front, and not into
/// a line that the program itself has begun. On a terminal, in place of progress bars that stand there.
void print_lines(const Printed& lines, bool bars_are_shown = false);

/// "was killed by signal 9 (Killed)", "ended with exit code 3", "does not answer".
std::string how_it_ended(const core::WorkerEnd& end);

}  // namespace dflow::cluster
