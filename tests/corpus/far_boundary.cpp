// A helper in another file of the command does what a dry run may not do, and only that file's compilation could keep it
// from that: the call is a boundary.
// WITH: elsewhere/far.cpp elsewhere/far_rows.cpp
// BOUNDARIES: 1
// REPLICABLE: no
// PARAMS: graph=told 3 -- n=3
// GRAPH: 5 tasks, 4 edges

#include "elsewhere/far.h"

using far::Handle;

Handle far::closed(dflow::Executor&, const Handle& x) { return x; }

[[dflow::graph]] Handle told(dflow::Executor& ex, int n) {
  Handle last = far::start(ex, 0);
  for (int i = 1; i < n; ++i) far::link(ex, far::start(ex, i), last);
  far::tell(ex, last);
  return last;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long last = far::open(0);
  for (int i = 1; i < n; ++i) last = corpus::mix(far::open(i), last);
  corpus::same("told", told(ex, n).get(), corpus::mix(last, 1));
  return corpus::result();
}
