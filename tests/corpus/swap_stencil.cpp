// A stencil in time whose two buffers are swapped; another whose next row is moved over the last.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=heat 6 3 -- n=6 steps=3
// GRAPH: 24 tasks, 54 edges
// PARAMS: graph=heat 3 1 -- n=3 steps=1
// PARAMS: graph=heat 5 0 -- n=5 steps=0
// PARAMS: graph=moved 6 3 -- n=6 steps=3
// PARAMS: graph=moved 4 7 -- n=4 steps=7

#include <dflow/dflow.h>

#include "corpus.h"

using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long init(int i) { return i * 1000; }
[[dflow::task]] long relax(long left, long here, long right) { return corpus::mix(corpus::mix(left, here), right); }

[[dflow::graph]] Row heat(dflow::Executor& ex, int n, int steps) {
  Row current(n), next(n);
  for (int i = 0; i < n; ++i) current[i] = ex.submit(init, i);
  for (int t = 0; t < steps; ++t) {
    for (int i = 0; i < n; ++i) next[i] = ex.submit(relax, current[(i + n - 1) % n], current[i], current[(i + 1) % n]);
    std::swap(current, next);
  }
  return current;
}

[[dflow::graph]] Row moved(dflow::Executor& ex, int n, int steps) {
  Row current;
  for (int i = 0; i < n; ++i) current.push_back(ex.submit(init, i));
  for (int t = 0; t < steps; ++t) {
    Row next;
    for (int i = 0; i < n; ++i) {
      const auto& left = i > 0 ? current[i - 1] : current[n - 1];
      const auto& right = current[i + 1 < n ? i + 1 : 0];
      next.push_back(ex.submit(relax, left, current[i], right));
    }
    current = std::move(next);
  }
  return current;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4), steps = corpus::argument(argc, argv, 2, 2);
  std::vector<long> expected(n);
  for (int i = 0; i < n; ++i) expected[i] = init(i);
  for (int t = 0; t < steps; ++t) {
    const auto before = expected;
    for (int i = 0; i < n; ++i) expected[i] = relax(before[(i + n - 1) % n], before[i], before[(i + 1) % n]);
  }
  corpus::same("heat", ex.gather(heat(ex, n, steps)), expected);
  corpus::same("moved", ex.gather(moved(ex, n, steps)), expected);
  return corpus::result();
}
