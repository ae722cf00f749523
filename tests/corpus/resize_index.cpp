// Nested vectors of futures sized first, then filled by subscripts, whole rows assigned, cells overwritten.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=pascal 5 -- n=5
// GRAPH: 25 tasks, 27 edges
// PARAMS: graph=pascal 1 -- n=1
// PARAMS: graph=pascal 9 -- n=9

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long one() { return 1; }
[[dflow::task]] long edge(int i) { return i; }

[[dflow::graph]] std::vector<dflow::Future<long>> pascal(dflow::Executor& ex, int n) {
  std::vector<std::vector<dflow::Future<long>>> table;
  table.resize(n);
  for (int i = 0; i < n; ++i) {
    table[i].resize(i + 1);
    table[i][0] = ex.submit(one);
    table[i].at(i) = ex.submit(edge, i);
    for (int j = 1; j < i; ++j) table[i][j] = ex.submit(mix, table[i - 1][j - 1], table[i - 1][j]);
  }
  auto last = table[n - 1];
  table[0] = last;
  std::vector<dflow::Future<long>> result(n);
  for (int j = 0; j < n; ++j) result[n - 1 - j] = ex.submit(mix, table[0][j], table.front()[0]);
  for (int j = 0; j < n; j += 2) result[j] = ex.submit(mix, result[j], table.back()[j]);
  for (int j = 0; j < n; ++j) result[j] = j % 3 == 2 ? ex.submit(edge, j) : result[j];
  return result;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<std::vector<long>> table(n);
  for (int i = 0; i < n; ++i) {
    table[i].assign(i + 1, 1);
    table[i][i] = i;
    for (int j = 1; j < i; ++j) table[i][j] = mix(table[i - 1][j - 1], table[i - 1][j]);
  }
  const auto& last = table[n - 1];
  std::vector<long> expected(n);
  for (int j = 0; j < n; ++j) expected[n - 1 - j] = mix(last[j], last[0]);
  for (int j = 0; j < n; j += 2) expected[j] = mix(expected[j], last[j]);
  for (int j = 2; j < n; j += 3) expected[j] = j;
  corpus::same("pascal", ex.gather(pascal(ex, n)), expected);
  return corpus::result();
}
