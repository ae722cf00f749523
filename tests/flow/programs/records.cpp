// Futures in structs, pairs, tuples and maps; lambdas and member functions that submit; options.

#include <dflow/dflow.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return a + b; }
[[dflow::task]] long step(long a) { return a + 1; }

struct Pair {
  Handle low, high;
};
struct State {
  Row cells;
  Handle norm;
  int round = 0;
};

Pair exchange(dflow::Executor& ex, const Handle& a, const Handle& b) {
  Pair p;
  p.low = ex.submit(join, a, b);
  p.high = ex.submit(step, a);
  return p;
}

[[dflow::graph]] Handle structs(dflow::Executor& ex, int n) {
  State s;
  for (int i = 0; i < n; ++i) s.cells.push_back(ex.submit(make, i));
  s.norm = ex.submit(make, 7);
  for (int t = 0; t < n; ++t) {
    for (int i = 0; i + 1 < n; ++i) {
      auto p = exchange(ex, s.cells[i], s.cells[i + 1]);
      s.cells[i] = p.low;
      s.cells[i + 1] = p.high;
    }
    s.norm = ex.submit(join, s.norm, s.cells[0]);
  }
  return s.norm;
}

std::pair<Handle, Handle> both(dflow::Executor& ex, const Handle& a) {
  return {ex.submit(step, a), ex.submit(join, a, a)};
}

[[dflow::graph]] Handle pairs(dflow::Executor& ex, int n) {
  Handle a = ex.submit(make, 0), b = ex.submit(make, 1);
  for (int i = 0; i < n; ++i) {
    auto [x, y] = both(ex, a);
    std::tie(a, b) = std::pair(y, x);
    std::pair<Handle, Handle> p = both(ex, b);
    a = p.first;
    b = ex.submit(join, p.second, std::get<0>(p));
  }
  auto t = std::make_tuple(a, b, ex.submit(make, 3));
  return ex.submit(join, std::get<0>(t), std::get<2>(t));
}

[[dflow::graph]] Handle options(dflow::Executor& ex, int n) {
  Handle last = ex.submit(make, 0);
  auto eager = ex.with({.priority = 3});
  for (int i = 0; i < n; ++i) {
    last = ex.with({.name = "named"}).submit(step, last);
    last = eager.submit(step, last);
    last = last.then([](long x) { return x + 1; });
    last = ex.with({.after = {last}}).submit(make, i);
  }
  return last;
}

class Solver {
 public:
  explicit Solver(dflow::Executor& ex) : ex_(ex) {}
  Handle relax(const Handle& a, const Handle& b) { return ex_.submit(join, a, b); }
 private:
  dflow::Executor& ex_;
};

struct Helper {
  Handle twice(dflow::Executor& ex, Handle h) const { return ex.submit(step, ex.submit(step, h)); }
  static Handle once(dflow::Executor& ex, Handle h) { return ex.submit(step, h); }
};

[[dflow::graph]] Handle members(dflow::Executor& ex, int n) {
  Helper helper;
  Handle last = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) last = Helper::once(ex, helper.twice(ex, last));
  return last;
}

[[dflow::graph]] Handle lambdas(dflow::Executor& ex, int n) {
  Row x(n);
  auto fill = [&](int i) { return ex.submit(make, i); };
  const auto combine = [&ex](const Handle& a, const Handle& b) { return ex.submit(join, a, b); };
  auto put = [&](int i, Handle h) { x[i] = h; };
  for (int i = 0; i < n; ++i) put(i, fill(i));
  for (int i = 1; i < n; ++i) x[i] = combine(x[i - 1], x[i]);
  return n > 0 ? x[n - 1] : ex.submit(make, 0);
}

[[dflow::graph]] Handle inner(dflow::Executor& ex, const Handle& from, int n) {
  Handle h = from;
  for (int i = 0; i < n; ++i) h = ex.submit(step, h);
  return h;
}
[[dflow::graph]] Handle outer(dflow::Executor& ex, int n) {
  Handle h = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) h = inner(ex, h, i);
  return h;
}

[[dflow::graph]] Handle maps(dflow::Executor& ex, int n) {
  std::map<std::string, Handle> named;
  named["a"] = ex.submit(make, 0);
  named["b"] = ex.submit(make, 1);
  for (int i = 0; i < n; ++i) named["a"] = ex.submit(join, named["a"], named.at("b"));
  return named["a"];
}

/// An object with futures in it, and the functions that it has.
class Heat {
 public:
  Heat(dflow::Executor& ex, int n) : ex_(ex), now_(n), next_(n) {
    for (int i = 0; i < n; ++i) next_[i] = now_[i] = ex.submit(make, i);
  }
  void advance(int n) {
    for (int i = 1; i + 1 < n; ++i) next_[i] = ex_.submit(join, left(i), now_[i + 1]);
    std::swap(now_, next_);
  }
  const Row& result() const { return now_; }
  Row take() { return now_; }

 private:
  Handle left(int i) const { return now_[i - 1]; }
  dflow::Executor& ex_;
  Row now_, next_;
};

[[dflow::graph]] Row solver(dflow::Executor& ex, int n, int steps) {
  Heat heat(ex, n);
  for (int t = 0; t < steps; ++t) heat.advance(n);
  return heat.take();
}

/// What is assigned, swapped and captured is what C++ says.
[[dflow::graph]] Handle aliases(dflow::Executor& ex, int n) {
  std::vector<std::pair<Handle, Handle>> pairs;
  for (int i = 0; i < n; ++i) pairs.push_back({ex.submit(make, i), ex.submit(make, -i)});
  for (auto& [low, high] : pairs) std::swap(low, high);
  Handle a = ex.submit(make, 1), b = ex.submit(make, 2);
  std::tie(a, b) = std::make_pair(b, a);
  int k = 0;
  const auto kept = [&ex, k, a](const Handle& h) { return k == 0 ? ex.submit(join, a, h) : h; };
  k = 1;
  a = b;
  a = kept(a);
  State one, other;
  one.norm = a;
  one.cells.push_back(b);
  other = one;
  one.cells[0] = ex.submit(step, other.norm);
  Row& cells = other.cells;
  other = std::move(one);
  a = ex.submit(join, cells[0], other.norm);
  for (int i = 0; i < n; ++i) a = ex.submit(join, a, pairs[i].first);
  return a;
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
