// Lambdas that loop: counters of their own, parameters that count, one within another; and variables that are only there to be
// mentioned.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: stepped given_start nested mentioned
// PARAMS: graph=stepped 4 -- n=4
// GRAPH: 8 tasks, 7 edges
// PARAMS: graph=stepped 0 -- n=0
// PARAMS: graph=given_start 5 -- n=5
// PARAMS: graph=nested 3 -- n=3
// PARAMS: graph=mentioned 3 -- n=3

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

long make(int i) { return 3 * i + 1; }

[[dflow::graph]] Handle stepped(dflow::Executor& ex, int n) {
  Handle x = ex.submit(make, n);
  auto step = [&] {
    for (int i = 0; i < n; ++i) x = ex.submit(mix, x, i);
  };
  step();
  for (int i = 1; i < n; ++i) x = ex.submit(mix, x, i);
  return x;
}

[[dflow::graph]] Handle given_start(dflow::Executor& ex, int n) {
  std::vector<Handle> row(n + 1);
  for (int i = 0; i <= n; ++i) row[i] = ex.submit(make, i);
  const auto from = [&](int first) {
    for (; first < n; ++first) row[first] = ex.submit(mix, row[first], row[first + 1]);
  };
  from(0);
  from(2);
  return row[n - 1];
}

[[dflow::graph]] Handle nested(dflow::Executor& ex, int n) {
  Handle x = ex.submit(make, 1);
  const auto outer = [&](int times) {
    for (int t = 0; t < times; ++t) {
      const auto inner = [&] {
        for (int i = n; i > 0; --i) x = ex.submit(mix, x, i + t);
      };
      inner();
    }
  };
  outer(2);
  return x;
}

[[dflow::graph]] Handle mentioned(dflow::Executor& ex, int n) {
  Handle unused = ex.submit(make, n), x = ex.submit(make, n + 1);
  (void)unused;
  for (int i = 0; i < n; ++i) {
    auto other = ex.submit(make, i);
    (void)other;
    x = ex.submit(mix, x, i);
  }
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  long x = make(n);
  for (int i = 0; i < n; ++i) x = mix(x, i);
  for (int i = 1; i < n; ++i) x = mix(x, i);
  corpus::same("stepped", stepped(ex, n).get(), x);
  if (n > 0) {
    std::vector<long> row;
    for (int i = 0; i <= n; ++i) row.push_back(make(i));
    for (int i = 0; i < n; ++i) row[i] = mix(row[i], row[i + 1]);
    for (int i = 2; i < n; ++i) row[i] = mix(row[i], row[i + 1]);
    corpus::same("given_start", given_start(ex, n).get(), row[n - 1]);
  }
  x = make(1);
  for (int t = 0; t < 2; ++t) {
    for (int i = n; i > 0; --i) x = mix(x, i + t);
  }
  corpus::same("nested", nested(ex, n).get(), x);
  x = make(n + 1);
  for (int i = 0; i < n; ++i) x = mix(x, i);
  corpus::same("mentioned", mentioned(ex, n).get(), x);
  return corpus::result();
}
