// Helpers over files: tasks, helpers, a template, a class and a graph function that a header defines.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=whole 3 -- n=3
// GRAPH: 17 tasks, 20 edges
// PARAMS: graph=whole 0 -- n=0
// PARAMS: graph=files::counted 3 -- n=3
// GRAPH: 9 tasks, 10 edges

#include "files.h"

using corpus::mix;
using files::Handle;

[[dflow::task]] static long shut(int i) { return 3 * i; }

[[dflow::graph]] Handle whole(dflow::Executor& ex, int n) {
  files::Counter counter(ex);
  for (const auto& each : files::chain(ex, shut, n)) counter.add(each);
  const auto both = files::chain(ex, [](int i) { return mix(i, i); }, n);
  auto last = counter.total();
  for (int i = n - 1; i >= 0; --i) files::link(ex, both[i], last);
  return last;
}

template <class Task>
std::vector<long> chain(Task task, int n) {
  std::vector<long> all;
  for (int i = 0; i < n; ++i) all.push_back(i > 0 ? mix(all[i - 1], task(i)) : task(i));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long total = files::open(0), counted = files::open(0);
  for (const long x : chain(shut, n)) total = mix(x, total);
  const auto both = chain([](int i) { return mix(i, i); }, n);
  for (int i = n - 1; i >= 0; --i) total = mix(both[i], total);
  for (const long x : chain(files::open, n)) counted = mix(x, counted);
  corpus::same("whole", whole(ex, n).get(), total);
  corpus::same("counted", files::counted(ex, n).get(), counted);
  return corpus::result();
}
