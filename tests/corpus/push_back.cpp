// Vectors filled by push_back and emplace_back in nested loops, read by position, by iterator and whole.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=grid 3 4 -- rows=3 columns=4
// GRAPH: 30 tasks, 30 edges
// PARAMS: graph=grid 1 1 -- rows=1 columns=1
// PARAMS: graph=grid 5 2 -- rows=5 columns=2

#include <dflow/dflow.h>

#include <numeric>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long cell(int i, int j) { return mix(i + 1, j + 1); }
[[dflow::task]] long row_sum(const std::vector<long>& cells) {
  return std::accumulate(cells.begin(), cells.end(), 0L, mix);
}

[[dflow::graph]] std::vector<dflow::Future<long>> grid(dflow::Executor& ex, int rows, int columns) {
  Row flat, sums;
  std::vector<Row> nested;
  for (int i = 0; i < rows; ++i) {
    Row row;
    for (int j = 0; j < columns; ++j) {
      flat.push_back(ex.submit(cell, i, j));
      row.emplace_back(ex.submit(mix, flat[i * columns + j], flat.back()));
    }
    nested.push_back(std::move(row));
  }
  for (const auto& row : nested) sums.push_back(ex.submit(row_sum, row));
  for (auto it = nested.begin(); it != nested.end(); ++it) sums.insert(sums.end(), ex.submit(mix, it->front(), it->back()));
  return sums;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int rows = corpus::argument(argc, argv, 1, 2), columns = corpus::argument(argc, argv, 2, 2);
  std::vector<long> sums, ends;
  for (int i = 0; i < rows; ++i) {
    std::vector<long> row;
    for (int j = 0; j < columns; ++j) row.push_back(mix(cell(i, j), cell(i, j)));
    sums.push_back(row_sum(row));
    ends.push_back(mix(row.front(), row.back()));
  }
  sums.insert(sums.end(), ends.begin(), ends.end());
  corpus::same("grid", ex.gather(grid(ex, rows, columns)), sums);
  return corpus::result();
}
