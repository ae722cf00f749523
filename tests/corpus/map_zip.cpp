// map over values, over futures, over another map, zipped to the shortest; over an array; in chunks; of nothing.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=zipped 5 3 -- xs.size=5 ys.size=3
// GRAPH: 20 tasks, 15 edges
// PARAMS: graph=zipped 2 6 -- xs.size=2 ys.size=6
// PARAMS: graph=zipped 0 4 -- xs.size=0 ys.size=4
// PARAMS: graph=zipped 300 256 -- xs.size=300 ys.size=256

#include <dflow/dflow.h>

#include <algorithm>
#include <array>

#include "corpus.h"

using corpus::mix;
using Values = std::vector<long>;

[[dflow::task]] long twice(long x) { return 2 * x; }
[[dflow::task]] long three(long a, const long& b, long c) { return mix(mix(a, b), c); }

[[dflow::graph]] std::vector<dflow::Future<long>> zipped(dflow::Executor& ex, const Values& xs, Values ys) {
  const auto doubled = ex.map(twice, xs);
  auto again = ex.map(twice, ex.map(twice, ys));
  auto pairs = ex.map(dflow::MapOptions{.chunk = 2}, mix, doubled, again);
  const std::array<long, 3> constants{1, 2, 3};
  auto few = ex.map(twice, constants);
  return ex.map(three, pairs, std::move(few), xs);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const Values xs = corpus::squares(corpus::argument(argc, argv, 1, 5)), ys = corpus::squares(corpus::argument(argc, argv, 2, 3));
  Values expected;
  for (std::size_t i = 0; i < std::min({xs.size(), ys.size(), std::size_t{3}}); ++i) {
    expected.push_back(three(mix(twice(xs[i]), 4 * ys[i]), twice(static_cast<long>(i) + 1), xs[i]));
  }
  corpus::same("zipped", ex.gather(zipped(ex, xs, ys)), expected);
  return corpus::result();
}
