// Side effects of code that nobody wrote a call of: members' initialisers, default arguments, destructors of variables,
// members and temporaries, conversions, operators, functors given to algorithms, elements of containers. Each steers.
// BOUNDARIES: 12
// REPLICABLE: no
// PARAMS: graph=member 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=defaulted 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=destroyed 3 -- n=3
// GRAPH: 2 tasks, 1 edges
// PARAMS: graph=temporary 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=converted 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=infix 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=counted 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=elements 3 -- n=3
// GRAPH: 1 tasks, 0 edges

#include <dflow/dflow.h>

#include <algorithm>

#include "corpus.h"

using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 4; }

int made_before = 0, ended = 0, asked = 0, steps = 0, seen = 0, filled = 0;

struct Numbered {
  int number = ++made_before;
};
struct Pair {
  Numbered first;
  Numbered second;
};
int fresh(int least, int number = ++asked) { return std::max(least, number); }
struct Bell {
  ~Bell() { ++ended; }
};
struct House {
  std::vector<Bell> bells;
  int rooms = 1;
};
struct Odd {
  operator bool() const {
    static int number = 0;
    return ++number % 2 == 1;
  }
};
struct Step {
  int size;
  friend Step operator+(Step a, Step b) { return {a.size + b.size + ++steps}; }
};
struct Count {
  void operator()(int) const { ++seen; }
};
struct Cell {
  int number;
  Cell() : number(++filled) {}
};

Handle again(dflow::Executor& ex, const Handle& x, int times) {
  return times == 0 ? x : again(ex, ex.submit(load, x), times - 1);
}

[[dflow::graph]] Handle member(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  const Pair pair;
  return again(ex, x, pair.second.number);
}
[[dflow::graph]] Handle defaulted(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  return again(ex, x, fresh(0));
}
[[dflow::graph]] Handle destroyed(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  {
    House house{std::vector<Bell>(2), 1};
    for (int i = 0; i < house.rooms; ++i) x = ex.submit(load, x);
  }
  return ex.submit(load, x);
}
[[dflow::graph]] Handle temporary(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  static_cast<void>(Bell());
  return ex.submit(load, x);
}
[[dflow::graph]] Handle converted(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  const Odd odd;
  if (odd) x = ex.submit(load, x);
  return x;
}
[[dflow::graph]] Handle infix(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  return again(ex, x, (Step{1} + Step{n}).size);
}
[[dflow::graph]] Handle counted(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  const std::vector<int> all(static_cast<std::size_t>(n));
  std::for_each(all.begin(), all.end(), Count{});
  return ex.submit(load, x);
}
[[dflow::graph]] Handle elements(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  const std::vector<Cell> cells(2);
  return again(ex, x, cells.back().number);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  corpus::same("member", member(ex, n).get(), n + 12);
  corpus::same("defaulted", defaulted(ex, n).get(), n + 8);
  corpus::same("destroyed", destroyed(ex, n).get(), n + 12);
  corpus::same("temporary", temporary(ex, n).get(), n + 8);
  corpus::same("converted", converted(ex, n).get(), n + 8);
  corpus::same("infix", infix(ex, n).get(), n + 4 + 4 * (n + 2));
  corpus::same("counted", counted(ex, n).get(), n + 8);
  corpus::same("elements", elements(ex, n).get(), n + 12);
  corpus::same("ended", ended, 3);
  return corpus::result();
}
