// What stops a graph from being known, away from its own body: get() in a helper, a conversion, a lambda; a global read by
// a loop's header, written by ++, by a helper's static, by a constructor. What was submitted before stays exact.
// BOUNDARIES: 9
// REPLICABLE: no
// PARAMS: graph=converted 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=asked 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=sized 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=bounded 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=nested 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=numbered 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=built 3 -- n=3
// GRAPH: 1 tasks, 0 edges

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 4; }

struct Small {
  Handle handle;
  explicit operator bool() const { return handle.get() < 10; }
};
template <class T>
T fetch(const dflow::Future<T>& future) {
  return future.get();
}
int rounds = 3;
int next() {
  static int number = 0;
  return ++number;
}
struct Tick {
  Tick() { ++rounds; }
};

[[dflow::graph]] Handle converted(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  if (Small{x}) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle asked(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  const auto done = [&] { return fetch(x) > 50; };
  while (!done()) x = ex.submit(mix, x, 3);
  return x;
}
[[dflow::graph]] Handle sized(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  std::vector<Handle> all(static_cast<std::size_t>(fetch(x)));
  for (auto& each : all) each = ex.submit(load, n);
  return ex.reduce(mix, all);
}
[[dflow::graph]] Handle bounded(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  for (int i = 0; i < rounds; ++i) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle nested(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  if (n > 0)
    for (int i = 0; i < n; ++i)
      if (const int left = rounds - i; left > 0) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle numbered(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  if (next() % 2 == 1) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle built(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  const Tick tick;
  return ex.submit(load, x);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long big = load(n), all = load(n);
  while (big <= 50) big = mix(big, 3);
  corpus::same("converted", converted(ex, n).get(), load(load(n)));
  corpus::same("asked", asked(ex, n).get(), big);
  all = mix(mix(mix(all, all), mix(all, all)), mix(mix(all, all), all));
  corpus::same("sized", sized(ex, n).get(), all);
  corpus::same("bounded", bounded(ex, n).get(), load(n) + 12);
  corpus::same("nested", nested(ex, n).get(), load(n) + 12);
  corpus::same("numbered", numbered(ex, n).get(), load(load(n)));
  corpus::same("built", built(ex, n).get(), load(load(n)));
  corpus::same("rounds", rounds, 4);
  return corpus::result();
}
