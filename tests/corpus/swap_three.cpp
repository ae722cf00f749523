// Three buffers that go round in time: by two swaps, by std::tie, by moves over a spare one, by a swap of rows in one vector.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=leapfrog 4 3 -- n=4 steps=3
// GRAPH: 20 tasks, 24 edges
// PARAMS: graph=leapfrog 5 4 -- n=5 steps=4
// PARAMS: graph=leapfrog 1 0 -- n=1 steps=0
// PARAMS: graph=moved 4 5 -- n=4 steps=5
// PARAMS: graph=tied 4 4 -- steps=4
// PARAMS: graph=rows 3 5 -- n=3 steps=5

#include <dflow/dflow.h>

#include <tuple>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(int i) { return 10 * i + 1; }

/// Each row follows from the two before it.
[[dflow::graph]] Row leapfrog(dflow::Executor& ex, int n, int steps) {
  Row before(n), now(n), next(n);
  for (int i = 0; i < n; ++i) {
    before[i] = ex.submit(make, i);
    now[i] = ex.submit(make, i + n);
  }
  for (int t = 0; t < steps; ++t) {
    for (int i = 0; i < n; ++i) next[i] = ex.submit(mix, before[i], now[n - 1 - i]);
    std::swap(before, now);
    std::swap(now, next);
  }
  return now;
}

[[dflow::graph]] Row moved(dflow::Executor& ex, int n, int steps) {
  Row a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) {
    a[i] = ex.submit(make, i);
    b[i] = ex.submit(make, i + n);
    c[i] = ex.submit(make, i + 2 * n);
  }
  for (int t = 0; t < steps; ++t) {
    a[0] = ex.submit(mix, b[n - 1], c[0]);
    Row spare = std::move(a);
    a = std::move(b);
    b = std::move(c);
    c = std::move(spare);
  }
  Row all = std::move(a);
  all.push_back(b[0]);
  all.push_back(c[0]);
  return all;
}

[[dflow::graph]] Handle tied(dflow::Executor& ex, int steps) {
  Handle a = ex.submit(make, 1), b = ex.submit(make, 2), c = ex.submit(make, 3);
  for (int t = 0; t < steps; ++t) {
    a = ex.submit(mix, a, t);
    std::tie(a, b, c) = std::make_tuple(b, c, a);
  }
  return ex.submit(mix, ex.submit(mix, a, b), c);
}

[[dflow::graph]] Row rows(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> all(3);
  for (int r = 0; r < 3; ++r) {
    for (int i = 0; i < n; ++i) all[r].push_back(ex.submit(make, r * n + i));
  }
  for (int t = 0; t < steps; ++t) {
    std::swap(all[t % 3], all[(t + 1) % 3]);
    for (int i = 0; i < n; ++i) all[0][i] = ex.submit(mix, all[0][i], all[1][i]);
  }
  return all[0];
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4), steps = corpus::argument(argc, argv, 2, 3);
  std::vector<long> before, now, a, b, c;
  for (int i = 0; i < n; ++i) before.push_back(make(i)), now.push_back(make(i + n)), c.push_back(make(i + 2 * n));
  a = before, b = now;
  long x = make(1), y = make(2), z = make(3);
  std::vector<std::vector<long>> all{a, b, c};
  for (int t = 0; t < steps; ++t) {
    std::vector<long> next(n);
    for (int i = 0; i < n; ++i) next[i] = mix(before[i], now[n - 1 - i]);
    before = now, now = next;
    a[0] = mix(b[n - 1], c[0]);
    auto spare = a;
    a = b, b = c, c = spare;
    const long old = mix(x, t);
    x = y, y = z, z = old;
    std::swap(all[t % 3], all[(t + 1) % 3]);
    for (int i = 0; i < n; ++i) all[0][i] = mix(all[0][i], all[1][i]);
  }
  a.push_back(b[0]), a.push_back(c[0]);
  corpus::same("leapfrog", ex.gather(leapfrog(ex, n, steps)), now);
  corpus::same("moved", ex.gather(moved(ex, n, steps)), a);
  corpus::same("tied", tied(ex, steps).get(), mix(mix(x, y), z));
  corpus::same("rows", ex.gather(rows(ex, n, steps)), all[0]);
  return corpus::result();
}
