// Grids that stand row behind row in one vector: a[i * n + j].
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: swept product pushed cube mirrored turned
// PARAMS: graph=swept 3 4 -- m=3 n=4
// GRAPH: 24 tasks, 35 edges
// PARAMS: graph=swept 1 1 -- m=1 n=1
// PARAMS: graph=swept 0 3 -- m=0 n=3
// PARAMS: graph=product 3 4 -- m=3 n=4
// PARAMS: graph=pushed 3 4 -- m=3 n=4
// PARAMS: graph=cube 3 4 -- m=3 n=4
// PARAMS: graph=mirrored 3 4 -- m=3 n=4
// PARAMS: graph=turned 3 4 -- m=3 n=4

#include <dflow/dflow.h>

#include <vector>

#include "corpus.h"

using corpus::mix;
using corpus::reduced;
using Handle = dflow::Future<long>;
using Cells = std::vector<Handle>;

[[dflow::task]] static long cell(int i, int j) { return 10 * i + j; }

static std::size_t at(int i, int j, int n) { return static_cast<std::size_t>(i * n + j); }

/// Each from the one above and the one to the left; the sum of all.
[[dflow::graph]] Handle swept(dflow::Executor& ex, int m, int n) {
  Cells a(static_cast<std::size_t>(m * n));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      if (i > 0 && j > 0)
        a[i * n + j] = ex.submit(mix, a[(i - 1) * n + j], a[i * n + j - 1]);
      else
        a[i * n + j] = ex.submit(cell, i, j);
    }
  return ex.reduce(mix, a, 1L);
}

/// Rows times columns, by a function that says where a cell is.
[[dflow::graph]] Cells product(dflow::Executor& ex, int m, int n) {
  Cells a(m * n), c(m * m);
  for (int i = 0; i < m; ++i)
    for (int k = 0; k < n; ++k) a[at(i, k, n)] = ex.submit(cell, i, k);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j) {
      const int here = i * m + j;
      c[here] = ex.submit(cell, j, i);
      for (int k = 0; k < n; ++k) c[here] = ex.submit(mix, c[here], a[at(i, k, n)]);
    }
  return c;
}

/// Filled from behind, gone through by one index and by two.
[[dflow::graph]] Handle pushed(dflow::Executor& ex, int m, int n) {
  Cells a;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a.push_back(ex.submit(cell, i, j));
  Cells b(m * n);
  for (int k = 0; k < m * n; ++k) b[k] = ex.submit(mix, a[k], k);
  Handle last = ex.submit(cell, 0, 0);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) last = ex.submit(mix, last, b[i * n + j]);
  return last;
}

/// Three indices in one.
[[dflow::graph]] Handle cube(dflow::Executor& ex, int m, int n) {
  Cells a(m * n * n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int k = 0; k < n; ++k)
        a[(i * n + j) * n + k] = i > 0 ? ex.submit(mix, a[((i - 1) * n + j) * n + k], k) : ex.submit(cell, j, k);
  return ex.reduce(mix, a, 2L);
}

/// Each from that which lies opposite in the row above: rows are read from their ends.
[[dflow::graph]] Cells mirrored(dflow::Executor& ex, int m, int n) {
  Cells a(m * n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      a[i * n + j] = i == 0 ? ex.submit(cell, i, j) : ex.submit(mix, a[(i - 1) * n + n - 1 - j], a[i * n - n + j]);
  return a;
}

/// By half a turn, and each row from its end.
[[dflow::graph]] Cells turned(dflow::Executor& ex, int m, int n) {
  Cells a(m * n), b(m * n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a[i * n + (n - 1 - j)] = ex.submit(cell, i, j);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) b[(m - 1 - i) * n + j] = ex.submit(mix, a[(i + 1) * n - 1 - j], a[i * n + j]);
  return b;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int m = corpus::argument(argc, argv, 1, 3), n = corpus::argument(argc, argv, 2, 4);
  std::vector<long> a, c, b, d;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a.push_back(i > 0 && j > 0 ? mix(a[at(i - 1, j, n)], a[at(i, j - 1, n)]) : cell(i, j));
  corpus::same("swept", swept(ex, m, n).get(), reduced(a, 1));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j) {
      long sum = cell(j, i);
      for (int k = 0; k < n; ++k) sum = mix(sum, cell(i, k));
      c.push_back(sum);
    }
  std::vector<long> got;
  for (const auto& each : product(ex, m, n)) got.push_back(each.get());
  corpus::same("product", got, c);
  for (int k = 0; k < m * n; ++k) b.push_back(mix(cell(k / n, k % n), k));
  long last = cell(0, 0);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) last = mix(last, b[at(i, j, n)]);
  corpus::same("pushed", pushed(ex, m, n).get(), last);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int k = 0; k < n; ++k) d.push_back(i > 0 ? mix(d[d.size() - n * n], k) : cell(j, k));
  corpus::same("cube", cube(ex, m, n).get(), reduced(d, 2));
  std::vector<long> e, f;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      e.push_back(i == 0 ? cell(i, j) : mix(e[at(i - 1, n - 1 - j, n)], e[at(i - 1, j, n)]));
      f.push_back(mix(cell(m - 1 - i, j), cell(m - 1 - i, n - 1 - j)));
    }
  corpus::same("mirrored", ex.gather(mirrored(ex, m, n)), e);
  corpus::same("turned", ex.gather(turned(ex, m, n)), f);
  return corpus::result();
}
