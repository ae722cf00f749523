// Graph functions that call others: all tasks belong to the outermost instance. Two instances of one graph, one given
// the other's result.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=outer 3 -- n=3
// PARAMS: graph=inner/0 3 -- n=3
// EDGES: load#0 -> corpus::mix#0, load#1 -> corpus::mix#0, load#2 -> corpus::mix#1, corpus::mix#0 -> corpus::mix#1
// PARAMS: graph=inner/1 2 -- n=3
// PARAMS: graph=continued/0 4 -- n=4
// PARAMS: graph=continued/1 4 -- n=5

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 2; }
[[dflow::task]] long step(long x) { return 3 * x; }

[[dflow::graph]] Handle inner(dflow::Executor& ex, int n) {
  std::vector<Handle> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(load, i));
  return ex.reduce(mix, all);
}
[[dflow::graph]] Handle outer(dflow::Executor& ex, int n) {
  auto a = inner(ex, n);
  auto b = ex.submit(step, a);
  return ex.submit(mix, inner(ex, n + 1), b);
}
[[dflow::graph]] Handle continued(dflow::Executor& ex, Handle from, int n) {
  for (int i = 0; i < n; ++i) from = ex.submit(step, from);
  return ex.submit(mix, from, from);
}

long expected_inner(int n) {
  std::vector<long> x;
  for (int i = 0; i < n; ++i) x.push_back(load(i));
  while (x.size() > 1) {
    std::vector<long> y;
    for (std::size_t i = 0; i + 1 < x.size(); i += 2) y.push_back(mix(x[i], x[i + 1]));
    if (x.size() % 2 != 0) y.push_back(x.back());
    x = y;
  }
  return x[0];
}
long expected_continued(long from, int n) {
  for (int i = 0; i < n; ++i) from *= 3;
  return mix(from, from);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  corpus::same("outer", outer(ex, n).get(), mix(expected_inner(n + 1), 3 * expected_inner(n)));
  corpus::same("inner", inner(ex, n).get(), expected_inner(n));
  const auto second = inner(ex, n + 1);
  const auto third = continued(ex, second, n), fourth = continued(ex, third, n + 1);
  corpus::same("inner", second.get(), expected_inner(n + 1));
  corpus::same("continued", fourth.get(), expected_continued(expected_continued(expected_inner(n + 1), n), n + 1));
  return corpus::result();
}
