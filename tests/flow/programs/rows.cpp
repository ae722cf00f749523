// Grids in one vector: in closed form where a subscript says a row and a place in it, refused where it may say another.

#include <dflow/dflow.h>

#include <cstddef>
#include <vector>

using Handle = dflow::Future<long>;
using Cells = std::vector<Handle>;

[[dflow::task]] long make(int i, int j) { return 10 * i + j; }
[[dflow::task]] long one(long a) { return a + 1; }
[[dflow::task]] long join(long a, long b) { return 3 * a + b; }

// SHOWS: join[i,j] <- make[0,j] i = 1, 2 <= m, 0 < m_times_n, 0 < j < n
// SHOWS: join[i,j] <- join[i-1,j] 0 < m_times_n, 2 <= i < m, 0 < j < n
[[dflow::graph]] Handle stencil(dflow::Executor& ex, std::size_t m, std::size_t n) {
  Cells a(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t here = n * i + j;
      a[here] = ex.submit(make, 0, 0);
      if (i > 0 && j > 0) a[here] = ex.submit(join, a[here - n], a[here - 1]);
    }
  return a[m * n - 1];
}

/// Every way of going through all of it.
[[dflow::graph]] Handle through(dflow::Executor& ex, int m, int n) {
  Cells a(m * n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a[i * n + j] = ex.submit(make, i, j);
  Cells b = ex.map(one, a);
  const Cells c = b;
  for (auto& each : b) each = ex.submit(one, each);
  Handle last = ex.submit(make, 0, 0);
  for (int i = 0; i < m; ++i) last = ex.submit(join, c[i * n], b[(i + 1) * n - 1]);
  a.swap(b);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) last = ex.submit(join, last, a[i * n + j]);
  return last;
}

/// Pointers that go on by a row at a time.
[[dflow::graph]] Cells stepping(dflow::Executor& ex, int m, int n) {
  Cells a(m * n);
  int row = 0;
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) a[row + j] = i > 0 ? ex.submit(one, a[row - n + j]) : ex.submit(make, i, j);
    row += n;
  }
  return a;
}

// SHOWS: not affine: line 61: a subscript may reach into the next row
[[dflow::graph]] Handle beyond(dflow::Executor& ex, int m, int n) {
  Cells a((m + 1) * n + 1);
  Handle last = ex.submit(make, 0, 0);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j <= n; ++j) {
      a[i * n + j] = ex.submit(make, i, j);
      last = ex.submit(join, last, a[i * n]);
    }
  return last;
}

// SHOWS: not affine: line 72: a subscript multiplies numbers that vary
[[dflow::graph]] Handle transposed(dflow::Executor& ex, int m, int n) {
  Cells a(m * n);
  Handle last = ex.submit(make, 0, 0);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a[i * n + j] = ex.submit(make, i, j);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) last = ex.submit(join, last, a[j * m + i]);
  return last;
}

// SHOWS: not affine: line 84: a subscript multiplies numbers that vary
[[dflow::graph]] Handle triangle(dflow::Executor& ex, int n) {
  Cells a(n * n);
  Handle last = ex.submit(make, 0, 0);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      a[i * j] = ex.submit(make, i, j);
      last = ex.submit(join, last, a[i * j]);
    }
  return last;
}

/// All of a grid in one row, which is then reduced: there is something if there are rows, and places in them.
[[dflow::graph]] Handle summed(dflow::Executor& ex, int m, int n) {
  std::vector<Cells> grid(m, Cells(n));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) grid[i][j] = ex.submit(make, i, j);
  Cells all;
  for (const Cells& row : grid)
    for (const Handle& each : row) all.push_back(ex.submit(one, each));
  return ex.reduce(join, all);
}

int main() {}
