// Containers that hold futures, given whole to a task: vector, nested vector, array, map, pair, tuple, optional, Refs.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=containers 4 -- n=4
// GRAPH: 15 tasks, 35 edges
// PARAMS: graph=containers 1 -- n=1
// PARAMS: graph=containers 0 -- n=0

#include <dflow/dflow.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Values = std::vector<long>;

[[dflow::task]] long load(int i) { return mix(i, 2); }
[[dflow::task]] long fold(const Values& values) {
  long sum = 1;
  for (const long value : values) sum = mix(sum, value);
  return sum;
}
[[dflow::task]] long fold_all(std::vector<Values> rows) {
  long sum = 2;
  for (const Values& row : rows) sum = mix(sum, fold(row));
  return sum;
}
[[dflow::task]] long fold_map(const std::map<std::string, long>& named) {
  long sum = 3;
  for (const auto& [name, value] : named) sum = mix(sum, value + static_cast<long>(name.size()));
  return sum;
}
[[dflow::task]] long fold_array(std::array<long, 2> two) { return mix(two[0], two[1]); }
[[dflow::task]] long fold_tuple(std::tuple<long, int, std::pair<long, std::optional<long>>> all) {
  const auto& [a, b, c] = all;
  return mix(mix(a, b), mix(c.first, c.second.value_or(9)));
}
[[dflow::task]] long fold_refs(dflow::Refs<long> refs) {
  long sum = 4;
  for (const long& value : refs) sum = mix(sum, value);
  return sum;
}

[[dflow::graph]] std::vector<Handle> containers(dflow::Executor& ex, int n) {
  std::vector<Handle> row, results;
  std::vector<std::vector<Handle>> rows;
  std::map<std::string, Handle> named;
  for (int i = 0; i < n; ++i) {
    row.push_back(ex.submit(load, i));
    rows.push_back(row);
    named[std::string(i + 1, 'x')] = row.back();
  }
  results.push_back(ex.submit(fold, row));
  results.push_back(ex.submit(fold_all, rows));
  results.push_back(ex.submit(fold_map, named));
  results.push_back(ex.submit(fold_refs, row));
  const std::array<Handle, 2> two{results[0], results[1]};
  results.push_back(ex.submit(fold_array, two));
  std::optional<Handle> maybe;
  if (n > 1) maybe = row[1];
  results.push_back(ex.submit(fold_tuple, std::make_tuple(results[2], n, std::make_pair(results[3], maybe))));
  for (const auto& [name, value] : named) results.push_back(ex.submit(mix, value, static_cast<long>(name.size())));
  results.push_back(ex.submit(fold, results));
  return results;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  Values row, results;
  std::vector<Values> rows;
  std::map<std::string, long> named;
  for (int i = 0; i < n; ++i) {
    row.push_back(load(i));
    rows.push_back(row);
    named[std::string(i + 1, 'x')] = load(i);
  }
  long refs = 4;
  for (const long value : row) refs = mix(refs, value);
  results = {fold(row), fold_all(rows), fold_map(named), refs};
  results.push_back(fold_array({results[0], results[1]}));
  std::optional<long> maybe;
  if (n > 1) maybe = row[1];
  results.push_back(fold_tuple({results[2], n, {results[3], maybe}}));
  for (int i = 0; i < n; ++i) results.push_back(mix(row[i], i + 1));
  results.push_back(fold(results));
  corpus::same("containers", ex.gather(containers(ex, n)), results);
  return corpus::result();
}
