// Futures, and the executor, in objects that code of another file is given: by member functions, constructors and
// destructors, and through algorithms. Each is a boundary, like a function that takes them.
// WITH: elsewhere/far_strangers.cpp
// BOUNDARIES: 9
// REPLICABLE: no
// PARAMS: graph=turned 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=totalled 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=warmed 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=kept 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=ended 3 -- n=3
// GRAPH: 1 tasks, 0 edges
// PARAMS: graph=functor 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=by_name 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=printed 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=amid 3 -- n=3
// GRAPH: 2 tasks, 1 edges

#include <dflow/dflow.h>

#include <algorithm>

#include "corpus.h"
#include "elsewhere/far_strangers.h"

using far::Handle;

[[dflow::task]] long load(long x) {
  return 5 * x + 2;
}

far::Rows loaded(dflow::Executor& ex, int n) {
  far::Rows rows;
  for (int i = 0; i < n; ++i) rows.all.push_back(ex.submit(load, i));
  return rows;
}
void print(const Handle& x) {
  std::cout << "printed " << x.get() << '\n';
}
Handle around(dflow::Executor& ex, const Handle& x) {
  const Handle y = ex.submit(load, x);
  print(y);
  return ex.submit(load, y);
}

[[dflow::graph]] Handle turned(dflow::Executor& ex, int n) {
  far::Rows rows = loaded(ex, n);
  rows.turn();
  return ex.submit(corpus::mix, rows.all[0], rows.all[1]);
}
[[dflow::graph]] Handle totalled(dflow::Executor& ex, int n) {
  const far::Rows rows = loaded(ex, n);
  rows.total();
  return ex.submit(corpus::mix, rows.all[0], rows.all[1]);
}
[[dflow::graph]] Handle warmed(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  far::Maker maker{ex};
  maker.warm(n);
  return ex.submit(load, x);
}
[[dflow::graph]] Handle kept(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  const far::Keeper keeper(x);
  return ex.submit(load, x);
}
[[dflow::graph]] Handle ended(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  {
    const far::Ender ender{x};
  }
  return ex.submit(load, x);
}
[[dflow::graph]] Handle functor(dflow::Executor& ex, int n) {
  const far::Rows rows = loaded(ex, n);
  std::for_each(rows.all.begin(), rows.all.end(), far::Look{});
  return ex.submit(corpus::mix, rows.all[0], rows.all[1]);
}
[[dflow::graph]] Handle by_name(dflow::Executor& ex, int n) {
  const far::Rows rows = loaded(ex, n);
  std::for_each(rows.all.begin(), rows.all.end(), far::look);
  return ex.submit(corpus::mix, rows.all[0], rows.all[1]);
}
[[dflow::graph]] Handle printed(dflow::Executor& ex, int n) {
  const far::Rows rows = loaded(ex, n);
  std::for_each(rows.all.begin(), rows.all.end(), print);
  return ex.submit(corpus::mix, rows.all[0], rows.all[1]);
}
[[dflow::graph]] Handle amid(dflow::Executor& ex, int n) {
  const auto x = ex.submit(load, n);
  return ex.submit(corpus::mix, x, around(ex, x));
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  const long last = load(load(n));
  corpus::same("turned", turned(ex, n).get(), corpus::mix(load(1), load(2)));
  corpus::same("totalled", totalled(ex, n).get(), corpus::mix(load(0), load(1)));
  corpus::same("warmed", warmed(ex, n).get(), last);
  corpus::same("kept", kept(ex, n).get(), last);
  corpus::same("ended", ended(ex, n).get(), last);
  corpus::same("functor", functor(ex, n).get(), corpus::mix(load(0), load(1)));
  corpus::same("by_name", by_name(ex, n).get(), corpus::mix(load(0), load(1)));
  corpus::same("printed", printed(ex, n).get(), corpus::mix(load(0), load(1)));
  corpus::same("amid", amid(ex, n).get(), corpus::mix(load(n), load(last)));
  return corpus::result();
}
