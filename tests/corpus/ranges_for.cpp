// Range-for over values, futures, maps, arrays, initializer lists and temporaries, with an initialiser, by reference and copy.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=ranges 3 -- xs.size=3 names.size=2
// PARAMS: graph=ranges 0 -- xs.size=0 names.size=2

#include <dflow/dflow.h>

#include <map>
#include <set>
#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 4; }
std::vector<Handle> loaded(dflow::Executor& ex, const std::vector<long>& xs) {
  std::vector<Handle> all;
  for (auto x : xs) all.push_back(ex.submit(load, x));
  return all;
}

[[dflow::graph]] Handle ranges(dflow::Executor& ex, const std::vector<long>& xs, const std::vector<std::string>& names) {
  Handle sum = ex.submit(load, 0);
  std::map<int, Handle> by_key;
  for (int key = 10; auto&& x : loaded(ex, xs)) by_key.emplace(key--, x);
  for (auto& [key, x] : by_key) x = ex.submit(mix, x, key);
  for (const auto& entry : by_key) sum = ex.submit(mix, sum, entry.second);
  for (const int step : {3, 1, 2}) sum = ex.submit(mix, sum, step);
  const double table[] = {0.5, 1.5};
  for (double t : table) sum = ex.submit([](long s, double x) { return s + static_cast<long>(2 * x); }, sum, t);
  for (const auto& name : names) sum = ex.submit([](long s, const std::string& n) { return s + static_cast<long>(n.size()); }, sum, name);
  for (const int i : std::set<int>{5, 4, 5}) sum = ex.submit(mix, sum, i);
  Handle pair[2] = {sum, sum};
  for (auto& each : pair) each = ex.submit(mix, each, pair[0]);
  return ex.submit(mix, pair[1], pair[0]);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 3));
  const std::vector<std::string> names{"abc", "d"};
  long sum = load(0);
  for (int i = static_cast<int>(xs.size()) - 1; i >= 0; --i) sum = mix(sum, mix(load(xs[i]), 10 - i));
  for (const int step : {3, 1, 2}) sum = mix(sum, step);
  sum += 1 + 3 + 3 + 1;
  sum = mix(mix(sum, 4), 5);
  const long first = mix(sum, sum), second = mix(sum, first);
  corpus::same("ranges", ranges(ex, xs, names).get(), mix(second, first));
  return corpus::result();
}
