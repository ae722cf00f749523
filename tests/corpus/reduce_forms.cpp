// reduce: over a map, with an initial value (given or a future), of one, of none with an initial value; several of one
// set of futures; reduce of reduces.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=forms 5 -- xs.size=5
// GRAPH: 22 tasks, 31 edges
// PARAMS: graph=forms 1 -- xs.size=1
// PARAMS: graph=forms 0 -- xs.size=0
// PARAMS: graph=forms 16 -- xs.size=16

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long load(long x) { return x + 5; }
[[dflow::task]] long first() { return 77; }

[[dflow::graph]] Row forms(dflow::Executor& ex, const std::vector<long>& xs) {
  Row results;
  auto parts = ex.map(load, xs);
  if (!parts.empty()) results.push_back(ex.reduce(mix, parts));
  results.push_back(ex.reduce(mix, parts, 10L));
  results.push_back(ex.reduce(&mix, parts, ex.submit(first)));
  results.push_back(ex.reduce(mix, results));
  return results;
}

long tree(std::vector<long> x) {
  while (x.size() > 1) {
    std::vector<long> next;
    for (std::size_t i = 0; i + 1 < x.size(); i += 2) next.push_back(mix(x[i], x[i + 1]));
    if (x.size() % 2 != 0) next.push_back(x.back());
    x = next;
  }
  return x.front();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 5));
  std::vector<long> parts, expected;
  for (const long x : xs) parts.push_back(load(x));
  if (!parts.empty()) expected.push_back(tree(parts));
  expected.push_back(parts.empty() ? 10 : mix(10, tree(parts)));
  expected.push_back(parts.empty() ? first() : mix(first(), tree(parts)));
  expected.push_back(tree(expected));
  corpus::same("forms", ex.gather(forms(ex, xs)), expected);
  return corpus::result();
}
