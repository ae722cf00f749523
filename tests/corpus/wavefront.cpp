// A wavefront (the longest common subsequence's shape), with optional neighbours; a second sweep the other way round.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=wavefront 3 4 -- rows=3 columns=4
// PARAMS: graph=wavefront 1 1 -- rows=1 columns=1
// PARAMS: graph=wavefront 6 2 -- rows=6 columns=2

#include <dflow/dflow.h>

#include <optional>

#include "corpus.h"

using corpus::mix;
using Cell = dflow::Future<long>;

[[dflow::task]] long corner() { return 1; }
[[dflow::task]] long cell(std::optional<long> up, std::optional<long> left) { return mix(up.value_or(2), left.value_or(5)); }

[[dflow::graph]] Cell wavefront(dflow::Executor& ex, int rows, int columns) {
  std::vector<std::vector<Cell>> table(rows, std::vector<Cell>(columns));
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      if (i == 0 && j == 0) {
        table[0][0] = ex.submit(corner);
        continue;
      }
      std::optional<Cell> up, left;
      if (i > 0) up = table[i - 1][j];
      if (j > 0) left = table[i][j - 1];
      table[i][j] = ex.submit(cell, up, left);
    }
  }
  for (int i = rows - 2; i >= 0; --i) {
    for (int j = columns - 2; j >= 0; --j) table[i][j] = ex.submit(mix, table[i + 1][j], table[i][j + 1]);
  }
  return table[0][0];
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int rows = corpus::argument(argc, argv, 1, 3), columns = corpus::argument(argc, argv, 2, 3);
  std::vector<std::vector<long>> t(rows, std::vector<long>(columns, corner()));
  for (int i = 0; i < rows; ++i) {
    for (int j = i == 0; j < columns; ++j) t[i][j] = mix(i > 0 ? t[i - 1][j] : 2, j > 0 ? t[i][j - 1] : 5);
  }
  for (int i = rows - 2; i >= 0; --i) {
    for (int j = columns - 2; j >= 0; --j) t[i][j] = mix(t[i + 1][j], t[i][j + 1]);
  }
  corpus::same("wavefront", wavefront(ex, rows, columns).get(), t[0][0]);
  return corpus::result();
}
