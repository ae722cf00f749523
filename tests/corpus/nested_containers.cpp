// Containers in containers: arrays of vectors, vectors of pairs, maps of rows, a deque, tuples, all given to tasks whole and
// read by subscripts, keys and positions.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=nested 3 2 -- n=3 m=2
// PARAMS: graph=nested 1 0 -- n=1 m=0
// PARAMS: graph=nested 0 3 -- n=0 m=3
// PARAMS: graph=layers 3 4 -- n=3 m=4
// GRAPH: 28 tasks, 39 edges

#include <dflow/dflow.h>

#include <array>
#include <deque>
#include <map>
#include <numeric>
#include <string>
#include <tuple>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(int i, int j) { return 10 * i + j; }
[[dflow::task]] long digest(const std::vector<long>& all) { return std::accumulate(all.begin(), all.end(), 1L, mix); }
[[dflow::task]] long of_lanes(const std::array<std::vector<long>, 2>& lanes) { return mix(digest(lanes[0]), digest(lanes[1])); }
[[dflow::task]] long of_pairs(const std::vector<std::pair<long, long>>& pairs) {
  return std::accumulate(pairs.begin(), pairs.end(), 2L, [](long sum, const auto& p) { return mix(sum, mix(p.first, p.second)); });
}
[[dflow::task]] long of_rows(const std::map<std::string, std::vector<long>>& rows) {
  return std::accumulate(rows.begin(), rows.end(), 3L, [](long sum, const auto& row) { return mix(sum, digest(row.second)); });
}
[[dflow::task]] long of_tuple(const std::tuple<long, std::vector<long>>& both) { return mix(std::get<0>(both), digest(std::get<1>(both))); }

[[dflow::graph]] Row nested(dflow::Executor& ex, int n, int m) {
  std::array<Row, 2> lanes;
  std::vector<std::pair<Handle, Handle>> pairs;
  std::map<std::string, Row> rows;
  std::deque<Handle> queue;
  for (int i = 0; i < n; ++i) {
    lanes[i % 2].push_back(ex.submit(make, i, 0));
    for (int j = 0; j < m; ++j) rows["row" + std::to_string(j)].push_back(ex.submit(make, i, j));
    pairs.emplace_back(lanes[i % 2].back(), ex.submit(make, i, m));
    queue.push_front(pairs[i].second);
    if (queue.size() > 2) queue.pop_back();
  }
  Row results{ex.submit(of_lanes, lanes), ex.submit(of_pairs, pairs), ex.submit(of_rows, rows)};
  results.push_back(ex.submit(of_tuple, std::tuple(results[0], Row(queue.begin(), queue.end()))));
  for (const auto& [name, row] : rows) results.push_back(ex.submit(mix, row.front(), static_cast<long>(name.size())));
  return results;
}

/// layers[t][i][j], each layer from the one before.
[[dflow::graph]] std::vector<std::vector<Row>> layers(dflow::Executor& ex, int n, int m) {
  std::vector<std::vector<Row>> all(m, std::vector<Row>(n, Row(2)));
  for (int t = 0; t < m; ++t) {
    for (int i = 0; i < n; ++i) {
      all[t][i][0] = t == 0 ? ex.submit(make, t, i) : ex.submit(mix, all[t - 1][i][1], all[t - 1][n - 1 - i][0]);
      all[t][i][1] = i == 0 ? ex.submit(make, i, t) : ex.submit(mix, all[t][i][0], all[t][i - 1][1]);
    }
  }
  for (int i = 0; i + 1 < m && n > 0; ++i) all[i][0][0] = ex.submit(mix, all[i][0][0], i);
  for (int i = 1; i < n && m > 0; ++i) all[0][i][1] = all[0][i - 1][1];
  if (m > 0 && n > 0) all[m - 1][n - 1].push_back(ex.submit(digest, all[m - 1][0]));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3), m = corpus::argument(argc, argv, 2, 2);
  std::array<std::vector<long>, 2> lanes;
  std::vector<std::pair<long, long>> pairs;
  std::map<std::string, std::vector<long>> rows;
  std::vector<long> queue;
  for (int i = 0; i < n; ++i) {
    lanes[i % 2].push_back(make(i, 0));
    for (int j = 0; j < m; ++j) rows["row" + std::to_string(j)].push_back(make(i, j));
    pairs.emplace_back(make(i, 0), make(i, m));
    queue.insert(queue.begin(), make(i, m));
    queue.resize(std::min<std::size_t>(queue.size(), 2));
  }
  std::vector<long> expected{of_lanes(lanes), of_pairs(pairs), of_rows(rows)};
  expected.push_back(of_tuple({expected[0], queue}));
  for (const auto& [name, row] : rows) expected.push_back(mix(row[0], static_cast<long>(name.size())));
  corpus::same("nested", ex.gather(nested(ex, n, m)), expected);

  std::vector<std::vector<std::vector<long>>> all(m, std::vector<std::vector<long>>(n, std::vector<long>(2)));
  for (int t = 0; t < m; ++t) {
    for (int i = 0; i < n; ++i) {
      all[t][i][0] = t == 0 ? make(t, i) : mix(all[t - 1][i][1], all[t - 1][n - 1 - i][0]);
      all[t][i][1] = i == 0 ? make(i, t) : mix(all[t][i][0], all[t][i - 1][1]);
    }
  }
  for (int i = 0; i + 1 < m && n > 0; ++i) all[i][0][0] = mix(all[i][0][0], i);
  for (int i = 1; i < n && m > 0; ++i) all[0][i][1] = all[0][i - 1][1];
  if (m > 0 && n > 0) all[m - 1][n - 1].push_back(digest(all[m - 1][0]));
  const auto found = n > 0 ? layers(ex, n, m) : std::vector<std::vector<Row>>(m);
  for (int t = 0; t < m; ++t) {
    for (int i = 0; i < n; ++i) corpus::same("layer", ex.gather(found[t][i]), all[t][i]);
  }
  return corpus::result();
}
