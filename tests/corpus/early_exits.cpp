// Early exits: return from nested loops, break out of two, continue past a helper that returns early, a lambda's return.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=found 5 3 -- n=5 stop=3
// GRAPH: 9 tasks, 6 edges
// PARAMS: graph=found 5 9 -- n=5 stop=9
// PARAMS: graph=found 0 0 -- n=0 stop=0
// PARAMS: graph=broken 6 4 -- n=6 stop=4
// PARAMS: graph=broken 4 0 -- n=4 stop=0

#include <dflow/dflow.h>

#include <algorithm>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long make(int i, int j) { return 10 * i + j; }

/// A triangle row by row, left where a row's number and place add up to `stop`.
[[dflow::graph]] Handle found(dflow::Executor& ex, int n, int stop) {
  auto last = ex.submit(make, 0, 0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      auto x = ex.submit(make, i, j);
      if (i + j == stop) return ex.submit(mix, last, x);
      if (j == i) break;
      last = ex.submit(mix, x, last);
    }
  }
  return last;
}

Handle pick(dflow::Executor& ex, const std::vector<Handle>& all, int i, int stop) {
  if (i == stop) return all[i];
  if (i > stop) return ex.submit(mix, all[i], all[i - 1]);
  for (int k = 0; k < i; ++k) {
    if (2 * k >= stop) return all[k];
  }
  return ex.submit(make, i, stop);
}

[[dflow::graph]] std::vector<Handle> broken(dflow::Executor& ex, int n, int stop) {
  std::vector<Handle> all;
  bool done = false;
  for (int i = 0; i < n && !done; ++i) {
    for (int j = 0; j < n; ++j) {
      if (i * n + j >= 3 * stop) {
        done = true;
        break;
      }
      if (j > i) break;
      all.push_back(ex.submit(make, i, j));
    }
  }
  const auto count = [&]() -> int {
    for (int i = 0; i < n; ++i) {
      if (i >= static_cast<int>(all.size())) return i;
    }
    return n;
  }();
  std::vector<Handle> picked;
  for (int i = 0; i < count; ++i) {
    if (i == 1) continue;
    picked.push_back(pick(ex, all, i, stop));
  }
  return picked;
}

long expected_found(int n, int stop) {
  long last = make(0, 0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      if (i + j == stop) return mix(last, make(i, j));
      if (j < i) last = mix(make(i, j), last);
    }
  }
  return last;
}

std::vector<long> expected_broken(int n, int stop) {
  std::vector<long> all, picked;
  for (int i = 0; i < n && static_cast<int>(all.size()) == i * (i + 1) / 2; ++i) {
    for (int j = 0; j <= i && j < n && i * n + j < 3 * stop; ++j) all.push_back(make(i, j));
  }
  for (int i = 0; i < std::min(n, static_cast<int>(all.size())); ++i) {
    if (i == 1) continue;
    if (i == stop) picked.push_back(all[i]);
    else if (i > stop) picked.push_back(mix(all[i], all[i - 1]));
    else if ((stop + 1) / 2 < i) picked.push_back(all[(stop + 1) / 2]);
    else picked.push_back(make(i, stop));
  }
  return picked;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 5), stop = corpus::argument(argc, argv, 2, 3);
  corpus::same("found", found(ex, n, stop).get(), expected_found(n, stop));
  corpus::same("broken", ex.gather(broken(ex, n, stop)), expected_broken(n, stop));
  return corpus::result();
}
