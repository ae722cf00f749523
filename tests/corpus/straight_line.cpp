// Straight-line code: values and futures as arguments, one producer given twice, a future overwritten.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=diamond 5 -- n=5
// EXPECT: diamond 242195
// GRAPH: 6 tasks, 6 edges
// EDGES: load#0 -> corpus::mix#0, load#1 -> corpus::mix#0, load#0 -> corpus::mix#1
// EDGES: load#2 -> lambda@27#0, corpus::mix#0 -> lambda@27#0, corpus::mix#1 -> lambda@27#0
// PARAMS: graph=diamond 0 --

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long load(long x) { return x * x + 1; }
[[dflow::task]] long mix3(long a, long b, const long& c) { return mix(mix(a, b), c); }

[[dflow::graph]] dflow::Future<long> diamond(dflow::Executor& ex, long n) {
  auto a = ex.submit(load, n);
  auto b = ex.submit(load, n + 1);
  auto left = ex.submit(&corpus::mix, a, b);
  auto right = ex.submit(corpus::mix, a, a);
  a = ex.submit(load, 2 * n);
  const auto name = right;
  return ex.submit([](long x, long y, long z) { return mix3(x, y, z); }, left, name, a);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const long n = corpus::argument(argc, argv, 1, 3);
  const long a = load(n), b = load(n + 1);
  corpus::same("diamond", diamond(ex, n).get(), mix3(mix(a, b), mix(a, a), load(2 * n)));
  return corpus::result();
}
