// A program for dflowc: a stencil whose graph follows from its parameters, and a graph with a boundary.
#include <dflow/dflow.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

[[dflow::task]] double init(int i) { return i; }
[[dflow::task]] double relax(double left, double middle, double right) { return (left + middle + right) / 3; }
[[dflow::task]] double add(double a, double b) { return a + b; }
[[dflow::task]] int length(const std::string& text) { return static_cast<int>(text.size()); }

[[dflow::graph]] dflow::Future<double> heat(dflow::Executor& ex, int n, int steps) {
  std::vector<dflow::Future<double>> cur;
  for (int i = 0; i < n; ++i) cur.push_back(ex.submit(init, i));
  for (int t = 0; t < steps; ++t) {
    std::vector<dflow::Future<double>> next = cur;
    for (int i = 1; i + 1 < n; ++i) next[i] = ex.submit(relax, cur[i - 1], cur[i], cur[i + 1]);
    cur = std::move(next);
  }
  return ex.reduce(add, cur);
}

[[dflow::graph]] int lengths(dflow::Executor& ex, const std::vector<std::string>& texts) {
  auto all = ex.map(length, texts);
  int sum = 0;
  for (auto& one : all) sum += one.get();
  auto probe = ex.submit(length, std::string("abc"));
  if (probe.get() > 2) sum += ex.submit(length, std::string("more")).get();
  return sum;
}

// Goes another way where it has too little memory.
[[dflow::graph]] dflow::Future<double> greedy(dflow::Executor& ex, long n) {
  try {
    const std::vector<char> scratch(static_cast<std::size_t>(n));
    return ex.submit(init, static_cast<int>(scratch.front()));
  } catch (...) {
    return ex.submit(add, 1.0, 2.0);
  }
}

// Two functions of one name.
[[dflow::graph]] dflow::Future<double> sum(dflow::Executor& ex, int n) { return heat(ex, n, 0); }
[[dflow::graph]] dflow::Future<double> sum(dflow::Executor& ex, int n, int steps) { return heat(ex, n, steps); }

int main() {
  dflow::Executor ex;
  std::cout << heat(ex, 5, 3).get() << ' ' << heat(ex, 4, 1).get() << ' ' << lengths(ex, {"a", "bb"}) << '\n';
  std::cout << sum(ex, 3).get() << ' ' << sum(ex, 3, 2).get() << '\n';
}
