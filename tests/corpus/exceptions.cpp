// Failing tasks: what they feed fails the same way, the rest runs; an argument that throws leaves earlier tasks submitted.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=risky 5 -- xs.size=5
// EXPECT: risky 33 even number: 4 47 even number: 16 69
// EXPECT: total even number: 4
// EXPECT: guarded 1 -1 9 -1 25
// EXPECT: broken out of range
// GRAPH: 14 tasks, 13 edges
// PARAMS: graph=risky 0 -- xs.size=0
// PARAMS: graph=guarded 5 -- xs=[1,4,9,16,25]

#include <dflow/dflow.h>

#include <stdexcept>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long odd(long x) {
  if (x % 2 == 0) throw std::domain_error("even number: " + std::to_string(x));
  return x + 32;
}
[[dflow::task]] long plus(long x, long y) { return x + y; }

[[dflow::graph]] Row risky(dflow::Executor& ex, const std::vector<long>& xs) {
  Row all;
  for (std::size_t i = 0; i < xs.size(); ++i) all.push_back(ex.submit(plus, ex.submit(odd, xs[i]), 3 * i));
  if (!all.empty()) all.push_back(ex.reduce(plus, all));
  return all;
}

[[dflow::graph]] Row guarded(dflow::Executor& ex, const std::vector<long>& xs) {
  Row all;
  for (const long x : xs) {
    try {
      if (x > 1'000'000) throw std::length_error("too large");
      all.push_back(ex.with({.on_failure = dflow::OnFailure::ignore}).submit(odd, x));
    } catch (const std::length_error&) {
      all.push_back(ex.submit(plus, x, x));
    }
  }
  return all;
}

std::string outcome(const dflow::Future<long>& future) try {
  return std::to_string(future.get());
} catch (const std::domain_error& error) {
  return std::string(error.what()) + (dflow::origin_of(future) ? "" : " from nowhere");
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 5));
  auto all = risky(ex, xs);
  std::string total = "none";
  if (!all.empty()) total = outcome(all.back()), all.pop_back();
  std::cout << "risky";
  for (const auto& each : all) std::cout << ' ' << outcome(each);
  std::cout << "\ntotal " << total << "\nguarded";
  for (const auto& each : guarded(ex, xs)) std::cout << ' ' << (each.get() == 0 ? "-1" : std::to_string(each.get() - 32));
  std::cout << "\nbroken ";
  try {
    static_cast<void>(ex.submit(plus, xs.at(100), 1));
  } catch (const std::out_of_range&) {
    std::cout << "out of range\n";
  }
}
