// Launched tasks that are lambdas with copies in them: of loop variables, parameters, constants, texts and vectors, under names of
// their own; submitted, mapped, reduced, then; in helpers, kept in variables, with options and beside equal ones. Those that hold
// references, change what they hold or hold the object are not launched.
// BOUNDARIES: 0
// REPLICABLE: yes
// WARNS: not-serialisable reference-capture, what is not launched
// WORKERS: compiled, lambdas with captures
// LAUNCHED: numbers texts reduced helped chained constant Table::scaled
// WITHOUT: all
// PARAMS: graph=numbers 4 -- n=4
// PARAMS: graph=texts 4 -- words.size=4
// PARAMS: graph=reduced 5 -- n=5
// PARAMS: graph=reduced 1 -- n=1
// PARAMS: graph=helped 4 -- n=4
// PARAMS: graph=chained 4 -- n=4

#ifdef __clang__
#pragma clang diagnostic ignored "-Wunused-lambda-capture"  // one of a constant is written as others are
#endif

#include <dflow/dflow.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

struct Weight {
  double by = 1;
  int plus = 0;
};

[[dflow::graph]] Row numbers(dflow::Executor& ex, int n, const Weight& weight) {
  Row all;
  const long k = 3;
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit([i] { return 2L * i; });
    for (int j = 0; j <= i; ++j) x = ex.submit([=](long a) { return mix(a, i * k + j); }, x);
    all.push_back(x);
    all.push_back(ex.submit([weight, twice = 2 * i](long a, long b) { return static_cast<long>(weight.by * static_cast<double>(a)) + weight.plus + b + twice; }, x, i));
    all.push_back(ex.submit([](long a) { return a + 1; }, x));
  }
  return ex.map([n, k](long a) { return a * n + k; }, all);
}

[[dflow::task]] long length(const std::string& text) { return static_cast<long>(text.size()); }
[[dflow::graph]] Row texts(dflow::Executor& ex, const std::vector<std::string>& words, const std::vector<long>& numbers, const std::string& mark) {
  Row all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto joined = ex.submit([word = words[i], mark](int times) {
      std::string text = word;
      for (int t = 0; t < times; ++t) text += mark;
      return text;
    }, 2);
    all.push_back(ex.submit(length, joined));
    all.push_back(ex.submit([numbers, i](const std::string& text) { return numbers.at(i) + static_cast<long>(text.size()); }, joined));
    all.push_back(ex.with({.name = "tried", .retries = 1}).submit([numbers](std::string text) {
      text += "?";
      if (numbers.size() > 100) throw std::length_error(text);
      return static_cast<long>(text.size());
    }, joined));
  }
  return all;
}

[[dflow::graph]] Handle reduced(dflow::Executor& ex, int n) {
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(ex.submit([i, n] { return mix(i, n); }));
  auto all = ex.reduce([n](long a, long b) { return mix(a, b) + n; }, row);
  return ex.reduce([n](const long& a, long b) { return mix(a, b) - n; }, row, all);
}

Handle shifted(dflow::Executor& ex, Handle x, long by) {
  const auto shift = [by](long a) { return a + by; };
  return ex.submit(shift, x);
}
[[dflow::graph]] Row helped(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    const auto begin = [i](long a) { return a * 10 + i; };
    auto x = ex.submit(begin, 1);
    all.push_back(shifted(ex, shifted(ex, x, 100), i));
    all.push_back(ex.submit(begin, x));
  }
  return all;
}

[[dflow::graph]] Row chained(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit([i] { return 7L * i; });
    all.push_back(x.then([i](long a) { return a - i; }).then([n](long a) {
      if (a == 12) throw std::out_of_range("twelve");
      return a * n;
    }));
  }
  return all;
}

/// Also where the lambda has to stay a constant.
[[dflow::graph]] Row constant(dflow::Executor& ex, int n) {
  constexpr auto triple = [](long a) { return 3 * a; };
  static_assert(triple(2) == 6);
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(triple, i));
  return all;
}

struct Table {
  long by;
  [[dflow::graph]] Handle scaled(dflow::Executor& ex, long x) const {
    return ex.submit([factor = by, x] { return factor * x; });
  }
  [[dflow::graph]] Handle of_this(dflow::Executor& ex, long x) const {
    return ex.submit([*this, x] { return by * x; });
  }
};

[[dflow::graph]] Handle refers(dflow::Executor& ex, const long& x) {
  return ex.submit([&x] { return x + 1; });
}
[[dflow::graph]] Handle changes(dflow::Executor& ex, long x) {
  return ex.submit([x]() mutable { return ++x; });
}

template <class T>
std::string outcome(const dflow::Future<T>& future) try {
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
  const int n = corpus::argument(argc, argv, 1, 4);
  show("numbers", numbers(ex, n, {1.5, 2}));
  std::vector<std::string> words;
  for (int i = 0; i < n; ++i) words.emplace_back(static_cast<std::size_t>(20 + i), 'w');
  show("texts", texts(ex, words, corpus::squares(n), "<>"));
  long expected = -1;
  if (n == 1) expected = mix(mix(0, 1), mix(0, 1)) - n;
  show("reduced", {reduced(ex, n)});
  if (n == 1) corpus::same("of one", reduced(ex, n).get(), expected);
  show("helped", helped(ex, n));
  show("chained", chained(ex, n));
  show("constant", constant(ex, n));
  const Table table{9};
  const long x = 4;
  corpus::same("table", table.scaled(ex, 2).get(), 18);
  corpus::same("changes", changes(ex, 5).get(), 6);
  if (corpus::shares_globals()) corpus::failures += table.of_this(ex, 3).get() != 27 || refers(ex, x).get() != 5;
  return corpus::result();
}
