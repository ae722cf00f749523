// Helpers, members and graph functions whose bodies stand in other files of the same command.
// WITH: elsewhere/far.cpp elsewhere/far_rows.cpp
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: alone
// PARAMS: graph=whole 3 -- n=3
// GRAPH: 14 tasks, 15 edges
// PARAMS: graph=whole 0 -- n=0
// PARAMS: graph=rows 5 -- n=5
// PARAMS: graph=alone 4 -- n=4
// GRAPH: 4 tasks, 3 edges

#include "elsewhere/far.h"

using corpus::mix;
using far::Handle;
using far::Row;

static long mixed(long a) { return 2 * a; }

Handle far::closed(dflow::Executor& ex, const Handle& x) { return ex.submit(mixed, x); }

/// Through a class, a helper that changes what it is given, and a graph function of another file, which calls back.
[[dflow::graph]] Handle whole(dflow::Executor& ex, int n) {
  far::Sum sum(ex, 0);
  for (int i = 0; i < far::half(n); ++i) sum.add(far::start(ex, i));
  Handle last = sum.total();
  far::link(ex, far::summed(ex, n), last);
  return last;
}

[[dflow::graph]] Row rows(dflow::Executor& ex, int n) { return far::swept(ex, far::chain(ex, n), far::half(n)); }

/// Nothing of it stands elsewhere.
[[dflow::graph]] Handle alone(dflow::Executor& ex, int n) {
  Handle last = ex.submit(far::open, 0);
  for (int i = 1; i < n; ++i) last = ex.submit(mix, last, i);
  return last;
}

static std::vector<long> chain(int n) {
  std::vector<long> all;
  for (int i = 0; i < n; ++i) all.push_back(i > 0 ? mix(all[i - 1], far::open(i)) : far::open(i));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long sum = far::open(0), summed = far::open(n), single = far::open(0);
  for (int i = 0; i < n / 2; ++i) sum = mix(far::open(i), sum);
  for (const long x : chain(n)) summed = mix(x, summed);
  for (int i = 1; i < n; ++i) single = mix(single, i);
  std::vector<long> row = chain(n);
  for (int t = 0; t < n / 2; ++t) {
    std::vector<long> next = row;
    for (std::size_t i = 1; i + 1 < row.size(); ++i) next[i] = mix(mix(row[i - 1], row[i]), row[i + 1]);
    row = next;
  }
  corpus::same("whole", whole(ex, n).get(), mix(mixed(summed), sum));
  std::vector<long> swept;
  for (const auto& each : rows(ex, n)) swept.push_back(each.get());
  corpus::same("rows", swept, row);
  corpus::same("alone", alone(ex, n).get(), single);
  return corpus::result();
}
