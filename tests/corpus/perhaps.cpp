// Conditions that ask whether there is a future, and sizes that are members of a parameter.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=chained 4 -- n=4
// GRAPH: 4 tasks, 3 edges
// PARAMS: graph=chained 0 -- n=0
// PARAMS: graph=first_or 5 -- n=5
// PARAMS: graph=grid 3 -- shape.rows=3 shape.columns=4
// GRAPH: 12 tasks, 9 edges
// PARAMS: graph=grid 0 -- shape.rows=0 shape.columns=4

#include <dflow/dflow.h>

#include <optional>
#include <vector>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] static long make(long x) { return x + 1; }

struct Shape {
  int rows = 0;
  int columns = 0;
  long seed = 0;
};

/// Each from the one before, where there is one.
[[dflow::graph]] std::optional<Handle> chained(dflow::Executor& ex, int n) {
  std::optional<Handle> before;
  for (int i = 0; i < n; ++i) {
    if (before)
      before = ex.submit(mix, *before, i);
    else
      before = ex.submit(make, i);
  }
  return before;
}

/// A future that is not there at first.
[[dflow::graph]] Handle first_or(dflow::Executor& ex, int n) {
  Handle kept, last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 2) kept = ex.submit(make, i);
    if (kept.valid()) last = ex.submit(mix, last, kept);
  }
  return last;
}

[[dflow::graph]] std::vector<Handle> grid(dflow::Executor& ex, const Shape& shape) {
  std::vector<Handle> rows;
  for (int i = 0; i < shape.rows; ++i) {
    rows.push_back(ex.submit(make, shape.seed + i));
    for (int j = 1; j < shape.columns; ++j) rows[i] = ex.submit(mix, rows[i], j);
  }
  return rows;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  const auto chain = chained(ex, n);
  long expected = 1;
  for (int i = 1; i < n; ++i) expected = mix(expected, i);
  if (chain) corpus::same("chained", chain->get(), expected);
  long kept = -1, last = make(-1);
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 2) kept = make(i);
    if (kept >= 0) last = mix(last, kept);
  }
  corpus::same("first_or", first_or(ex, n).get(), last);
  std::vector<long> sums, got;
  for (int i = 0; i < n; ++i) {
    long sum = make(5 + i);
    for (int j = 1; j < 4; ++j) sum = mix(sum, j);
    sums.push_back(sum);
  }
  for (const auto& each : grid(ex, {.rows = n, .columns = 4, .seed = 5})) got.push_back(each.get());
  corpus::same("grid", got, sums);
  return corpus::result();
}
