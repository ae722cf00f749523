// Futures moved about by the standard library: transform, generate, reverse, rotate, sort of indices, erase, insert, iterators.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=shuffled 6 -- n=6
// PARAMS: graph=shuffled 4 -- n=4

#include <dflow/dflow.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <numeric>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long load(long i) { return mix(i, 9); }

[[dflow::graph]] std::vector<Handle> shuffled(dflow::Executor& ex, int n) {
  std::vector<Handle> a(n), b;
  long next = 0;
  std::generate(a.begin(), a.end(), [&] { return ex.submit(load, next++); });
  std::transform(a.begin(), a.end(), std::back_inserter(b), [&ex](const Handle& x) { return ex.submit(mix, x, 1); });
  std::reverse(a.begin(), a.end());
  std::rotate(b.begin(), b.begin() + 2, b.end());
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [](int x, int y) { return x % 2 != y % 2 ? x % 2 < y % 2 : x > y; });
  for (const int i : order) a[i] = ex.submit(mix, a[i], b[(i + 1) % n]);
  b.erase(b.begin());
  b.insert(b.begin() + 1, a.begin(), a.begin() + 2);
  std::swap_ranges(a.begin(), a.begin() + 1, b.begin());
  std::list<Handle> chain(b.begin(), b.end());
  for (auto it = std::next(chain.begin()); it != chain.end(); it = chain.erase(it, std::next(it))) {
    chain.front() = ex.submit(mix, chain.front(), *it);
  }
  const auto total = std::accumulate(a.begin() + 1, a.end(), a[0], [&](Handle x, const Handle& y) { return ex.submit(mix, x, y); });
  return {chain.front(), total};
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 6);
  std::vector<long> a, b;
  for (int i = 0; i < n; ++i) a.push_back(load(i)), b.push_back(mix(a.back(), 1));
  std::reverse(a.begin(), a.end());
  std::rotate(b.begin(), b.begin() + 2, b.end());
  for (int i = 0; i < n; ++i) a[i] = mix(a[i], b[(i + 1) % n]);
  b.erase(b.begin());
  b.insert(b.begin() + 1, a.begin(), a.begin() + 2);
  std::swap(a[0], b[0]);
  const std::vector<long> expected{std::accumulate(b.begin() + 1, b.end(), b[0], mix), std::accumulate(a.begin() + 1, a.end(), a[0], mix)};
  corpus::same("shuffled", ex.gather(shuffled(ex, n)), expected);
  return corpus::result();
}
