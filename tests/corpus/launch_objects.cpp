// Objects that have the executor among their members: made on the way to a call, or those that a graph function is a member
// of. Tasks take their other members, as long as nothing changes them.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: solved several taped handed parts Weighted::solve Weighted::raised Pair::both captured
// PARAMS: graph=solved 5 -- n=5 steps=3
// PARAMS: graph=solved 0 -- n=0 steps=3
// PARAMS: graph=several 4 -- n=4
// GRAPH: 14 tasks, 12 edges
// PARAMS: graph=taped 3 -- n=3
// PARAMS: graph=handed 4 -- n=4
// PARAMS: graph=parts 4 -- n=4
// PARAMS: graph=Weighted::solve 3 -- n=3
// GRAPH: 4 tasks, 3 edges
// PARAMS: graph=Weighted::raised 3 -- n=3
// PARAMS: graph=Pair::both 3 -- n=3
// PARAMS: graph=captured 3 -- n=3
// PARAMS: graph=changed 3 -- n=3
// PARAMS: graph=bound 3 -- n=3
// PARAMS: graph=failing 3 -- n=3

#include <dflow/dflow.h>

#include <stdexcept>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) {
  return x;
}
[[dflow::task]] long three(long a, long b, long c) {
  return 9 * a + 3 * b + c;
}
[[dflow::task]] double weighted(double weight, long x) {
  return weight * static_cast<double>(x);
}
[[dflow::task]] long checked(long x) {
  if (x == 1) throw std::invalid_argument("one");
  return x;
}

class Solver {
 public:
  Solver(dflow::Executor& ex, int n, long shift = 7) : ex_(ex), n_(n), shift_(shift + 1), u_(n) {
    for (int i = 0; i < n_; ++i) u_[i] = ex_.submit(mix, i, shift_);
  }
  void step() {
    Row next(u_);
    for (int i = 1; i < n_ - 1; ++i) next[i] = relaxed(i);
    u_ = std::move(next);
  }
  const Row& values() const { return u_; }

 private:
  Handle relaxed(int i) const { return ex_.submit(three, u_[i - 1], u_[i], u_[i + 1]); }
  dflow::Executor& ex_;
  int n_;
  const long shift_;
  Row u_;
};

[[dflow::graph]] Row solved(dflow::Executor& ex, int n, int steps) {
  Solver solver(ex, n);
  for (int t = 0; t < steps; ++t) solver.step();
  return solver.values();
}

/// Each has its own numbers.
[[dflow::graph]] Handle several(dflow::Executor& ex, int n) {
  Solver small(ex, n, 10 * n), large(ex, n + 1, 20);
  auto& same = ex;
  Handle sum = same.submit(make, 0);
  for (int i = 0; i < n; ++i) sum = ex.submit(three, sum, small.values()[i], large.values()[i]);
  return sum;
}

/// Submits in an initialiser.
class Tape {
 public:
  Tape(dflow::Executor& ex, long input) : ex_(ex), last_(ex.submit(mix, input, input)) {}
  void step(int i) { last_ = ex_.submit(mix, last_, i); }
  Handle last() const { return last_; }

 private:
  dflow::Executor& ex_;
  Handle last_;
};
[[dflow::graph]] Handle taped(dflow::Executor& ex, int n) {
  Tape tape(ex, 5);
  for (int i = 0; i < n; ++i) tape.step(i);
  return tape.last();
}

/// Through functions, each of which has an object of the same class of its own.
struct Scaler {
  dflow::Executor& ex;
  long by;
  Handle scaled(long x) const { return ex.submit(mix, x, by); }
  Handle passed(const Scaler& other, long x) const { return other.offset(by, x); }
  Handle offset(long more, long x) const { return ex.submit(three, by, more, x); }
};
Handle helped(const Scaler& scaler, long x) {
  return scaler.scaled(x);
}
[[dflow::graph]] Row handed(dflow::Executor& ex, int n) {
  const Scaler one{ex, 3}, two{ex, 4L * n};
  Row row;
  for (int i = 0; i < n; ++i) {
    row.push_back(helped(one, i));
    row.push_back(helped(two, i));
    row.push_back(one.passed(two, i));
    row.push_back(two.passed(one, i));
  }
  return row;
}

[[dflow::graph]] Row parts(dflow::Executor& ex, int n) {
  Row row;
  for (int i = 0; i < n; ++i) {
    const Scaler inner{ex, i};
    row.push_back(inner.scaled(1));
    row.push_back(Scaler{ex, i + 1}.scaled(2));
  }
  return row;
}

class Weighted {
 public:
  explicit Weighted(dflow::Executor& ex, double weight = 0.5, long bias = 3)
      : ex_(ex), weight_(weight), bias_(bias) {}
  [[dflow::graph]] dflow::Future<double> solve(int n) const {
    Handle x = ex_.submit(make, bias_);
    for (int i = 0; i < n - 1; ++i) x = next(x, i);
    return ex_.submit(weighted, weight_, x);
  }
  [[dflow::graph]] Row raised(int n) {
    Row row;
    for (int i = 0; i < n; ++i) row.push_back(ex_.with({.retries = 1}).submit(make, i));
    return row;
  }

 private:
  Handle next(const Handle& x, int i) const { return ex_.submit(mix, x, bias_ + i); }
  dflow::Executor& ex_;
  double weight_;
  long bias_;
};

struct Pair {
  dflow::Executor& ex;
  long more = 2;
  [[dflow::graph]] Handle both(int n) const {
    Handle x = ex.submit(make, more);
    for (int i = 0; i < n; ++i) x = ex.submit(mix, x, Scaler{ex, more}.by);
    return x;
  }
};

[[dflow::graph]] Handle captured(dflow::Executor& ex, int n) {
  const Scaler scaler{ex, 6};
  const auto next = [&](long x) { return scaler.scaled(x + scaler.by); };
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(next(i));
  return ex.reduce(mix, row, 1);
}

/// What tasks take is not what the object was made with.
struct Counter {
  dflow::Executor& ex;
  long count;
  Handle next() {
    ++count;
    return ex.submit(make, count);
  }
};
[[dflow::graph]] Row changed(dflow::Executor& ex, int n) {
  Counter counter{ex, 1};
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(counter.next());
  return row;
}

/// Another executor, with a name of its own.
struct Named {
  explicit Named(dflow::Executor& ex) : ex_(ex.with({.name = "named"})) {}
  Handle one(long x) { return ex_.submit(make, x); }
  dflow::BoundExecutor ex_;
};
[[dflow::graph]] Row bound(dflow::Executor& ex, int n) {
  Named named(ex);
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(named.one(i));
  return row;
}

/// A constructor that may throw is run as it is written.
struct Strict {
  Strict(dflow::Executor& ex, long n) : ex_(ex) {
    if (n < 0) throw std::invalid_argument("negative");
  }
  Handle one(long x) const { return ex_.submit(checked, x); }
  dflow::Executor& ex_;
};
[[dflow::graph]] Row failing(dflow::Executor& ex, int n) {
  const Strict strict(ex, n);
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(strict.one(i));
  return row;
}

template <class Results>
void show(const char* name, const Results& row) {
  std::cout << name;
  for (const auto& each : row) {
    try {
      std::cout << ' ' << each.get();
    } catch (const std::invalid_argument& problem) {
      std::cout << ' ' << problem.what();
    }
  }
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  show("solved", solved(ex, n, 3));
  show("several", Row{several(ex, n)});
  show("taped", Row{taped(ex, n)});
  show("handed", handed(ex, n));
  show("parts", parts(ex, n));
  const Weighted light(ex), heavy(ex, 100, 9);
  show("solve", std::vector{light.solve(n), heavy.solve(n)});
  show("raised", Weighted(ex).raised(n));
  show("both", Row{Pair{ex, 5}.both(n), Pair{ex, 11}.both(n)});
  show("captured", Row{captured(ex, n)});
  show("changed", changed(ex, n));
  show("bound", bound(ex, n));
  show("failing", failing(ex, n));
  try {
    show("negative", failing(ex, -1));
  } catch (const std::invalid_argument& problem) {
    std::cout << problem.what() << '\n';
  }
  return 0;
}
