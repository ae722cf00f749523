// Graph functions and tasks of all forms are launched: members of objects, of classes and of templates; graphs in graphs, and
// helpers that submit; lambdas without captures, functors with and without a state, overloads, instances of templates.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: Weights::weighed forms::Weights::shared typed typed sized sized Box::filled outer inner lambdas functors helped
// PARAMS: graph=outer 5 -- n=5
// PARAMS: graph=helped 5 -- xs.size=5 n=5
// PARAMS: graph=lambdas 5 -- n=5
// PARAMS: graph=functors 5 -- n=5
// PARAMS: graph=functors 0 -- n=0

#include <dflow/dflow.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long scaled(long x, long by) {
  if (by == 13) throw std::domain_error("unlucky " + std::to_string(x));
  return x * by;
}
[[dflow::task]] double scaled(double x, double by) { return x * by; }
template <class T>
[[dflow::task]] T twice(T x) { return x + x; }

// --- members

class Weights {
 public:
  Weights(long weight, long shift) : weight_(weight), shift_(shift) {}
  [[dflow::graph]] Row weighed(dflow::Executor& ex, int n) const {
    Row all;
    for (int i = 0; i < n; ++i) all.push_back(ex.submit(static_cast<long (*)(long, long)>(scaled), i + shift_, weight_));
    return all;
  }

 private:
  long weight_, shift_;
};

namespace forms {
struct Weights {
  enum Kind { light = 2, heavy = 5 };
  static constexpr long kShift = 4;
  [[dflow::graph]] static Row shared(dflow::Executor& ex, int n, long kShift_) {
    Row all;
    for (int i = 0; i < n; ++i) all.push_back(ex.submit(mix, i + kShift, i % 2 == 0 ? heavy : static_cast<Kind>(light)));
    all.push_back(ex.submit(mix, kShift_, kShift));
    return all;
  }
};
}  // namespace forms

// --- templates

template <class T>
[[dflow::graph]] std::vector<dflow::Future<T>> typed(dflow::Executor& ex, const std::vector<T>& xs) {
  std::vector<dflow::Future<T>> all;
  for (const T& x : xs) all.push_back(ex.submit(twice<T>, x));
  return all;
}
template <int N>
[[dflow::graph]] Handle sized(dflow::Executor& ex, long x) {
  auto last = ex.submit(mix, x, N);
  for (int i = 0; i < N; ++i) last = ex.submit(mix, last, i * N);
  return last;
}
template <class T>
struct Box {
  [[dflow::graph]] static dflow::Future<T> filled(dflow::Executor& ex, T x, int n) {
    auto last = ex.submit(twice<T>, x);
    for (int i = 1; i < n; ++i) last = ex.submit(twice<T>, last);
    return last;
  }
};

// --- graphs in graphs, and helpers

[[dflow::graph]] Handle inner(dflow::Executor& ex, int n, long by) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(mix, i, by + i));
  return ex.reduce(mix, all);
}
[[dflow::graph]] Handle outer(dflow::Executor& ex, int n) {
  auto a = inner(ex, n, 3);
  return ex.submit(mix, inner(ex, n + 1, 2 * n), ex.submit(twice<long>, a));
}

Handle raised(dflow::Executor& ex, const Handle& x, int times, long by = 3) {
  auto last = x;
  for (int n = 0; n < times; ++n) last = ex.submit(static_cast<long (*)(long, long)>(scaled), last, by + n);
  return last;
}
void add_all(dflow::Executor& pool, Row& all, const std::vector<long>& values, int n) {
  for (const long x : values) all.push_back(pool.submit(mix, x, values[0] + n));
}
int half(int n) { return n / 2; }
[[dflow::graph]] Row helped(dflow::Executor& ex, const std::vector<long>& xs, int n) {
  Row all, raised_ones;
  add_all(ex, all, xs, 3);
  add_all(ex, all, xs, n);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const int times = n + 1;
    raised_ones.push_back(raised(ex, raised(ex, all[i], 2, times), 2));
  }
  for (int i = 0; i < half(n); ++i) raised_ones.push_back(ex.submit(mix, i, n));
  return raised_ones;
}

// --- lambdas and functors

[[dflow::graph]] Row lambdas(dflow::Executor& ex, int n, long bad) {
  const auto triple = [](long x) { return 3 * x; };
  Row all;
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit([](long a, long b) { if (a == b) throw std::out_of_range("lambda " + std::to_string(a)); return a - b; }, i, bad);
    all.push_back(ex.submit(triple, ex.submit(triple, x)));
  }
  all.push_back(ex.reduce([](long a, const long& b) { return 2 * a + b; }, all));
  return all;
}

struct Scale {
  long factor;
  int shift = 1;
  long operator()(long x) const { return factor * x + shift; }
};
struct Empty {
  long operator()(const long& x) const { return -x; }
};
[[dflow::graph]] Row functors(dflow::Executor& ex, int n, long k) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto y = ex.submit(Scale{i + k, i}, i);
    auto z = ex.submit(Empty(), y);
    all.push_back(ex.submit(std::plus<long>(), z, y));
    all.push_back(ex.submit(Scale{k, 2}, all.back()));
  }
  return all;
}

std::string outcome(const Handle& future) try {
  return std::to_string(future.get());
} catch (const std::exception& error) {
  return error.what();
}
void show(const char* name, const Row& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << ' ' << outcome(each);
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 5);
  show("weighed", Weights(7, n).weighed(ex, n));
  show("unlucky", Weights(13, n).weighed(ex, n));
  show("shared", forms::Weights::shared(ex, n, 9));
  for (const auto& each : typed(ex, std::vector<double>{0.5, 1.25})) std::cout << each.get() << ' ';
  show("typed", typed(ex, corpus::squares(n)));
  show("sized", {sized<3>(ex, 4), sized<5>(ex, 4)});
  show("filled", {Box<long>::filled(ex, 4, 3)});
  if (n > 0) show("outer", {outer(ex, n)});
  if (n > 0) show("helped", helped(ex, corpus::squares(n), n));
  if (n > 0) show("lambdas", lambdas(ex, n, 2));
  show("functors", functors(ex, n, 3));
  return 0;
}
