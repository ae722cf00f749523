// gather, wait and as_completed on the way: where their results only go on into tasks the graph is known to the end; where
// the order in which tasks end decides an edge, or a value the number of tasks, it ends there.
// BOUNDARIES: 5
// REPLICABLE: no
// PARAMS: graph=gathered 3 -- xs.size=3
// EXPECT: gathered 50
// EXPECT: scattered 19
// EXPECT: barrier 48
// EXPECT: totals 43
// EXPECT: steered 3
// EXPECT: first 1
// EXPECT: raced 1
// EXPECT: stored 26
// EXPECT: polled 9
// GRAPH: 6 tasks, 2 edges
// PARAMS: graph=scattered 3 -- xs.size=3
// GRAPH: 6 tasks, 0 edges
// PARAMS: graph=barrier 3 -- xs.size=3
// GRAPH: 9 tasks, 8 edges
// PARAMS: graph=totals 3 -- xs.size=3
// GRAPH: 4 tasks, 0 edges
// PARAMS: graph=steered 3 -- xs.size=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=first 3 -- xs.size=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=raced 3 -- xs.size=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=stored 3 -- xs.size=3
// GRAPH: 3 tasks, 0 edges
// PARAMS: graph=polled 3 -- xs.size=3
// GRAPH: 3 tasks, 0 edges

#include <dflow/dflow.h>

#include <chrono>
#include <numeric>

#include "corpus.h"

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Values = std::vector<long>;

[[dflow::task]] long load(long x) { return x + 4; }
[[dflow::task]] long sum(const Values& all) { return std::accumulate(all.begin(), all.end(), 0L); }

[[dflow::graph]] Handle gathered(dflow::Executor& ex, const Values& xs) {
  const Values values = ex.gather(ex.map(load, xs));
  const auto total = ex.submit(sum, values);
  return ex.submit(load, total).then([](long x) { return x + 20; });
}
[[dflow::graph]] Row scattered(dflow::Executor& ex, const Values& xs) {
  Row first = ex.map(load, xs);
  const Values values = ex.gather(std::move(first));
  Row all;
  for (const long value : values) all.push_back(ex.submit(load, value + 2));
  return all;
}
[[dflow::graph]] Handle barrier(dflow::Executor& ex, const Values& xs) {
  Row all = ex.map(load, xs);
  dflow::wait(all);
  for (auto& each : all) each = ex.submit(load, each);
  ex.submit(load, all.front()).wait();
  const auto [done, not_done] = dflow::wait(all, dflow::When::all);
  return ex.reduce([](long a, long b) { return a + b + static_cast<long>(a > b) * 10; }, done);
}
[[dflow::graph]] Handle totals(dflow::Executor& ex, const Values& xs) {
  long total = 0;
  const Row all = ex.map(load, xs);
  for (const auto& each : dflow::as_completed(all)) total += each.get();
  return ex.submit(load, total + 13);
}
[[dflow::graph]] Row steered(dflow::Executor& ex, const Values& xs) {
  Row all;
  for (const long value : ex.gather(ex.map(load, xs))) {
    if (value > 0) all.push_back(ex.submit(load, value));
  }
  return all;
}
[[dflow::graph]] Handle first(dflow::Executor& ex, const Values& xs) {
  const auto ended = dflow::wait(ex.map(load, xs), dflow::When::first);
  return ex.submit([](long x) { return x > 0 ? 1L : 0L; }, ended.done.front());
}
[[dflow::graph]] Handle raced(dflow::Executor& ex, const Values& xs) {
  Row all = ex.map(load, xs), order;
  for (const auto& each : dflow::as_completed(all)) order.push_back(each);
  return ex.submit([](const Values& each) { return sum(each) > 0 ? 1L : 0L; }, order);
}
[[dflow::graph]] Handle stored(dflow::Executor& ex, const Values& xs) {
  auto ended = dflow::as_completed(ex.map(load, xs));
  long total = 0;
  while (!ended.empty()) total += ended.next().get();
  return ex.submit(load, total - 4);
}
[[dflow::graph]] Handle polled(dflow::Executor& ex, const Values& xs) {
  const Row all = ex.map(load, xs);
  while (!dflow::wait(all, dflow::When::all, std::chrono::milliseconds(1)).not_done.empty()) {
  }
  return ex.submit(load, all[0]);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const Values xs = corpus::squares(corpus::argument(argc, argv, 1, 3));
  corpus::same("gathered", gathered(ex, xs).get(), sum(xs) + 36);
  corpus::same("scattered", scattered(ex, xs).back().get(), xs.back() + 10);
  std::cout << "barrier " << barrier(ex, xs).get() << '\n';
  corpus::same("totals", totals(ex, xs).get(), sum(xs) + 29);
  corpus::same("steered", steered(ex, xs).size(), xs.size());
  corpus::same("first", first(ex, xs).get(), 1);
  corpus::same("raced", raced(ex, xs).get(), 1);
  corpus::same("stored", stored(ex, xs).get(), sum(xs) + 12);
  corpus::same("polled", polled(ex, xs).get(), xs[0] + 8);
  return corpus::result();
}
