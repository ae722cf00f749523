// Results that can only be moved, in containers: chains through unique_ptr, a row of them handed on whole, one taken by
// whoever gets it last.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=chains 3 2 -- n=3 steps=2
// GRAPH: 10 tasks, 9 edges
// PARAMS: graph=chains 1 0 -- n=1 steps=0
// PARAMS: graph=chains 0 3 -- n=0 steps=3
// PARAMS: graph=looked_at 3 4 -- steps=4

#include <dflow/dflow.h>

#include <memory>
#include <numeric>

#include "corpus.h"

using corpus::mix;
using Data = std::unique_ptr<std::vector<long>>;
using Handle = dflow::Future<Data>;

[[dflow::task]] Data fill(int i) { return std::make_unique<std::vector<long>>(3, i); }
[[dflow::task]] Data extend(Data data, int by) {
  data->push_back(by);
  return data;
}
[[dflow::task]] long total(const Data& data) { return std::accumulate(data->begin(), data->end(), 0L, mix); }
[[dflow::task]] long digest(const std::vector<long>& all) { return std::accumulate(all.begin(), all.end(), 1L, mix); }

[[dflow::graph]] dflow::Future<long> chains(dflow::Executor& ex, int n, int steps) {
  std::vector<Handle> row;
  for (int i = 0; i < n; ++i) row.push_back(ex.submit(fill, i));
  for (int t = 0; t < steps; ++t) {
    for (int i = t % 2; i < n; i += 2) row[i] = ex.submit(extend, std::move(row[i]), t);
  }
  return ex.submit(digest, ex.map(total, row));
}

/// Looked at by others before it is moved on.
[[dflow::graph]] std::pair<dflow::Future<long>, Handle> looked_at(dflow::Executor& ex, int steps) {
  Handle data = ex.submit(fill, 9);
  auto seen = ex.submit(total, data);
  for (int i = 0; i < steps; ++i) {
    data = ex.submit(extend, data, i);
    seen = ex.submit(mix, seen, ex.submit(total, data));
  }
  return {seen, data};
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3), steps = corpus::argument(argc, argv, 2, 2);
  std::vector<long> totals;
  for (int i = 0; i < n; ++i) {
    Data data = fill(i);
    for (int t = 0; t < steps; ++t) data = i >= t % 2 && (i - t % 2) % 2 == 0 ? extend(std::move(data), t) : std::move(data);
    totals.push_back(total(data));
  }
  corpus::same("chains", chains(ex, n, steps).get(), digest(totals));
  Data data = fill(9);
  long seen = total(data);
  for (int i = 0; i < steps; ++i) data = extend(std::move(data), i), seen = mix(seen, total(data));
  auto [found, last] = looked_at(ex, steps);
  corpus::same("looked at", found.get(), seen);
  corpus::same("last", *std::move(last).get(), *data);
  return corpus::result();
}
