// Helpers that call themselves and each other: divide and conquer over a range, a ragged tree, mutual recursion.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=sum 13 -- xs.size=13
// PARAMS: graph=sum 1 -- xs.size=1
// PARAMS: graph=ping 6 -- n=6
// GRAPH: 7 tasks, 6 edges
// EDGES: start#0 -> odd_step#0, odd_step#0 -> even_step#0, even_step#0 -> odd_step#1, odd_step#1 -> even_step#1
// EDGES: even_step#1 -> odd_step#2, odd_step#2 -> even_step#2

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long leaf(long x) { return x + 5; }
[[dflow::task]] long start() { return 1; }
[[dflow::task]] long even_step(long x) { return mix(x, 2); }
[[dflow::task]] long odd_step(long x) { return mix(x, 1); }

dflow::Future<long> divide(dflow::Executor& ex, const std::vector<long>& xs, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return ex.submit(leaf, xs[begin]);
  const std::size_t middle = begin + (end - begin + 2) / 3;
  auto left = divide(ex, xs, begin, middle);
  auto right = divide(ex, xs, middle, end);
  return ex.submit(mix, left, right);
}

dflow::Future<long> odd(dflow::Executor& ex, int n);
dflow::Future<long> even(dflow::Executor& ex, int n) {
  return n == 0 ? ex.submit(start) : ex.submit(even_step, odd(ex, n - 1));
}
dflow::Future<long> odd(dflow::Executor& ex, int n) { return ex.submit(odd_step, even(ex, n - 1)); }

[[dflow::graph]] dflow::Future<long> sum(dflow::Executor& ex, const std::vector<long>& xs) {
  return divide(ex, xs, 0, xs.size());
}
[[dflow::graph]] dflow::Future<long> ping(dflow::Executor& ex, int n) { return even(ex, n - n % 2); }

long divided(const std::vector<long>& xs, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return leaf(xs[begin]);
  const std::size_t middle = begin + (end - begin + 2) / 3;
  const long left = divided(xs, begin, middle);
  return mix(left, divided(xs, middle, end));
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 7);
  const auto xs = corpus::squares(n);
  long steps = start();
  for (int i = 1; i <= n - n % 2; ++i) steps = i % 2 == 0 ? even_step(steps) : odd_step(steps);
  corpus::same("sum", sum(ex, xs).get(), divided(xs, 0, xs.size()));
  corpus::same("ping", ping(ex, n).get(), steps);
  return corpus::result();
}
