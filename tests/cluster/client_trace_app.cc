// A program for client_trace_test.py: a graph of its own, and tasks that submit tasks, deeper than there are threads. `speak DIR`:
// tasks print while there are progress bars, each when a file of its number is in DIR.
#include <iostream>
#include <string>
#include <vector>

#include <dflow/dflow.h>

#include "tests/cluster/await_file.h"

int square(int x) { return x * x; }
int add(int a, int b) { return a + b; }
int fibonacci(dflow::Executor& ex, int n) {
  if (n < 2) return n;
  const auto a = ex.submit(fibonacci, n - 1), b = ex.submit(fibonacci, n - 2);
  return ex.with({.name = "sum"}).submit(add, a, b).get();
}

/// One after another, each when its file is there.
int speak(int number, int, const std::string& folder) {
  dflow::test::await_file(folder + '/' + std::to_string(number));
  std::cout << "printed " << number << std::endl;
  return number;
}

void speak_all(dflow::Executor& ex, const std::string& folder) {
  std::vector<dflow::AnyFuture> said;
  dflow::Future<int> last = ex.submit(square, 0);
  for (int i = 0; i < 6; ++i) {
    last = ex.with({.name = i % 2 == 0 ? "even" : "odd"}).submit(speak, i, last, folder);
    said.push_back(last);
  }
  dflow::progress(said);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  if (argc == 3 && argv[1] == std::string("speak")) return speak_all(ex, argv[2]), 0;
  const auto squares = ex.with({.name = "square"}).map(square, std::vector<int>{1, 2, 3, 4, 5});
  const auto after = ex.with({.name = "last", .after = {squares[4]}}).submit(square, 7);
  dflow::progress(squares);
  std::cout << ex.reduce(add, squares).get() + after.get() + ex.submit(fibonacci, 6).get() << '\n';
}
