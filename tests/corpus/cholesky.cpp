// Tiled Cholesky's loops, triangular, over a matrix of futures that each task writes back into.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=cholesky 2 -- n=2
// EDGES: potrf#0 -> trsm#0, trsm#0 -> syrk#0, tile#1 -> trsm#0, tile#0 -> potrf#0, tile#2 -> syrk#0, syrk#0 -> potrf#1
// PARAMS: graph=cholesky 5 -- n=5
// GRAPH: 50 tasks, 75 edges
// PARAMS: graph=cholesky 1 -- n=1

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Tile = dflow::Future<long>;

[[dflow::task]] long tile(int i, int j) { return mix(i, j); }
[[dflow::task]] long potrf(long a) { return mix(a, 1); }
[[dflow::task]] long trsm(long l, long a) { return mix(l, a); }
[[dflow::task]] long syrk(long l, long a) { return mix(mix(l, l), a); }
[[dflow::task]] long gemm(long l, long r, long a) { return mix(mix(l, r), a); }

[[dflow::graph]] std::vector<std::vector<Tile>> cholesky(dflow::Executor& ex, int n) {
  std::vector<std::vector<Tile>> a(n, std::vector<Tile>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) a[i][j] = ex.submit(tile, i, j);
  }
  for (int k = 0; k < n; ++k) {
    a[k][k] = ex.submit(potrf, a[k][k]);
    for (int i = k + 1; i < n; ++i) a[i][k] = ex.submit(trsm, a[k][k], a[i][k]);
    for (int i = k + 1; i < n; ++i) {
      a[i][i] = ex.submit(syrk, a[i][k], a[i][i]);
      for (int j = k + 1; j < i; ++j) a[i][j] = ex.submit(gemm, a[i][k], a[j][k], a[i][j]);
    }
  }
  return a;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<std::vector<long>> a(n, std::vector<long>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) a[i][j] = tile(i, j);
  }
  for (int k = 0; k < n; ++k) {
    a[k][k] = potrf(a[k][k]);
    for (int i = k + 1; i < n; ++i) a[i][k] = trsm(a[k][k], a[i][k]);
    for (int i = k + 1; i < n; ++i) {
      a[i][i] = syrk(a[i][k], a[i][i]);
      for (int j = k + 1; j < i; ++j) a[i][j] = gemm(a[i][k], a[j][k], a[i][j]);
    }
  }
  const auto factor = cholesky(ex, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) corpus::same("tile", factor[i][j].get(), a[i][j]);
  }
  return corpus::result();
}
