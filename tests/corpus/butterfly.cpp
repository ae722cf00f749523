// Subscripts that are not affine: the butterfly x[i ^ (1 << s)], bit reversal, strides that double.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=all_reduce 8 -- xs.size=8
// GRAPH: 32 tasks, 48 edges
// PARAMS: graph=all_reduce 2 -- xs.size=2
// PARAMS: graph=all_reduce 64 -- xs.size=64
// PARAMS: graph=scan 8 -- xs.size=8
// GRAPH: 25 tasks, 34 edges
// PARAMS: graph=scan 11 -- xs.size=11

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long load(long x) { return x + 1; }

[[dflow::graph]] Row all_reduce(dflow::Executor& ex, const std::vector<long>& xs) {
  const std::size_t n = xs.size();
  Row x = ex.map(load, xs);
  for (unsigned s = 0; (1U << s) < n; ++s) {
    Row y(n);
    for (std::size_t i = 0; i < n; ++i) y[i] = ex.submit(mix, x[i], x[i ^ (1U << s)]);
    x = y;
  }
  return x;
}

[[dflow::graph]] Row scan(dflow::Executor& ex, std::vector<long> xs) {
  Row x;
  for (const long value : xs) x.push_back(ex.submit(load, value));
  for (std::size_t stride = 1; stride < x.size(); stride *= 2) {
    for (std::size_t i = x.size(); i-- > stride;) x[i] = ex.submit(mix, x[i - stride], x[i]);
  }
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const std::size_t n = corpus::argument(argc, argv, 1, 8);
  const auto xs = corpus::squares(static_cast<int>(n));
  std::vector<long> x(n), p(n);
  for (std::size_t i = 0; i < n; ++i) p[i] = x[i] = load(xs[i]);
  for (std::size_t bit = 1; bit < n && (n & (n - 1)) == 0; bit *= 2) {
    const auto before = x;
    for (std::size_t i = 0; i < n; ++i) x[i] = mix(before[i], before[i ^ bit]);
  }
  for (std::size_t stride = 1; stride < n; stride *= 2) {
    for (std::size_t i = n; i-- > stride;) p[i] = mix(p[i - stride], p[i]);
  }
  if ((n & (n - 1)) == 0) corpus::same("all_reduce", ex.gather(all_reduce(ex, xs)), x);
  corpus::same("scan", ex.gather(scan(ex, xs)), p);
  return corpus::result();
}
