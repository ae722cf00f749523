// Prefix sums: the plain chain, the one of doubling strides (Hillis and Steele), and up and down a tree (Blelloch).
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=chain 5 -- xs.size=5
// GRAPH: 4 tasks, 3 edges
// PARAMS: graph=doubling 6 -- xs.size=6
// PARAMS: graph=doubling 1 -- xs.size=1
// PARAMS: graph=doubling 0 -- xs.size=0
// PARAMS: graph=up_and_down 8 -- xs.size=8
// PARAMS: graph=up_and_down 4 -- xs.size=4

#include <dflow/dflow.h>

#include <functional>
#include <utility>

#include "corpus.h"

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long keep(long x) { return x; }

[[dflow::graph]] Row chain(dflow::Executor& ex, const std::vector<long>& xs) {
  Row sums;
  for (const long x : xs) sums.push_back(sums.empty() ? ex.scatter(x) : ex.submit(std::plus<long>(), sums.back(), x));
  return sums;
}

[[dflow::graph]] Row doubling(dflow::Executor& ex, const std::vector<long>& xs) {
  Row sums = ex.map(keep, xs);
  for (std::size_t stride = 1; stride < sums.size(); stride *= 2) {
    Row next = sums;
    for (std::size_t i = stride; i < sums.size(); ++i) next[i] = ex.submit(std::plus<long>(), sums[i - stride], sums[i]);
    sums.swap(next);
  }
  return sums;
}

/// Exclusive; for a power of two.
[[dflow::graph]] Row up_and_down(dflow::Executor& ex, const std::vector<long>& xs) {
  Row sums = ex.map(keep, xs);
  const std::size_t n = xs.size();
  for (std::size_t stride = 1; stride < n; stride *= 2) {
    for (std::size_t i = 2 * stride - 1; i < n; i += 2 * stride) {
      sums[i] = ex.submit(std::plus<long>(), sums[i - stride], sums[i]);
    }
  }
  if (n > 0) sums[n - 1] = ex.submit(keep, 0L);
  for (std::size_t stride = n / 2; stride > 0; stride /= 2) {
    for (std::size_t i = 2 * stride - 1; i < n; i += 2 * stride) {
      const Handle left = std::exchange(sums[i - stride], sums[i]);
      sums[i] = ex.submit(std::plus<long>(), left, sums[i]);
    }
  }
  return sums;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 5));
  std::vector<long> inclusive, exclusive;
  long sum = 0;
  for (const long x : xs) exclusive.push_back(sum), inclusive.push_back(sum += x);
  corpus::same("chain", ex.gather(chain(ex, xs)), inclusive);
  corpus::same("doubling", ex.gather(doubling(ex, xs)), inclusive);
  const bool power = (xs.size() & (xs.size() - 1)) == 0;
  corpus::same("up and down", power ? ex.gather(up_and_down(ex, xs)) : exclusive, exclusive);
  return corpus::result();
}
