// Tiled LU decomposition's loops: two triangles and a square below and right of each step.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=lu 3 -- n=3
// GRAPH: 23 tasks, 30 edges
// PARAMS: graph=lu 1 -- n=1
// PARAMS: graph=lu 0 -- n=0
// PARAMS: graph=lu 5 -- n=5

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Grid = std::vector<std::vector<Handle>>;

[[dflow::task]] long tile(int i, int j) { return 100 * i + j + 1; }
[[dflow::task]] long factor(long a) { return mix(a, 1); }
[[dflow::task]] long row_solve(long l, long a) { return mix(l, a); }
[[dflow::task]] long column_solve(long u, long a) { return mix(a, u); }
[[dflow::task]] long update(long left, long above, long a) { return mix(mix(left, above), a); }

[[dflow::graph]] Grid lu(dflow::Executor& ex, int n) {
  Grid a(n, std::vector<Handle>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) a[i][j] = ex.submit(tile, i, j);
  }
  for (int k = 0; k < n; ++k) {
    a[k][k] = ex.submit(factor, a[k][k]);
    for (int j = k + 1; j < n; ++j) a[k][j] = ex.submit(row_solve, a[k][k], a[k][j]);
    for (int i = k + 1; i < n; ++i) {
      a[i][k] = ex.submit(column_solve, a[k][k], a[i][k]);
      for (int j = k + 1; j < n; ++j) a[i][j] = ex.submit(update, a[i][k], a[k][j], a[i][j]);
    }
  }
  return a;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  std::vector<std::vector<long>> a(n, std::vector<long>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) a[i][j] = tile(i, j);
  }
  for (int k = 0; k < n; ++k) {
    a[k][k] = factor(a[k][k]);
    for (int j = k + 1; j < n; ++j) a[k][j] = row_solve(a[k][k], a[k][j]);
    for (int i = k + 1; i < n; ++i) {
      a[i][k] = column_solve(a[k][k], a[i][k]);
      for (int j = k + 1; j < n; ++j) a[i][j] = update(a[i][k], a[k][j], a[i][j]);
    }
  }
  const Grid result = lu(ex, n);
  for (int i = 0; i < n; ++i) corpus::same("lu", ex.gather(result[i]), a[i]);
  return corpus::result();
}
