// Loops and parameters may be called what launchers call things of their own.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: named
// PARAMS: graph=named 3 4 -- id=3 scope=4
// PARAMS: graph=named 1 1 -- id=1 scope=1

#include <dflow/dflow.h>

#include <iostream>
#include <vector>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long seed(int i) { return i; }

[[dflow::graph]] Handle named(dflow::Executor& ex, int id, int scope) {
  std::vector<std::vector<Handle>> rows;
  for (int work = 0; work < id; ++work) {
    std::vector<Handle> row;
    for (int first = 0; first < scope; ++first) row.push_back(ex.submit(seed, work * 10 + first));
    rows.push_back(row);
  }
  std::vector<Handle> sums;
  for (int left = 0; left < id; ++left) {
    Handle sum = rows[left][0];
    for (int m = 1; m < scope; ++m) sum = ex.submit(mix, sum, rows[left][m]);
    sums.push_back(sum);
  }
  return ex.reduce(mix, sums);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  std::cout << named(ex, corpus::argument(argc, argv, 1, 3), corpus::argument(argc, argv, 2, 4)).get() << '\n';
}
