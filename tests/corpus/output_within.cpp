// Effects in the middle: a line printed, a global counter written, results printed as they come.
// BOUNDARIES: 3
// REPLICABLE: no
// PARAMS: graph=chatty 3 -- n=3
// GRAPH: 3 tasks, 0 edges
// EXPECT: loaded 3
// EXPECT: 5
// EXPECT: 6
// EXPECT: 7
// EXPECT: chatty 49
// EXPECT: calls 1
// PARAMS: graph=counted 3 -- n=3
// GRAPH: 1 tasks, 0 edges

#include <dflow/dflow.h>

#include "corpus.h"

using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long load(long x) { return x + 5; }
[[dflow::task]] long square(long x) { return x * x; }
int calls = 0;

[[dflow::graph]] Row chatty(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(load, i));
  std::cout << "loaded " << all.size() << '\n';
  for (const auto& each : all) std::cout << each.get() << '\n';
  return ex.map(square, all);
}

[[dflow::graph]] dflow::Future<long> counted(dflow::Executor& ex, int n) {
  auto x = ex.submit(load, n);
  ++calls;
  return ex.submit(square, x);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  corpus::same("chatty", chatty(ex, n).back().get(), square(load(n - 1)));
  counted(ex, n).wait();
  corpus::same("calls", calls, 1);
  return corpus::result();
}
