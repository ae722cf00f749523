// Odd-even transposition: a guard that depends on the step's parity, loops that start there and go in twos, results in pairs.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=sorted 5 -- xs.size=5
// PARAMS: graph=sorted 4 -- xs.size=4
// PARAMS: graph=sorted 1 -- xs.size=1
// PARAMS: graph=sorted 0 -- xs.size=0
// PARAMS: graph=guarded 6 -- xs.size=6

#include <dflow/dflow.h>

#include <algorithm>

#include "corpus.h"

using Handle = dflow::Future<long>;

[[dflow::task]] long keep(long x) { return x; }
[[dflow::task]] long lower(long a, long b) { return std::min(a, b); }
[[dflow::task]] long upper(long a, long b) { return std::max(a, b); }

[[dflow::graph]] std::vector<Handle> sorted(dflow::Executor& ex, const std::vector<long>& xs) {
  auto all = ex.map(keep, xs);
  const int n = static_cast<int>(xs.size());
  for (int t = 0; t < n; ++t) {
    for (int i = t % 2; i + 1 < n; i += 2) {
      auto low = ex.submit(lower, all[i], all[i + 1]);
      all[i + 1] = ex.submit(upper, all[i], all[i + 1]);
      all[i] = low;
    }
  }
  return all;
}

[[dflow::graph]] std::vector<Handle> guarded(dflow::Executor& ex, const std::vector<long>& xs) {
  auto all = ex.map(keep, xs);
  for (std::size_t t = 0; t < xs.size(); ++t) {
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      if ((i + t) % 2 != 0) continue;
      auto high = ex.submit(upper, all[i], all[i + 1]);
      all[i] = ex.submit(lower, all[i], all[i + 1]);
      std::swap(all[i + 1], high);
    }
  }
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  std::vector<long> xs;
  for (int i = 0; i < corpus::argument(argc, argv, 1, 5); ++i) xs.push_back(corpus::mix(i, 40 - i) % 100);
  auto expected = xs;
  std::sort(expected.begin(), expected.end());
  corpus::same("sorted", ex.gather(sorted(ex, xs)), expected);
  corpus::same("guarded", ex.gather(guarded(ex, xs)), expected);
  return corpus::result();
}
