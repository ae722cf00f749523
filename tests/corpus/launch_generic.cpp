// Lambdas that are templates, as tasks: each is launched as the function that takes what it is given, also one that is several
// functions in one graph; not one that is several for the same arguments, or that stands in a template.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: reduced kinds named chained constrained risky joined small
// PARAMS: graph=reduced 5 -- xs.size=5
// GRAPH: 11 tasks, 10 edges
// PARAMS: graph=reduced 1 -- xs.size=1
// PARAMS: graph=kinds 5 -- n=5
// GRAPH: 20 tasks, 10 edges
// PARAMS: graph=named 5 -- n=5
// PARAMS: graph=chained 5 -- n=5
// PARAMS: graph=constrained 5 -- n=5
// PARAMS: graph=risky 5 -- n=5
// PARAMS: graph=several 5 -- n=5
// PARAMS: graph=joined 5 -- n=5
// PARAMS: graph=small 5 -- n=5
// PARAMS: graph=from_value 5 -- n=5

#include <dflow/dflow.h>

#include <concepts>
#include <stdexcept>
#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long square(long x) {
  return x * x;
}
[[dflow::task]] double half(long x) {
  return static_cast<double>(x) / 2;
}
[[dflow::task]] std::string word(int n) {
  return "word " + std::to_string(n);
}

[[dflow::graph]] Handle reduced(dflow::Executor& ex, const std::vector<long>& xs) {
  const auto meet = [](auto a, auto b) { return mix(a, b); };
  return ex.reduce(meet, ex.map(square, xs), ex.submit([](auto x) { return x + 1; }, 4L));
}

/// One lambda, two functions.
[[dflow::graph]] std::pair<Row, std::vector<dflow::Future<double>>> kinds(dflow::Executor& ex, int n) {
  const auto more = [](auto x) { return x + 2; };
  std::pair<Row, std::vector<dflow::Future<double>>> all;
  for (int i = 0; i < n; ++i) {
    all.first.push_back(ex.submit(more, ex.submit(square, i)));
    all.second.push_back(ex.submit(more, ex.submit(half, i)));
  }
  return all;
}

[[dflow::graph]] std::vector<dflow::Future<std::string>> named(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<std::string>> all;
  for (int i = 0; i < n; ++i)
    all.push_back(ex.submit([](const auto& a, auto b, bool c) { return a + (c ? "!" : "?") + b; },
                            ex.submit(word, i), ex.submit(word, i + 1), i % 2 == 0));
  return all;
}

[[dflow::graph]] Handle chained(dflow::Executor& ex, int n) {
  auto x = ex.submit(square, n);
  for (int i = 0; i < n; ++i) x = x.then([](auto value) { return value * 3 + 1; });
  return x;
}

[[dflow::graph]] Row constrained(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i)
    all.push_back(ex.submit([]<std::integral T>(T a, T b) -> T { return static_cast<T>(mix(a, b)); },
                            ex.submit(square, i), 3L));
  return all;
}

[[dflow::graph]] Row risky(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    const auto x = ex.submit(
        [](auto a) {
          if (a == 9) throw std::domain_error("unlucky " + std::to_string(a));
          return a;
        },
        ex.submit(square, i));
    all.push_back(ex.submit(mix, x, i));
  }
  return all;
}

/// Both for a last reader and for others: which one is called must not depend on the launch.
[[dflow::graph]] Row several(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit([](auto&& a) { return a + 5; }, ex.submit(square, i)));
  return all;
}

template <class T>
[[dflow::graph]] std::vector<dflow::Future<T>> inside(dflow::Executor& ex, int n, T first) {
  std::vector<dflow::Future<T>> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit([](auto a, T b) { return a + b; }, first, first));
  return all;
}

/// By reference; small numbers; from a value, which is not launched.
[[dflow::graph]] dflow::Future<std::string> joined(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<std::string>> words;
  for (int i = 0; i < n; ++i) words.push_back(ex.submit(word, i));
  return ex.reduce([](const auto& a, auto b) { return a + "-" + b; }, words, ex.submit(word, 9));
}
[[dflow::graph]] dflow::Future<short> small(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<short>> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit([](auto x) { return static_cast<short>(7 * x); }, i));
  return ex.reduce([](auto a, auto b) { return static_cast<decltype(a)>(a - b); }, all);
}
[[dflow::graph]] Handle from_value(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(square, i));
  return ex.reduce([](auto a, auto b) { return mix(a, b); }, all, 3L);
}

template <class T>
std::string told(const std::vector<dflow::Future<T>>& all) {
  std::string text;
  for (const auto& each : all) {
    try {
      if constexpr (std::same_as<T, std::string>)
        text += each.get() + ",";
      else
        text += std::to_string(each.get()) + ",";
    } catch (const std::domain_error& error) {
      text += std::string(error.what()) + ",";
    }
  }
  return text;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 5);
  std::vector<long> xs;
  for (int i = 0; i < n; ++i) xs.push_back(i + 1);
  if (n == 1) corpus::same("reduced", reduced(ex, xs).get(), mix(5, 1));
  if (n == 5) corpus::same("reduced", reduced(ex, xs).get(), mix(5, mix(mix(mix(1, 4), mix(9, 16)), 25)));
  const auto [whole, halves] = kinds(ex, n);
  std::cout << told(whole) << ' ' << told(halves) << ' ' << told(named(ex, n)) << '\n';
  std::cout << chained(ex, n).get() << ' ' << told(constrained(ex, n)) << ' ' << told(risky(ex, n)) << '\n';
  std::cout << told(several(ex, n)) << ' ' << told(inside(ex, n, 2L)) << ' ' << told(inside(ex, n, 1.5))
            << '\n';
  std::cout << joined(ex, n).get() << ' ' << (n > 0 ? small(ex, n).get() : 0) << ' ' << from_value(ex, n).get() << '\n';
  return corpus::result();
}
