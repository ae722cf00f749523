// Indices that go round, buffers that take turns, counters that meet.
// SHOWS: join[t,r] <- join[t-1,r] 0 < t < rounds, 0 <= r < n
// SHOWS: join[t,r] <- join[t-1,n-1] r = 0, 0 < n, 0 < t < rounds

#include <dflow/dflow.h>

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return 3 * a + b; }
[[dflow::task]] long three(long a, long b, long c) { return 9 * a + 3 * b + c; }

/// Each rank takes what its left neighbour had; the first one that of the last.
[[dflow::graph]] Row ring(dflow::Executor& ex, int n, int rounds) {
  Row now(n);
  for (int r = 0; r < n; ++r) now[r] = ex.submit(make, r);
  for (int t = 0; t < rounds; ++t) {
    Row next(n);
    for (int r = 0; r < n; ++r) next[r] = ex.submit(join, now[r], now[(r + n - 1) % n]);
    now = std::move(next);
  }
  return now;
}

/// To the right, with the way round spelled out.
[[dflow::graph]] Row turned(dflow::Executor& ex, std::size_t n, int rounds) {
  Row now;
  for (std::size_t r = 0; r < n; ++r) now.push_back(ex.submit(make, r));
  for (int t = 0; t < rounds; ++t) {
    Row next(n);
    for (std::size_t r = 0; r < n; ++r) {
      const std::size_t from = r + 1 == n ? 0 : r + 1;
      next[r] = ex.submit(three, now[r], now[from], now[(r + 1) % n]);
    }
    now.swap(next);
  }
  return now;
}

/// Cannon's product of matrices: tiles go round in rows and columns, up to twice.
[[dflow::graph]] std::vector<Row> cannon(dflow::Executor& ex, int p) {
  std::vector<Row> a(p, Row(p)), b(p, Row(p)), c(p, Row(p));
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      a[i][j] = ex.submit(make, i);
      b[i][j] = ex.submit(make, j);
      c[i][j] = ex.submit(make, 0);
    }
  for (int s = 0; s < p; ++s)
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) c[i][j] = ex.submit(three, c[i][j], a[i][(i + j + s) % p], b[(i + j + s) % p][j]);
  return c;
}

/// Stages that hand on, each with a buffer of three places.
[[dflow::graph]] Handle pipeline(dflow::Executor& ex, int stages, int items) {
  std::vector<std::array<Handle, 3>> buffers(stages + 1);
  Handle last = ex.submit(make, -1);
  for (int t = 0; t < items; ++t) {
    buffers[0][t % 3] = ex.submit(make, t);
    for (int s = 1; s <= stages; ++s) buffers[s][t % 3] = ex.submit(join, buffers[s - 1][t % 3], s);
    last = ex.submit(join, last, buffers[stages][t % 3]);
    if (t > 0) last = ex.submit(join, last, buffers[stages][(t + 2) % 3]);
  }
  return last;
}

/// Two rows that take turns, by a number that says which.
[[dflow::graph]] Row flipped(dflow::Executor& ex, int n, int rounds) {
  std::array<Row, 2> rows = {Row(n), Row(n)};
  for (int i = 0; i < n; ++i) rows[0][i] = ex.submit(make, i);
  int now = 0;
  for (int t = 0; t < rounds; ++t) {
    for (int i = 0; i < n; ++i) rows[1 - now][i] = ex.submit(join, rows[now][i], i > 0 ? rows[now][i - 1] : rows[now][i]);
    now = 1 - now;
  }
  return rows[now];
}

[[dflow::graph]] Handle slots(dflow::Executor& ex, int items) {
  std::array<Handle, 4> slots;
  for (auto& each : slots) each = ex.submit(make, 0);
  std::size_t next = 1;
  for (int t = 0; t < items; ++t) {
    slots[next] = ex.submit(join, slots[next], slots[(next + 1) % 4]);
    next = (next + 3) % 4;
  }
  return slots[next];
}

[[dflow::graph]] Row mirrored(dflow::Executor& ex, int n) {
  Row x(n);
  for (int i = 0; i < n; ++i) x[i] = ex.submit(make, i);
  int i = 0, j = n - 1;
  while (i < j) {
    auto low = ex.submit(join, x[i], x[j]);
    x[j] = ex.submit(join, x[j], x[i]);
    x[i] = low;
    ++i;
    --j;
  }
  if (i == j) x[i] = ex.submit(join, x[i], x[j]);
  return x;
}

[[dflow::graph]] Row paired(dflow::Executor& ex, std::size_t n) {
  Row x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(ex.submit(make, i));
  for (std::size_t i = 0, j = n; i + 1 < j; ++i, --j) std::swap(x[i], x[j - 1]);
  for (int j = static_cast<int>(n) - 1, i = 0; j >= i; j -= 2, ++i) x[j] = ex.submit(join, x[j], x[i]);
  return x;
}

// Not in a closed form that is seen: whatever is said of them must be right.

/// By a number of places that only the call knows.
[[dflow::graph]] Handle wheel(dflow::Executor& ex, int places, int items) {
  Row x(places + 1);
  for (auto& each : x) each = ex.submit(make, 0);
  int next = 0;
  for (int t = 0; t < items; ++t) {
    x[next] = ex.submit(join, x[next], x[places]);
    next = (next + 1) % (places + 1);
  }
  return x[next];
}

/// That meet only where one is even.
[[dflow::graph]] Handle apart(dflow::Executor& ex, int n) {
  Handle last = ex.submit(make, 0);
  for (int i = 0, j = 2 * n; i != j; ++i, --j) last = ex.submit(join, last, i);
  return last;
}

int main() {}
