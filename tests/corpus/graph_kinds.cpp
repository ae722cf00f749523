// Graph functions that are templates (two instantiations), members of an object, overloaded, with defaults, inline, void.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=Solver::solve 3 -- n=3
// GRAPH: 4 tasks, 3 edges
// PARAMS: graph=Box::fill 3 -- n=3
// PARAMS: graph=fire 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=twofold 3 -- n=3 more=2
// GRAPH: 6 tasks, 6 edges

#include <dflow/dflow.h>

#include <atomic>

#include "corpus.h"

using corpus::mix;
template <class T>
using Handle = dflow::Future<T>;

[[dflow::task]] long load(long x) { return x + 1; }
std::atomic<int> fired{0};
[[dflow::task]] void tick(int i) { fired += i; }

template <class T, int Times>
[[dflow::graph]] Handle<T> power(dflow::Executor& ex, T x) {
  auto result = ex.submit([](T a) { return a; }, x);
  for (int i = 0; i < Times; ++i) result = ex.submit([](T a, T b) { return a * b; }, result, x);
  return result;
}

struct Solver {
  long offset = 4;
  [[dflow::graph]] Handle<long> solve(dflow::Executor& ex, int n) const {
    auto x = ex.submit(load, offset);
    for (int i = 0; i < n; ++i) x = ex.submit(mix, x, offset);
    return x;
  }
};

template <class T>
struct Box {
  [[dflow::graph]] static std::vector<Handle<T>> fill(dflow::Executor& ex, int n) {
    std::vector<Handle<T>> all;
    for (T i = 0; i < n; ++i) all.push_back(ex.submit(load, i));
    return all;
  }
};

[[dflow::graph]] inline void fire(dflow::Executor& ex, int n) {
  for (int i = 0; i < n; ++i) ex.submit(tick, i);
}

[[dflow::graph]] Handle<long> twofold(dflow::Executor& ex, int n, int more = 2) {
  auto x = ex.submit(load, n);
  auto y = x;
  for (int i = 0; i < more; ++i) x = ex.submit(mix, x, i), y = ex.submit(mix, i, y);
  return n > 100 ? y : ex.submit([](long a, long b) { return a == b ? 0L : 1L; }, x, y);
}

int main(int argc, char** argv) {
  const int n = corpus::argument(argc, argv, 1, 3);
  {
    dflow::Executor ex(argc, argv);
    corpus::same("power", power<long, 3>(ex, n).get(), static_cast<long>(n) * n * n * n);
    corpus::same("power", power<double, 1>(ex, 1.5).get(), 2.25);
    long solved = load(4);
    for (int i = 0; i < n; ++i) solved = mix(solved, 4);
    corpus::same("solve", Solver().solve(ex, n).get(), solved);
    corpus::same("fill", ex.gather(Box<long>::fill(ex, n)), std::vector<long>{1, 2, 3});
    corpus::same("twofold", twofold(ex, n).get(), 1);
    fire(ex, n);
  }
  corpus::same("fired", corpus::shares_globals() ? fired.load() : n * (n - 1) / 2, n * (n - 1) / 2);
  return corpus::result();
}
