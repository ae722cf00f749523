// Code that no exception passes: get() within catch (...), within noexcept functions, within a destructor; a failure
// that decides what is submitted. What was submitted before stays exact, and nothing behind it is made up.
// BOUNDARIES: 6
// REPLICABLE: no
// PARAMS: graph=caught 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// EXPECT: caught 54
// EXPECT: silent 11
// EXPECT: rescued 12
// EXPECT: left 11
// EXPECT: given_up 11
// PARAMS: graph=silent 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=rescued 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=left 3 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=given_up 3 -- n=3
// GRAPH: 2 tasks, 1 edges

#include <dflow/dflow.h>

#include <stdexcept>

#include "corpus.h"

using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 4; }
[[dflow::task]] long refuse(long x) {
  if (x > 0) throw std::domain_error("positive");
  return x;
}

[[dflow::graph]] Handle caught(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  for (int i = 0; i < 100; ++i) {
    try {
      if (x.get() > 50) break;
    } catch (...) {
      x = ex.submit(load, x);
    }
    x = ex.submit(load, x);
  }
  return ex.submit(load, x).then([](long y) { return y - 1; });
}

bool small(const Handle& x) noexcept { return x.get() < 10; }
[[dflow::graph]] Handle silent(dflow::Executor& ex, int n) noexcept {
  auto x = ex.submit(load, n);
  if (small(x)) return ex.submit(load, x);
  return x;
}

[[dflow::graph]] Handle rescued(dflow::Executor& ex, int n) {
  auto x = ex.submit(refuse, n);
  try {
    x.get();
    return ex.submit(load, n);
  } catch (...) {
    return ex.submit(load, n + 5);
  }
}

struct Guard {
  Handle& x;
  bool& open;
  ~Guard() {
    if (x.get() > 10) open = false;
  }
};
[[dflow::graph]] Handle left(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  bool open = true;
  {
    const Guard guard{x, open};
    x = ex.submit(load, x);
  }
  return open ? ex.submit(load, x) : x;
}

[[dflow::graph]] long given_up(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  const auto y = ex.submit(load, x);
  long result = 0;
  try {
    result = y.get();
  } catch (...) {
    return -1;
  }
  return ex.submit(load, result - 4).get();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long x = load(n);
  while (x <= 50) x = load(x);
  corpus::same("caught", caught(ex, n).get(), load(x) - 1);
  corpus::same("silent", silent(ex, n).get(), load(load(n)));
  corpus::same("rescued", rescued(ex, n).get(), load(n + 5));
  corpus::same("left", left(ex, n).get(), load(load(n)));
  corpus::same("given_up", given_up(ex, n), load(load(n)));
  return corpus::result();
}
