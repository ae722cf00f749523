// Graph functions that are coroutines: what they submit belongs to their call, before and behind each suspension, and what
// the caller submits meanwhile does not.
// BOUNDARIES: 3
// REPLICABLE: no
// PARAMS: graph=steps 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=steps/1 3 -- n=3
// PARAMS: graph=plain 3 -- n=3
// GRAPH: 4 tasks, 3 edges

#include <dflow/dflow.h>

#include <vector>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] static long make(long x) { return x + 1; }

/// Waits twice; the second time for what it could not have submitted before.
[[dflow::graph]] Handle steps(dflow::Executor& ex, long n) {
  auto first = ex.submit(make, n);
  const long x = co_await first;
  std::vector<Handle> more;
  for (long i = 0; i < n; ++i) more.push_back(ex.submit(mix, first, x + i));
  auto last = ex.reduce(mix, more);
  const long y = co_await last;
  co_return co_await ex.submit(make, y);
}

[[dflow::graph]] Handle plain(dflow::Executor& ex, long n) {
  Handle last = ex.submit(make, n);
  for (long i = 0; i < n; ++i) last = ex.submit(mix, last, i);
  return last;
}

static long steps_by_hand(long n) {
  std::vector<long> level;
  for (long i = 0; i < n; ++i) level.push_back(mix(make(n), make(n) + i));
  while (level.size() > 1) {
    std::vector<long> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(mix(level[i], level[i + 1]));
    if (level.size() % 2 != 0) next.push_back(level.back());
    level = next;
  }
  return make(level[0]);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const long n = corpus::argument(argc, argv, 1, 3);
  auto first = steps(ex, n);
  auto second = steps(ex, n);
  auto beside = plain(ex, n);
  auto outside = ex.submit(make, 1L);
  long expected = make(n);
  for (long i = 0; i < n; ++i) expected = mix(expected, i);
  corpus::same("first", first.get(), steps_by_hand(n));
  corpus::same("second", second.get(), steps_by_hand(n));
  corpus::same("beside", beside.get(), expected);
  corpus::same("outside", outside.get(), 2L);
  return corpus::result();
}
