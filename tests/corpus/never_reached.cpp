// Calls that no parameters reach: behind a constant, discarded when it is compiled, behind conditions that rule each other out,
// in loops. They are no tasks, and the rest is launched as if they were not there.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: traced chosen excluded decided rounds
// PARAMS: graph=traced 3 1 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=chosen 3 1 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=excluded 3 1 -- n=3
// PARAMS: graph=excluded 4 1 -- n=4
// PARAMS: graph=decided 3 0 -- n=3 flag=0
// GRAPH: 3 tasks, 1 edges
// PARAMS: graph=decided 3 1 -- n=3 flag=1
// GRAPH: 5 tasks, 6 edges
// PARAMS: graph=rounds 4 1 -- n=4
// GRAPH: 9 tasks, 12 edges
// PARAMS: graph=rounds 0 1 -- n=0

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

constexpr bool kTraced = false;

long next(long x) { return x + 1; }

[[dflow::graph]] Handle traced(dflow::Executor& ex, int n) {
  Handle x = ex.submit(next, n);
  if (kTraced) x = ex.submit(mix, x, x);
  return ex.submit(next, x);
}

template <bool Twice>
Handle perhaps_twice(dflow::Executor& ex, Handle x) {
  if constexpr (Twice) x = ex.submit(mix, x, x);
  return x;
}

[[dflow::graph]] Handle chosen(dflow::Executor& ex, int n) {
  Handle x = perhaps_twice<false>(ex, ex.submit(next, n));
  if constexpr (kTraced) {
    x = ex.submit(mix, x, x);
  } else {
    x = ex.submit(next, x);
  }
  return x;
}

[[dflow::graph]] Handle excluded(dflow::Executor& ex, int n) {
  Handle x = ex.submit(next, n);
  if (n > 3) {
    x = ex.submit(next, x);
  } else if (n > 5) {
    x = ex.submit(mix, x, x);
  }
  return x;
}

[[dflow::graph]] std::vector<Handle> decided(dflow::Executor& ex, int n, bool flag) {
  std::vector<Handle> all(2);
  for (int i = 0; i < 2; ++i) all[i] = ex.submit(next, n + i);
  if (!flag) return {ex.submit(next, all[1])};
  auto& last = all[1];
  if (flag) {
    last = ex.submit(mix, last, all[0]);
  } else {
    all[0] = ex.submit(next, last);
  }
  return {ex.submit(mix, all[0], last), ex.submit(mix, last, all[0])};
}

[[dflow::graph]] Handle rounds(dflow::Executor& ex, int n) {
  std::vector<Handle> row(n + 1);
  row[0] = ex.submit(next, n);
  for (int i = 0; i < n; ++i) {
    if (kTraced) row[i] = ex.submit(mix, row[i], i);
    row[i + 1] = ex.submit(mix, row[i], i);
    if (i > n) row[i] = ex.submit(mix, row[i], row[i + 1]);
  }
  for (int i = 0; i < n; ++i) row[i] = ex.submit(mix, row[i], row[n]);
  return row[0];
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  const bool flag = corpus::argument(argc, argv, 2, 1) != 0;
  corpus::same("traced", traced(ex, n).get(), n + 2L);
  corpus::same("chosen", chosen(ex, n).get(), n + 2L);
  corpus::same("excluded", excluded(ex, n).get(), n + (n > 3 ? 2L : 1L));
  std::vector<long> expected{n + 3L};
  if (flag) {
    const long first = n + 1, last = mix(n + 2, n + 1);
    expected = {mix(first, last), mix(last, first)};
  }
  corpus::same("decided", ex.gather(decided(ex, n, flag)), expected);
  std::vector<long> row{n + 1L};
  for (int i = 0; i < n; ++i) row.push_back(mix(row[i], i));
  const long end = row[n];
  corpus::same("rounds", rounds(ex, n).get(), n == 0 ? row[0] : mix(row[0], end));
  return corpus::result();
}
