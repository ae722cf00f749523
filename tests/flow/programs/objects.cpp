// Numbers in objects that hold futures; what changes them, and whose they are.

#include <dflow/dflow.h>

#include <algorithm>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return 3 * a + b; }
[[dflow::task]] long three(long a, long b, long c) { return 9 * a + 3 * b + c; }

class Solver {
 public:
  Solver(dflow::Executor& ex, int n) : ex_(ex), n_(n), last_(n_ - 1), u_(n), f_(n) {
    for (int i = 0; i < n_; ++i) {
      u_[i] = ex_.submit(make, i);
      f_[i] = ex_.submit(make, -i);
    }
  }
  void step() {
    Row next(u_);
    for (int i = 1; i < last_; ++i) next[i] = ex_.submit(three, u_[i - 1], f_[i], u_[i + 1]);
    u_ = std::move(next);
  }
  int size() const { return n_; }
  const Row& values() const { return u_; }
  const Handle& at(int i) const { return u_[i]; }

 private:
  dflow::Executor& ex_;
  int n_;
  const int last_;
  Row u_, f_;
};

[[dflow::graph]] Handle solved(dflow::Executor& ex, int n, int steps) {
  Solver solver(ex, n);
  for (int t = 0; t < steps; ++t) solver.step();
  Handle sum = ex.submit(make, 0);
  for (int i = 0; i < solver.size(); ++i) sum = ex.submit(join, sum, solver.values()[i]);
  return sum;
}

/// Two of them, and one of another length in each round.
[[dflow::graph]] Handle several(dflow::Executor& ex, int n, int m) {
  Solver small(ex, n), large(ex, n + 2);
  Handle sum = ex.submit(make, 0);
  for (int i = 0; i < small.size(); ++i) sum = ex.submit(join, sum, large.values()[i]);
  for (int i = 0; i < large.size(); ++i) sum = ex.submit(join, sum, large.values()[i]);
  for (int k = 0; k < m; ++k) {
    Solver inner(ex, k + 1);
    for (int i = 0; i < inner.size(); ++i) sum = ex.submit(join, inner.values()[i], sum);
  }
  return sum;
}

/// Its number is what a task takes, too, and what the library looks at.
class Strip {
 public:
  Strip(dflow::Executor& ex, int n) : ex_(ex), n_(n) {
    for (int i = 0; i < n_; ++i) cells_.push_back(ex_.submit(join, i, n_));
  }
  void step() {
    Row next;
    for (int i = 0; i < n_; ++i) next.push_back(ex_.submit(three, cells_[std::max(i - 1, 0)], cells_[i], cells_[std::min(i + 1, n_ - 1)]));
    cells_ = std::move(next);
  }
  Handle last() { return ex_.submit(join, cells_[std::max(n_, 1) - 1], n_); }

 private:
  dflow::Executor& ex_;
  int n_;
  Row cells_;
};

[[dflow::graph]] Handle stripped(dflow::Executor& ex, int n, int steps) {
  Strip strip(ex, n);
  for (int t = 0; t < steps; ++t) strip.step();
  return strip.last();
}

/// A task takes it, and others may change it.
class Shrinking {
 public:
  Shrinking(dflow::Executor& ex, int n) : ex_(ex), n_(n) {
    for (int i = 0; i < n_; ++i) cells_.push_back(ex_.submit(join, i, n_));
  }
  int& count() { return n_; }
  Row row() {
    Row all;
    for (int i = 0; i < n_; ++i) all.push_back(ex_.submit(join, cells_[i], n_));
    return all;
  }

 private:
  dflow::Executor& ex_;
  int n_;
  Row cells_;
};

[[dflow::graph]] Row shrunk(dflow::Executor& ex, int n) {
  Shrinking part(ex, n);
  if (n > 1) part.count() -= 1;
  return part.row();
}

struct Line {
  int first;
  int count;
  Row cells;
};

Line line(dflow::Executor& ex, int first, int count) {
  Line made{first, count, Row(count)};
  for (int i = 0; i < made.count; ++i) made.cells[i] = ex.submit(make, first + i);
  return made;
}

/// An aggregate, and a copy of one.
[[dflow::graph]] Row lines(dflow::Executor& ex, int n) {
  Line a{1, n, Row(n)};
  for (int i = 0; i < a.count; ++i) a.cells[i] = ex.submit(make, i);
  const Line b = a;
  Row all;
  for (int i = b.first; i < b.count; ++i) all.push_back(ex.submit(join, a.cells[i], b.cells[i - 1]));
  return all;
}

/// Of what a function returns, which is another object.
[[dflow::graph]] Row returned(dflow::Executor& ex, int n) {
  const Line made = line(ex, 2, n);
  Row all;
  for (int i = 0; i < made.count; ++i) all.push_back(ex.submit(join, made.cells[i], i));
  return all;
}

/// Which one it is depends on a parameter.
[[dflow::graph]] Row chosen(dflow::Executor& ex, int n, bool flag) {
  Line a{0, n, Row(n + 1)}, b{0, n + 1, Row(n + 1)};
  for (int i = 0; i <= n; ++i) {
    a.cells[i] = ex.submit(make, i);
    b.cells[i] = ex.submit(make, -i);
  }
  const Line& c = flag ? a : b;
  Row all;
  for (int i = 0; i < c.count; ++i) all.push_back(ex.submit(join, c.cells[i], i));
  return all;
}

struct Queue {
  int head = 0;
  Row items;
  Handle next() { return items[head++]; }
};

/// A number that a member function changes.
[[dflow::graph]] Row taken(dflow::Executor& ex, int n) {
  Queue queue;
  for (int i = 0; i < n; ++i) queue.items.push_back(ex.submit(make, i));
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(join, queue.next(), i));
  return all;
}

struct Window {
  int size;
  Row cells;
};

/// Numbers that change with the object, or on their own, from outside.
[[dflow::graph]] Row replaced(dflow::Executor& ex, int n) {
  Window window{n, Row(n)}, other{1, Row(1)};
  other.cells[0] = ex.submit(make, 7);
  for (int i = 0; i < window.size; ++i) window.cells[i] = ex.submit(make, i);
  if (n > 2) std::swap(window, other);
  Row all;
  for (int i = 0; i < window.size; ++i) all.push_back(ex.submit(join, window.cells[i], i));
  return all;
}

/// Objects in a container have numbers of their own.
[[dflow::graph]] Row contained(dflow::Executor& ex, int n) {
  std::vector<Line> parts;
  for (int k = 0; k < n; ++k) parts.push_back(Line{k, k + 1, Row(k + 1)});
  Row all;
  for (int k = 0; k < n; ++k)
    for (int i = 0; i < parts[k].count; ++i) {
      parts[k].cells[i] = ex.submit(make, i);
      all.push_back(ex.submit(join, parts[k].cells[i], k));
    }
  return all;
}

int main() {}
