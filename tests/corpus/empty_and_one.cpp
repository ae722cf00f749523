// Inputs that are empty or have one element, for each construct that goes over many: map, zip, reduce, loops, whole containers.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=everything 0 -- xs.size=0
// GRAPH: 5 tasks, 0 edges
// PARAMS: graph=everything 1 -- xs.size=1
// GRAPH: 12 tasks, 8 edges
// PARAMS: graph=everything 2 -- xs.size=2
// PARAMS: graph=nested 0 -- xs.size=0
// PARAMS: graph=nested 1 -- xs.size=1
// PARAMS: graph=nested 3 -- xs.size=3

#include <dflow/dflow.h>

#include <numeric>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long turn(long x) { return mix(x, 1); }
[[dflow::task]] long digest(const std::vector<long>& all) { return std::accumulate(all.begin(), all.end(), 5L, mix); }
[[dflow::task]] long count(const std::vector<std::vector<long>>& rows) {
  return std::accumulate(rows.begin(), rows.end(), 0L, [](long sum, const auto& row) { return sum + digest(row); });
}

[[dflow::graph]] Row everything(dflow::Executor& ex, const std::vector<long>& xs) {
  const Row mapped = ex.map(turn, xs);
  const Row zipped = ex.map(mix, mapped, xs);
  const Row none = ex.map(turn, std::vector<long>{});
  Row pairs;
  for (std::size_t i = 0; i + 1 < mapped.size(); ++i) pairs.push_back(ex.submit(mix, mapped[i], mapped[i + 1]));
  Row results;
  results.push_back(ex.reduce(mix, zipped, 9L));
  results.push_back(ex.reduce(mix, none, ex.submit(turn, 3)));
  if (!mapped.empty()) results.push_back(ex.reduce(mix, mapped));
  results.push_back(ex.submit(digest, mapped));
  results.push_back(ex.submit(digest, pairs));
  results.push_back(ex.submit(digest, Row{}));
  for (const auto& each : mapped) {
    if (&each != &mapped.front()) results.push_back(ex.submit(mix, each, mapped.front()));
    if (&each == &mapped.back()) results.push_back(ex.submit(turn, each));
  }
  for (std::size_t i = mapped.size(); i-- > 0;) results.push_back(ex.submit(turn, mapped[i]));
  results.push_back(ex.submit(digest, ex.map(turn, ex.map(turn, zipped))));
  return results;
}

/// A triangle of rows, the first of which is empty.
[[dflow::graph]] Handle nested(dflow::Executor& ex, const std::vector<long>& xs) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    Row row;
    for (std::size_t j = 0; j < i; ++j) row.push_back(ex.submit(mix, xs[j], rows[j].empty() ? xs[i] : 0));
    rows.push_back(row);
  }
  Row sums;
  for (const auto& row : rows) sums.push_back(ex.reduce(mix, row, 2L));
  return ex.submit(mix, ex.submit(count, rows), ex.reduce(mix, sums, ex.submit(digest, sums)));
}

long reduced(std::vector<long> xs) {
  while (xs.size() > 1) {
    std::vector<long> next;
    for (std::size_t i = 0; i + 1 < xs.size(); i += 2) next.push_back(mix(xs[i], xs[i + 1]));
    if (xs.size() % 2 == 1) next.push_back(xs.back());
    xs = next;
  }
  return xs[0];
}
long reduced(long first, const std::vector<long>& xs) { return xs.empty() ? first : mix(first, reduced(xs)); }

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 1));
  std::vector<long> mapped, zipped, pairs, twice;
  for (const long x : xs) mapped.push_back(turn(x)), zipped.push_back(mix(turn(x), x)), twice.push_back(turn(turn(zipped.back())));
  for (std::size_t i = 0; i + 1 < xs.size(); ++i) pairs.push_back(mix(mapped[i], mapped[i + 1]));
  std::vector<long> expected{reduced(9, zipped), turn(3)};
  if (!xs.empty()) expected.push_back(reduced(mapped));
  for (const auto& all : {mapped, pairs, {}}) expected.push_back(digest(all));
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (i > 0) expected.push_back(mix(mapped[i], mapped[0]));
    if (i + 1 == xs.size()) expected.push_back(turn(mapped[i]));
  }
  for (std::size_t i = xs.size(); i-- > 0;) expected.push_back(turn(mapped[i]));
  expected.push_back(digest(twice));
  corpus::same("everything", ex.gather(everything(ex, xs)), expected);

  std::vector<std::vector<long>> rows;
  std::vector<long> sums;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    rows.emplace_back();
    for (std::size_t j = 0; j < i; ++j) rows[i].push_back(mix(xs[j], rows[j].empty() ? xs[i] : 0));
    sums.push_back(reduced(2, rows[i]));
  }
  corpus::same("nested", nested(ex, xs).get(), mix(count(rows), reduced(digest(sums), sums)));
  return corpus::result();
}
