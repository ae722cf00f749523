// Boundaries in the middle: a result that chooses what comes next, between two parts that are known; two of them in a row;
// one in a loop that was known so far.
// BOUNDARIES: 4
// REPLICABLE: no
// PARAMS: graph=chosen 4 -- n=4
// GRAPH: 8 tasks, 7 edges
// PARAMS: graph=chosen 1 -- n=1
// PARAMS: graph=twice 3 -- n=3
// PARAMS: graph=halved 6 -- n=6

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long make(int i) { return i * i; }
[[dflow::task]] long add(long a, long b) { return a + b; }

std::vector<Handle> made(dflow::Executor& ex, int n) {
  std::vector<Handle> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(make, i));
  return all;
}

[[dflow::graph]] Handle chosen(dflow::Executor& ex, int n) {
  const auto all = made(ex, n);
  auto total = ex.reduce(add, all, 0L);
  auto result = total;
  if (total.get() % 2 == 0) result = ex.submit(mix, total, all.front());
  for (const auto& each : all) result = ex.submit(mix, result, each);
  return result;
}

[[dflow::graph]] Handle twice(dflow::Executor& ex, int n) {
  auto all = made(ex, n);
  const long first = all[0].get() + 1;
  for (long i = 0; i < first; ++i) all.push_back(ex.submit(mix, all.back(), i));
  const auto second = static_cast<std::size_t>(all.back().get()) % all.size();
  return ex.submit(mix, all[second], all[0]);
}

/// Halves while the sum is large.
[[dflow::graph]] Handle halved(dflow::Executor& ex, int n) {
  auto all = made(ex, n);
  auto sum = ex.reduce(add, all, 0L);
  while (all.size() > 1 && sum.get() > 10) {
    all.resize(all.size() / 2);
    sum = ex.reduce(add, all, 0L);
  }
  return sum;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<long> all;
  long total = 0;
  for (int i = 0; i < n; ++i) all.push_back(make(i)), total += make(i);
  long result = total % 2 == 0 ? mix(total, all[0]) : total;
  for (const long each : all) result = mix(result, each);
  corpus::same("chosen", chosen(ex, n).get(), result);
  long last = mix(all.back(), 0);
  corpus::same("twice", twice(ex, n).get(), mix(last % (n + 1) == n ? last : all[last % (n + 1)], all[0]));
  while (all.size() > 1 && total > 10) {
    all.resize(all.size() / 2);
    total = 0;
    for (const long each : all) total += each;
  }
  corpus::same("halved", halved(ex, n).get(), total);
  return corpus::result();
}
