// Tasks that submit tasks: recursion with an Executor parameter, a future that a task returns, get() inside a task.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=trees 7 -- n=7
// EDGES: fibonacci#0 -> corpus::mix#0, chained#0 -> corpus::mix#0
// PARAMS: graph=trees 1 -- n=1

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long plus_one(long x) { return x + 1; }

[[dflow::task]] long fibonacci(dflow::Executor& ex, int n) {
  if (n < 2) return n;
  auto left = ex.submit(fibonacci, n - 1);
  auto right = ex.submit(fibonacci, n - 2);
  return ex.submit([](long a, long b) { return a + b; }, left, right).get();
}

[[dflow::task]] dflow::Future<long> chained(dflow::Executor& ex, int n) {
  auto x = ex.submit(plus_one, n);
  for (int i = 0; i < n; ++i) x = ex.submit(plus_one, x);
  return x;
}

[[dflow::graph]] dflow::Future<long> trees(dflow::Executor& ex, int n) {
  return ex.submit(mix, ex.submit(fibonacci, n), ex.submit(chained, n));
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 7);
  long a = 0, b = 1;
  for (int i = 0; i < n; ++i) b = std::exchange(a, b) + b;
  corpus::same("trees", trees(ex, n).get(), mix(a, 2 * n + 1));
  return corpus::result();
}
