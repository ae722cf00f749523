// Floyd and Warshall's loops: a whole matrix each step, from the last step's row, column and cell, in place and out of place.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=out_of_place 3 -- n=3
// GRAPH: 36 tasks, 63 edges
// PARAMS: graph=in_place 3 -- n=3
// PARAMS: graph=in_place 1 -- n=1
// PARAMS: graph=out_of_place 0 -- n=0

#include <dflow/dflow.h>

#include <algorithm>
#include <array>

#include "corpus.h"

using Handle = dflow::Future<long>;
using Grid = std::vector<std::vector<Handle>>;

[[dflow::task]] long length(int i, int j) { return i == j ? 0 : 1 + (7 * i + 5 * j) % 11; }
[[dflow::task]] long shorter(long here, long to, long from) { return std::min(here, to + from); }

Grid lengths(dflow::Executor& ex, int n) {
  Grid grid(n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) grid[i].push_back(ex.submit(length, i, j));
  }
  return grid;
}

/// With itself as its two operands, a cell is an edge to one task only once.
[[dflow::graph]] Grid out_of_place(dflow::Executor& ex, int n) {
  std::array<Grid, 2> paths{lengths(ex, n), Grid(n, std::vector<Handle>(n))};
  for (int k = 0; k < n; ++k) {
    const Grid& last = paths[k % 2];
    Grid& next = paths[(k + 1) % 2];
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) next[i][j] = ex.submit(shorter, last[i][j], last[i][k], last[k][j]);
    }
  }
  return paths[n % 2];
}

[[dflow::graph]] Grid in_place(dflow::Executor& ex, int n) {
  Grid paths = lengths(ex, n);
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        if (i == k || j == k) continue;
        paths[i][j] = ex.submit(shorter, paths[i][j], paths[i][k], paths[k][j]);
      }
    }
  }
  return paths;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  std::vector<std::vector<long>> paths(n, std::vector<long>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) paths[i][j] = length(i, j);
  }
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) paths[i][j] = shorter(paths[i][j], paths[i][k], paths[k][j]);
    }
  }
  const Grid a = out_of_place(ex, n), b = in_place(ex, n);
  for (int i = 0; i < n; ++i) {
    corpus::same("out of place", ex.gather(a[i]), paths[i]);
    corpus::same("in place", ex.gather(b[i]), paths[i]);
  }
  return corpus::result();
}
