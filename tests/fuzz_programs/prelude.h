#pragma once

#include <dflow/dflow.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Grid = std::vector<Row>;

// Each task tells its operands apart, so that a wrong or swapped edge changes the result.
[[dflow::task]] [[dflow::pure]] inline long make(long x) { return (x * 37 + 11) % 1000003; }
[[dflow::task]] [[dflow::pure]] inline long mix(long a, long b) { return (a * 31 + b * 7 + 3) % 1000003; }
[[dflow::task]] inline long blend(const long& a, long b, const long& c) { return mix(mix(a, b), c); }
[[dflow::task]] [[dflow::pure]] inline long turn(long a) { return mix(a, 5); }
[[dflow::task]] inline double turn(double a) { return a + 0.5; }
/// Fails at every third number.
[[dflow::task]] inline long picky(long a) { return a % 3 == 0 ? throw std::invalid_argument("picky") : mix(a, 2); }
template <int Times>
[[dflow::task]] long twist(long a) {
  return mix(a, Times);
}
template <class A, class B>
[[dflow::task]] long join(const A& a, B b) {
  return mix(b, a);
}
[[dflow::task]] inline long digest(const std::vector<long>& all) {
  long result = static_cast<long>(all.size());
  for (const long each : all) result = mix(result, each);
  return result;
}
[[dflow::task]] inline long digest_rows(const std::vector<std::vector<long>>& rows) {
  long result = 1;
  for (const auto& row : rows) result = mix(result, digest(row));
  return result;
}
[[dflow::task]] inline long digest_three(const std::array<long, 3>& all) { return digest({all[0], all[1], all[2]}); }
[[dflow::task]] inline long or_nine(const std::optional<long>& x) { return mix(x.value_or(9), 1); }
[[dflow::task]] inline long of_pair(const std::pair<long, long>& x) { return mix(x.first, x.second); }

struct Scale {
  long by;
  long operator()(long x) const { return mix(x, by); }
};
struct Model {
  long weight = 1;
  long forward(long x) const { return mix(weight, x); }
  static long backward(long x, long y) { return mix(y, x); }
};
struct Stage {
  Handle left, right;
  Row row;
};
struct Cells {
  int count;
  Row row;
};
class Wave {
 public:
  Wave(dflow::Executor& ex, int n, const Handle& first) : ex_(ex), n_(n), row_(n) {
    for (int i = 0; i < n_; ++i) row_[i] = ex_.submit(mix, i == 0 ? first : row_[i - 1], i);
  }
  void step(const Handle& x) {
    Row next(row_);
    for (int i = 1; i < n_ - 1; ++i) next[i] = ex_.submit(blend, row_[i - 1], x, row_[i + 1]);
    row_ = std::move(next);
  }
  int size() const { return n_; }
  const Handle& at(int i) const { return row_[i]; }

 private:
  dflow::Executor& ex_;
  int n_;
  Row row_;
};

// What arguments call.
struct Adder {
  long& to;
  long operator()(long x) const { return to += x; }
};
inline long add_to(long* to, long x) { return *to += x; }
inline long below(long x, long limit) {
  if (x >= limit) throw std::out_of_range("not below");
  return x;
}
[[dflow::task]] inline void store(long* to, long x) { *to = x; }

// Helpers that take and return futures.
inline Handle chained(dflow::Executor& ex, Handle x, int times) {
  for (int i = 0; i < times; ++i) x = ex.submit(mix, i, std::move(x));
  return x;
}
inline Row shifted(dflow::Executor& ex, const Row& row, const Handle& first) {
  Row result;
  for (std::size_t i = 0; i < row.size(); ++i) result.push_back(ex.submit(mix, i == 0 ? first : row[i - 1], row[i]));
  return result;
}
inline void append(dflow::Executor& ex, Row& row, const Handle& x) {
  row.push_back(row.empty() ? x : ex.submit(mix, row.back(), x));
}
template <class R>
void renew(dflow::Executor& ex, R& row, std::size_t from, const Handle& x) {
  for (std::size_t i = from; i < row.size(); i += 2) row[i] = ex.submit(blend, x, row[i], row[i - from]);
}
inline Handle tree(dflow::Executor& ex, const Row& row, std::size_t from, std::size_t to) {
  if (from == to) return ex.submit(make, 7);
  if (to - from == 1) return row[from];
  const std::size_t middle = from + (to - from) / 2;
  return ex.submit(mix, tree(ex, row, from, middle), tree(ex, row, middle, to));
}
inline std::pair<Handle, Handle> crossed(dflow::Executor& ex, const Handle& x, const Handle& y) {
  return {ex.submit(mix, y, x), x};
}
