// Helpers that take and return futures: by value, by reference, into an out parameter, in a pair, an aggregate, a vector.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=pipeline 4 -- n=4
// PARAMS: graph=pipeline 1 -- n=1
// PARAMS: graph=pipeline 0 -- n=0

#include <dflow/dflow.h>

#include <tuple>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long make(int i) { return i + 10; }
[[dflow::task]] long polish(long x) { return 3 * x; }

struct Stage {
  Handle raw, fine;
  std::vector<Handle> history;
};

Handle polished(dflow::Executor& ex, Handle x, int times) {
  for (int i = 0; i < times; ++i) x = ex.submit(polish, std::move(x));
  return x;
}
void advance(dflow::Executor& ex, Handle& x, const Handle& by) { x = ex.submit(mix, x, by); }
std::pair<Handle, Handle> split(dflow::Executor& ex, const Handle& x) { return {ex.submit(polish, x), x}; }
Stage stage(dflow::Executor& ex, int i) {
  Stage made;
  made.raw = ex.submit(make, i);
  made.fine = polished(ex, made.raw, i % 3);
  made.history = {made.raw, made.fine};
  return made;
}
void append(dflow::Executor& ex, std::vector<Handle>* all, const Stage& made) {
  auto [fine, same] = split(ex, made.fine);
  all->push_back(ex.submit(mix, fine, made.history[1]));
  all->push_back(same);
}

[[dflow::graph]] std::vector<Handle> pipeline(dflow::Executor& ex, int n) {
  std::vector<Handle> all;
  Handle carried = ex.submit(make, 100);
  for (int i = 0; i < n; ++i) {
    const Stage made = stage(ex, i);
    append(ex, &all, made);
    advance(ex, carried, made.history.front());
  }
  Handle other;
  std::tie(carried, other) = split(ex, carried);
  all.push_back(polished(ex, carried, 2));
  all.push_back(other);
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<long> expected;
  long carried = make(100);
  for (int i = 0; i < n; ++i) {
    long fine = make(i);
    for (int k = 0; k < i % 3; ++k) fine = polish(fine);
    expected.push_back(mix(polish(fine), fine));
    expected.push_back(fine);
    carried = mix(carried, make(i));
  }
  expected.push_back(polish(polish(polish(carried))));
  expected.push_back(carried);
  corpus::same("pipeline", ex.gather(pipeline(ex, n)), expected);
  return corpus::result();
}
