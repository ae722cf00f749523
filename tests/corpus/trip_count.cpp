// Trip counts known at run time only, none among them; steps other than one; while and do-while; break and continue.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=chain 10 3 -- n=10 step=3
// PARAMS: graph=chain 0 1 -- n=0 step=1
// EXPECT: chain 1
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=chain 1 5 -- n=1 step=5
// PARAMS: graph=chain 64 2 -- n=64 step=2

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long start() { return 1; }
[[dflow::task]] long next(long x, long i) { return mix(x, i); }

[[dflow::graph]] dflow::Future<long> chain(dflow::Executor& ex, int n, int step) {
  dflow::Future<long> state = ex.submit(start);
  for (int i = 0; i < n; i += step) {
    if (i % 5 == 4) continue;
    if (i > 40) break;
    state = ex.submit(next, state, i);
  }
  int left = n / 2;
  while (left > 0) {
    state = ex.submit(next, state, left);
    left -= step;
  }
  if (n == 0) return state;
  do {
    state = ex.submit(next, std::move(state), left);
    ++left;
  } while (left < 3);
  return state;
}

long expected(int n, int step) {
  long state = start();
  for (int i = 0; i < n && i <= 40; i += step) {
    if (i % 5 != 4) state = next(state, i);
  }
  int left = n / 2;
  for (; left > 0; left -= step) state = next(state, left);
  if (n == 0) return state;
  do {
    state = next(state, left++);
  } while (left < 3);
  return state;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 10), step = corpus::argument(argc, argv, 2, 1);
  corpus::same("chain", chain(ex, n, step).get(), expected(n, step));
  return corpus::result();
}
