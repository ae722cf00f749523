// A program for client_trace_test.py: a graph of its own, and tasks that submit tasks, deeper than there are threads.
#include <iostream>
#include <vector>

#include <dflow/dflow.h>

int square(int x) { return x * x; }
int add(int a, int b) { return a + b; }
int fibonacci(dflow::Executor& ex, int n) {
  if (n < 2) return n;
  const auto a = ex.submit(fibonacci, n - 1), b = ex.submit(fibonacci, n - 2);
  return ex.with({.name = "sum"}).submit(add, a, b).get();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto squares = ex.with({.name = "square"}).map(square, std::vector<int>{1, 2, 3, 4, 5});
  const auto after = ex.with({.name = "last", .after = {squares[4]}}).submit(square, 7);
  dflow::progress(squares);
  std::cout << ex.reduce(add, squares).get() + after.get() + ex.submit(fibonacci, 6).get() << '\n';
}
