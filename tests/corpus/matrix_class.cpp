// What returns a reference to a future, or to a row of them: operators of a flat matrix, of one of rows, of a band that is indexed by
// one number; functions that are given the container; lambdas that have captured it.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: prefix corner product neighbours cells picked swapped
// PARAMS: graph=prefix 3 -- n=3
// GRAPH: 9 tasks, 10 edges
// PARAMS: graph=prefix 1 -- n=1
// PARAMS: graph=corner 4 -- n=4
// PARAMS: graph=product 3 -- n=3
// GRAPH: 45 tasks, 72 edges
// PARAMS: graph=neighbours 5 -- n=5
// PARAMS: graph=cells 3 -- n=3
// GRAPH: 15 tasks, 12 edges
// PARAMS: graph=picked 4 -- n=4
// PARAMS: graph=swapped 3 -- n=3
// PARAMS: graph=owned 3 -- n=3
// EDGES: make#0 -> corpus::mix#0, make#1 -> corpus::mix#0, corpus::mix#0 -> corpus::mix#1, make#2 -> corpus::mix#1

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

class Matrix {
 public:
  explicit Matrix(int size) : size_(size), cells_(size * size) {}
  Handle& operator()(int i, int j) { return cells_[i * size_ + j]; }
  const Handle& operator()(int i, int j) const { return cells_[i * size_ + j]; }

 private:
  int size_;
  std::vector<Handle> cells_;
};

struct Rows {
  std::vector<std::vector<Handle>> rows;
  std::vector<Handle>& operator[](int i) { return rows[i]; }
};

struct Band {
  std::vector<Handle> cells;
  Handle& operator[](int i) { return cells[i + 1]; }
};

long make(int i, int j) { return 10 * i + j; }
long add_product(long sum, long a, long b) { return sum + a * b; }

[[dflow::graph]] Handle prefix(dflow::Executor& ex, int n) {
  Matrix m(n);
  for (int i = 0; i < n; ++i) m(i, 0) = ex.submit(make, i, 0);
  for (int j = 1; j < n; ++j) m(0, j) = ex.submit(mix, m(0, j - 1), j);
  for (int i = 1; i < n; ++i) {
    for (int j = 1; j < n; ++j) m(i, j) = ex.submit(mix, m(i - 1, j), m(i, j - 1));
  }
  return m(n - 1, n - 1);
}

[[dflow::graph]] Handle corner(dflow::Executor& ex, int n) {
  Rows m{std::vector<std::vector<Handle>>(n, std::vector<Handle>(n))};
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) m[i][j] = ex.submit(make, i, j);
  }
  for (int i = 1; i < n; ++i) m[i][0] = ex.submit(mix, m[i - 1][0], m[i][n - 1]);
  return m[n - 1][0];
}

[[dflow::graph]] Handle product(dflow::Executor& ex, int n) {
  Matrix a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      a(i, j) = ex.submit(make, i, j);
      b(i, j) = ex.submit(make, j, i);
    }
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      c(i, j) = ex.submit(add_product, 0, a(i, 0), b(0, j));
      for (int k = 1; k < n; ++k) c(i, j) = ex.submit(add_product, c(i, j), a(i, k), b(k, j));
    }
  }
  return c(n - 1, n - 1);
}

[[dflow::graph]] Handle neighbours(dflow::Executor& ex, int n) {
  Band band{std::vector<Handle>(n + 2)};
  for (int i = -1; i <= n; ++i) band[i] = ex.submit(make, i, i);
  for (int i = 0; i < n; ++i) band[i] = ex.submit(mix, band[i - 1], band[i + 1]);
  return band[n - 1];
}

Handle& cell(std::vector<Handle>& cells, int n, int i, int j) { return cells[i * n + j]; }
const Handle& seen(const std::vector<Handle>& cells, int n, int i, int j) { return cells[i * n + j]; }
std::vector<Handle>& row_of(std::vector<std::vector<Handle>>& rows, int i) { return rows[i]; }

[[dflow::graph]] Handle cells(dflow::Executor& ex, int n) {
  std::vector<Handle> all(n * n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) cell(all, n, i, j) = ex.submit(make, i, j);
  }
  for (int i = 1; i < n; ++i) {
    for (int j = 0; j < n; ++j) cell(all, n, i, j) = ex.submit(mix, seen(all, n, i - 1, j), seen(all, n, i, j));
  }
  return cell(all, n, n - 1, 0);
}

[[dflow::graph]] Handle picked(dflow::Executor& ex, int n) {
  std::vector<Handle> even(n), odd(n);
  auto of = [&even, &odd](int k, int i) -> Handle& { return (k % 2 == 0 ? even : odd)[i]; };
  for (int i = 0; i < n; ++i) of(0, i) = ex.submit(make, i, i);
  for (int k = 1; k < n; ++k) {
    for (int i = 0; i < n; ++i) of(k, i) = ex.submit(mix, of(k - 1, n - 1 - i), k);
  }
  return ex.submit(mix, even[0], of(n - 1, n - 1));
}

[[dflow::graph]] Handle swapped(dflow::Executor& ex, int n) {
  std::vector<std::vector<Handle>> rows(n, std::vector<Handle>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) row_of(rows, i)[j] = ex.submit(make, i, j);
  }
  for (int i = 1; i < n; ++i) std::swap(row_of(rows, i), row_of(rows, i - 1));
  return ex.submit(mix, rows[0][n - 1], row_of(rows, n - 1)[0]);
}

/// The lambda has a row of its own, which starts as the other one was.
[[dflow::graph]] Handle owned(dflow::Executor& ex, int n) {
  std::vector<Handle> row(n);
  for (int i = 0; i < n; ++i) row[i] = ex.submit(make, i, i);
  auto own = [row](int i) mutable -> Handle& { return row[i]; };
  for (int i = 1; i < n; ++i) own(i) = ex.submit(mix, own(i - 1), row[i]);
  return own(n - 1);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  std::vector<std::vector<long>> m(n, std::vector<long>(n)), all = m;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      all[i][j] = make(i, j);
      m[i][j] = j == 0 ? make(i, 0) : i == 0 ? mix(m[0][j - 1], j) : mix(m[i - 1][j], m[i][j - 1]);
    }
  }
  corpus::same("prefix", prefix(ex, n).get(), m[n - 1][n - 1]);
  for (int i = 1; i < n; ++i) all[i][0] = mix(all[i - 1][0], all[i][n - 1]);
  corpus::same("corner", corner(ex, n).get(), all[n - 1][0]);
  long sum = 0;
  for (int k = 0; k < n; ++k) sum = add_product(sum, make(n - 1, k), make(n - 1, k));
  corpus::same("product", product(ex, n).get(), sum);
  std::vector<long> band;
  for (int i = -1; i <= n; ++i) band.push_back(make(i, i));
  for (int i = 1; i <= n; ++i) band[i] = mix(band[i - 1], band[i + 1]);
  corpus::same("neighbours", neighbours(ex, n).get(), band[n]);
  std::vector<long> even, odd;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) all[i][j] = i == 0 ? make(0, j) : mix(all[i - 1][j], make(i, j));
    even.push_back(make(i, i));
  }
  corpus::same("cells", cells(ex, n).get(), all[n - 1][0]);
  odd.resize(n);
  for (int k = 1; k < n; ++k) {
    for (int i = 0; i < n; ++i) (k % 2 == 0 ? even : odd)[i] = mix((k % 2 == 0 ? odd : even)[n - 1 - i], k);
  }
  corpus::same("picked", picked(ex, n).get(), mix(even[0], (n % 2 == 1 ? even : odd)[n - 1]));
  corpus::same("swapped", swapped(ex, n).get(), n == 1 ? mix(make(0, 0), make(0, 0)) : mix(make(1, n - 1), make(0, 0)));
  long last = make(0, 0);
  for (int i = 1; i < n; ++i) last = mix(last, make(i, i));
  corpus::same("owned", owned(ex, n).get(), last);
  return corpus::result();
}
