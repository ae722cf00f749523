// Ways to write the same that make no difference to a launch: elements that are checked, named members, parameters without a
// name, lambdas with one, and vectors that rounds replace by the next ones.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: checked designated unnamed named_lambda replaced
// PARAMS: graph=checked 3 -- n=3 xs.size=3
// PARAMS: graph=designated 3 -- n=3
// PARAMS: graph=unnamed 4 -- n=4
// PARAMS: graph=named_lambda 3 -- xs.size=3
// PARAMS: graph=replaced 4 -- n=4 rounds=3
// GRAPH: 16 tasks, 12 edges
// PARAMS: graph=replaced 0 -- n=0 rounds=3

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

struct Settings {
  long scale = 1;
  int shift = 2;
};

[[dflow::task]] long scaled(const Settings& settings) { return settings.scale * 3 + settings.shift; }
[[dflow::task]] long opened(long x) { return x + 4; }

/// The last one throws, as it is written: behind the tasks before it.
[[dflow::graph]] Row checked(dflow::Executor& ex, int n, const std::vector<long>& xs) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(opened, xs.at(i)));
  return all;
}

[[dflow::graph]] Row designated(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(scaled, Settings{.scale = i, .shift = 5}));
  all.push_back(ex.submit(scaled, Settings{.shift = 7}));
  return all;
}

[[dflow::graph]] Handle unnamed(dflow::Executor& ex, int n, const std::string&, int = 3) {
  Handle last = ex.submit(opened, 0);
  for (int i = 0; i < n; ++i) last = ex.submit(mix, last, i);
  return last;
}

[[dflow::graph]] Row named_lambda(dflow::Executor& ex, const std::vector<long>& xs) {
  auto squared = [](long x) { return x * x; };
  auto more = [](auto x) { return mix(x, 1); };
  return ex.map(more, ex.map(squared, xs));
}

/// As long as it was, round by round.
[[dflow::graph]] Row replaced(dflow::Executor& ex, int n, int rounds) {
  Row v;
  for (int i = 0; i < n; ++i) v.push_back(ex.submit(opened, i));
  for (int t = 0; t < rounds; ++t) {
    Row w;
    for (std::size_t i = 0; i < v.size(); ++i) w.push_back(ex.submit(mix, v[i], t));
    v = std::move(w);
  }
  return v;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  const std::vector<long> xs = corpus::squares(n);
  std::vector<long> plus, settings, squared, rounds;
  long last = opened(0);
  for (int i = 0; i < n; ++i) {
    plus.push_back(opened(xs[i]));
    settings.push_back(scaled({i, 5}));
    last = mix(last, i);
    squared.push_back(mix(xs[i] * xs[i], 1));
    rounds.push_back(mix(mix(mix(opened(i), 0), 1), 2));
  }
  settings.push_back(scaled({1, 7}));
  corpus::same("checked", ex.gather(checked(ex, n, xs)), plus);
  corpus::same("designated", ex.gather(designated(ex, n)), settings);
  corpus::same("unnamed", unnamed(ex, n, "").get(), last);
  corpus::same("named_lambda", ex.gather(named_lambda(ex, xs)), squared);
  corpus::same("replaced", ex.gather(replaced(ex, n, 3)), rounds);
  std::string thrown = "nothing";
  try {
    ex.gather(checked(ex, n + 1, xs));
  } catch (const std::out_of_range&) {
    thrown = "out of range";
  }
  corpus::same("beyond", thrown, "out of range");
  return corpus::result();
}
