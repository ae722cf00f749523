// Numbers of objects that only code of another file of the command changes.
// WITH: elsewhere/far_members.cpp
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=grown 3 -- n=3
// GRAPH: 5 tasks, 0 edges
// PARAMS: graph=widened 3 -- n=3
// GRAPH: 4 tasks, 0 edges

#include <dflow/dflow.h>

#include "elsewhere/far_members.h"

[[dflow::graph]] far::Row grown(dflow::Executor& ex, int n) {
  far::Growing growing(ex, n);
  growing.grow();
  growing.fill();
  return growing.row();
}

[[dflow::graph]] far::Row widened(dflow::Executor& ex, int n) {
  far::Open open{n, far::Row(n + 5)};
  far::widen(open);
  for (int i = 0; i < open.count; ++i) open.cells[i] = ex.submit(corpus::mix, i, open.count);
  return open.cells;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  const far::Row row = grown(ex, n), wide = widened(ex, n);
  for (const auto& each : row) std::cout << each.get() << ' ';
  for (const auto& each : wide)
    if (each.valid()) std::cout << each.get() << ' ';
  std::cout << row.size() << '\n';
  return 0;
}
