// What a launched function asks on its way: whether a future is there, or an optional one; elements by `at`, which throws;
// and truth values that choose.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: alternating chosen told first_or_next filled picked twice either one_of looked_up wanted
// PARAMS: graph=alternating 6 -- n=6
// GRAPH: 12 tasks, 10 edges
// PARAMS: graph=alternating 0 -- n=0
// PARAMS: graph=chosen 5 -- n=5
// GRAPH: 5 tasks, 4 edges
// PARAMS: graph=told 6 -- n=6
// PARAMS: graph=first_or_next 1 -- n=1
// PARAMS: graph=filled 5 -- n=5
// PARAMS: graph=picked 5 2 -- n=5 k=2
// PARAMS: graph=either 4 0 1 -- n=4 left=1
// PARAMS: graph=either/1 4 0 1 -- n=4 left=0
// PARAMS: graph=one_of 4 0 1 -- left=1
// PARAMS: graph=looked_up 5 2 -- n=5 k=2
// PARAMS: graph=wanted 5 -- n=5

#include <dflow/dflow.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] static long make(long x) { return x + 1; }

/// Each is read in the round after, if there was one before.
[[dflow::graph]] Handle alternating(dflow::Executor& ex, int n) {
  Handle before, last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    if (before.valid()) last = ex.submit(mix, last, before);
    before = ex.submit(make, i);
  }
  return last;
}

/// Of what it replaces.
[[dflow::graph]] Handle chosen(dflow::Executor& ex, int n) {
  Handle before;
  for (int i = 0; i < n; ++i) before = before.valid() ? ex.submit(mix, before, i) : ex.submit(make, i);
  return before;
}

[[dflow::graph]] Handle told(dflow::Executor& ex, int n) {
  std::optional<Handle> kept;
  Handle last = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) {
    if (kept) last = ex.submit(mix, last, *kept);
    if (i % 2 == 0) kept = ex.submit(make, i);
    else kept.reset();
  }
  return last;
}

[[dflow::graph]] Handle first_or_next(dflow::Executor& ex, int n) {
  std::optional<Handle> kept;
  if (n > 2) kept = ex.submit(make, n);
  if (!kept.has_value()) kept = ex.submit(mix, n, n);
  return ex.submit(make, *kept);
}

[[dflow::graph]] std::vector<Handle> filled(dflow::Executor& ex, int n) {
  std::vector<Handle> all(n);
  for (int i = 0; i < n; ++i) all.at(i) = i > 0 ? ex.submit(mix, all.at(i - 1), i) : ex.submit(make, i);
  return all;
}

/// An element that may not be there.
[[dflow::graph]] Handle picked(dflow::Executor& ex, int n, int k) {
  std::vector<Handle> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(make, i));
  return ex.submit(mix, all.at(k), n);
}

[[dflow::graph]] Handle twice(dflow::Executor& ex, int n, bool doubled) {
  Handle last = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) last = doubled ? ex.submit(mix, last, 2 * i) : ex.submit(mix, last, i);
  return last;
}

[[dflow::graph]] Handle either(dflow::Executor& ex, int n, bool left) {
  Handle a = ex.submit(make, 0), b = ex.submit(make, 1);
  for (int i = 0; i < n; ++i) a = ex.submit(mix, left ? a : b, i);
  return ex.submit(mix, a, b);
}

[[dflow::graph]] Handle one_of(dflow::Executor& ex, bool left) {
  Handle a = ex.submit(make, 0), b = ex.submit(make, 1);
  return ex.submit(mix, left ? a : b, ex.submit(mix, a, b));
}

/// What is looked up first is read by no task, and still has to be there.
[[dflow::graph]] Handle looked_up(dflow::Executor& ex, int n, int k) {
  std::map<int, Handle> all;
  for (int i = 0; i < n; ++i) all[i] = ex.submit(make, i);
  Handle last = all.at(k);
  last = all.at(0);
  for (int i = 1; i < n; ++i) last = ex.submit(mix, last, all.at(i));
  return last;
}

/// The value of an optional future, which throws where there is none.
[[dflow::graph]] Handle wanted(dflow::Executor& ex, int n) {
  std::optional<Handle> last;
  for (int i = 0; i < n; ++i) last = last ? ex.submit(mix, last.value(), i) : ex.submit(make, i);
  return last.value();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3), k = corpus::argument(argc, argv, 2, 0);
  const bool left = corpus::argument(argc, argv, 3, 0) != 0;
  long kept = -1, last = 0, chain = 0, halves = make(0);
  for (int i = 0; i < n; ++i) {
    if (kept >= 0) last = mix(last, kept);
    kept = make(i);
    chain = i > 0 ? mix(chain, i) : make(i);
    if (i % 2 == 1) halves = mix(halves, make(i - 1));
  }
  corpus::same("alternating", alternating(ex, n).get(), last);
  if (n > 0) corpus::same("chosen", chosen(ex, n).get(), chain);
  corpus::same("told", told(ex, n).get(), halves);
  corpus::same("first_or_next", first_or_next(ex, n).get(), make(n > 2 ? make(n) : mix(n, n)));
  const auto all = filled(ex, n);
  if (n > 0) corpus::same("filled", all.back().get(), chain);
  if (k < n) corpus::same("picked", picked(ex, n, k).get(), mix(make(k), n));
  long sum = make(0);
  for (int i = 1; i < n; ++i) sum = mix(sum, make(i));
  for (const int key : {k, n}) {
    try {
      corpus::same("looked_up", looked_up(ex, n, key).get(), sum);
    } catch (const std::out_of_range&) {
      std::cout << "not there: " << (key < n) << '\n';
    }
  }
  for (const int rounds : {n, 0}) {
    try {
      corpus::same("wanted", wanted(ex, rounds).get(), chain);
    } catch (const std::bad_optional_access&) {
      std::cout << "nothing: " << rounds << '\n';
    }
  }
  for (const int outside : {n, -1}) {
    try {
      std::cout << picked(ex, n, outside).get() << " is not there\n";
    } catch (const std::out_of_range&) {
      std::cout << "out of range\n";
    }
  }
  for (const bool way : {left, !left}) {
    long doubled = make(0), carried = make(0), other = make(1);
    for (int i = 0; i < n; ++i) {
      doubled = mix(doubled, way ? 2 * i : i);
      carried = mix(way ? carried : other, i);
    }
    corpus::same("twice", twice(ex, n, way).get(), doubled);
    corpus::same("either", either(ex, n, way).get(), mix(carried, other));
    corpus::same("one_of", one_of(ex, way).get(), mix(way ? make(0) : make(1), mix(make(0), make(1))));
  }
  return corpus::result();
}
