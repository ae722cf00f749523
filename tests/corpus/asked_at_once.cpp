// Results that are asked for where they are submitted: what was submitted before the answer is needed belongs to what is
// known, the task that gives the answer as well.
// BOUNDARIES: 5
// REPLICABLE: no
// PARAMS: graph=condition 3 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=loop 3 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=subscript 3 -- n=3
// GRAPH: 4 tasks, 0 edges
// PARAMS: graph=output 3 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=polled 3 -- n=3
// GRAPH: 1 tasks, 0 edges

#include <dflow/dflow.h>

#include "corpus.h"

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long load(long x) { return x + 4; }
[[dflow::task]] long small(long x) { return x < 20 ? 1 : 0; }

[[dflow::graph]] Handle condition(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  if (ex.submit(small, x).get() == 1) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle loop(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  for (; ex.submit(small, x).get() == 1;) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle subscript(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(load, i));
  return all[static_cast<std::size_t>(ex.submit(small, n).get())];
}
[[dflow::graph]] Handle output(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  std::cout << ex.submit(small, x).get() << '\n';
  return ex.submit(load, x);
}
[[dflow::graph]] Handle polled(dflow::Executor& ex, int n) {
  while (!ex.submit(load, n).done()) {
    if (n > 2) break;
    ++n;
  }
  return ex.submit(load, n);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long last = load(n);
  while (small(last) == 1) last = load(last);
  corpus::same("condition", condition(ex, n).get(), load(load(n)));
  corpus::same("loop", loop(ex, n).get(), last);
  corpus::same("subscript", subscript(ex, n).get(), load(1));
  corpus::same("output", output(ex, n).get(), load(load(n)));
  corpus::same("polled", polled(ex, n).get(), load(n));
  return corpus::result();
}
