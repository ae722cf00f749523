// Classes whose operators return a reference to a future that they hold: a flat matrix, a matrix of rows, a band that is indexed
// by one number.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: prefix corner product neighbours
// PARAMS: graph=prefix 3 -- n=3
// GRAPH: 9 tasks, 10 edges
// PARAMS: graph=prefix 1 -- n=1
// PARAMS: graph=corner 4 -- n=4
// PARAMS: graph=product 3 -- n=3
// GRAPH: 45 tasks, 72 edges
// PARAMS: graph=neighbours 5 -- n=5

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
  return corpus::result();
}
