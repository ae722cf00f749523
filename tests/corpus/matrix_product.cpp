// A product of tiled matrices: three nested loops with a sum carried by the innermost; the same with products in a vector
// that is reduced.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=carried 2 3 -- n=2 m=3
// GRAPH: 26 tasks, 34 edges
// PARAMS: graph=carried 3 1 -- n=3 m=1
// PARAMS: graph=reduced 2 5 -- n=2 m=5
// PARAMS: graph=reduced 1 0 -- n=1 m=0

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Grid = std::vector<Row>;

[[dflow::task]] long tile(int i, int j) { return 10 * i + j + 1; }
[[dflow::task]] long product(long a, long b) { return mix(a, b); }
[[dflow::task]] long add(long a, long b) { return a + b; }

Grid tiles(dflow::Executor& ex, int rows, int columns) {
  Grid all(rows);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) all[i].push_back(ex.submit(tile, i, j));
  }
  return all;
}

/// Only terms after the first are added.
[[dflow::graph]] Grid carried(dflow::Executor& ex, int n, int m) {
  const Grid a = tiles(ex, n, m);
  Grid c(n, Row(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      for (int k = 0; k < m; ++k) {
        auto term = ex.submit(product, a[i][k], a[j][k]);
        c[i][j] = k == 0 ? term : ex.submit(add, c[i][j], term);
      }
      if (m == 0) c[i][j] = ex.submit(tile, 0, 0);
    }
  }
  return c;
}

[[dflow::graph]] Grid reduced(dflow::Executor& ex, int n, int m) {
  const Grid a = tiles(ex, n, m);
  Grid c;
  for (const Row& left : a) {
    Row row;
    for (const Row& right : a) row.push_back(ex.reduce(add, ex.map(product, left, right), 0L));
    c.push_back(row);
  }
  return c;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 2), m = corpus::argument(argc, argv, 2, 3);
  const Grid c = carried(ex, n, m), d = reduced(ex, n, m);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      long sum = 0;
      for (int k = 0; k < m; ++k) sum += product(tile(i, k), tile(j, k));
      corpus::same("carried", c[i][j].get(), m == 0 ? tile(0, 0) : sum);
      corpus::same("reduced", d[i][j].get(), sum);
    }
  }
  return corpus::result();
}
