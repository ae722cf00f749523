// Functions that must be known in closed form.

#include <dflow/dflow.h>

#include <array>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return a + b; }
[[dflow::task]] long sum(const std::vector<long>& all) { return static_cast<long>(all.size()); }

/// Three buffers go round; the ends are never computed anew.
[[dflow::graph]] Row rotated(dflow::Executor& ex, int n, int steps) {
  Row a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) {
    a[i] = ex.submit(make, i);
    b[i] = ex.submit(make, -i);
    c[i] = a[i];
  }
  for (int t = 0; t < steps; ++t) {
    for (int i = 1; i + 1 < n; ++i) c[i] = ex.submit(join, a[i - 1], b[i + 1]);
    std::swap(a, b);
    std::swap(b, c);
  }
  return b;
}

[[dflow::graph]] Handle pyramid(dflow::Executor& ex, int n) {
  std::vector<Row> rows;
  for (int i = 0; i < n; ++i) {
    Row row;
    for (int j = 0; j <= i; ++j) {
      row.push_back(i == 0 || j == 0 || j == i ? ex.submit(make, j) : ex.submit(join, rows[i - 1][j - 1], rows[i - 1][j]));
    }
    rows.push_back(std::move(row));
  }
  Row sums;
  for (const auto& row : rows) sums.push_back(ex.submit(sum, row));
  return ex.reduce(join, sums, 0L);
}

Handle halved(dflow::Executor& ex, const Row& all, int from, int to) {
  const int middle = (from + to) / 2;
  auto left = ex.submit(join, all[from], all[middle]);
  return ex.submit(join, left, all[to - 1]);
}

[[dflow::graph]] Row helped(dflow::Executor& ex, const std::vector<long>& xs) {
  auto all = ex.map(make, xs);
  Row result;
  const int size = static_cast<int>(xs.size());
  for (int i = 0; i < size - 2; ++i) result.push_back(halved(ex, all, i, i + 3));
  return result;
}

[[dflow::graph]] Handle layered(dflow::Executor& ex, const std::vector<long>& xs, int layers) {
  Row layer = ex.map(make, xs);
  for (int i = 0; i < layers; ++i) {
    auto total = ex.reduce(join, layer, ex.submit(make, i));
    Row next;
    for (const auto& each : layer) next.push_back(ex.submit(join, each, total));
    layer = std::move(next);
  }
  return ex.submit(sum, layer);
}

[[dflow::graph]] Handle guarded(dflow::Executor& ex, int n, bool extra) {
  Handle last = ex.submit(make, 0);
  if (n < 0) return last;
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 1) continue;
    if (extra && i > 2) {
      last = ex.submit(join, last, last);
    } else {
      last = i == 2 ? ex.submit(make, i) : ex.submit(join, ex.submit(make, i), last);
    }
  }
  return last;
}

[[dflow::graph]] Handle counted(dflow::Executor& ex, int n) {
  std::array<Handle, 4> lanes;
  for (auto& lane : lanes) lane = ex.submit(make, 1);
  int k = 0;
  Row all;
  for (int i = 0; i < n; ++i) {
    all.push_back(ex.submit(join, lanes[k % 2], lanes[3]));
    all.emplace_back(ex.submit(make, lanes[2]));
    k += 2;
  }
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) lanes[i % 4] = ex.submit(join, all[i], all[i + 1]);
  return lanes[0];
}

[[dflow::graph]] void pipelined(dflow::Executor& ex, int items, int stages) {
  std::vector<Row> state(items, Row(stages));
  for (int i = 0; i < items; ++i) {
    for (int s = 0; s < stages; ++s) {
      const auto& before = s == 0 ? (i == 0 ? state[0][0] : state[i - 1][0]) : state[i][s - 1];
      if (i == 0 && s == 0) {
        state[0][0] = ex.submit(make, 0);
      } else {
        state[i][s] = i > 0 ? ex.submit(join, before, state[i - 1][s]) : ex.submit(make, before);
      }
    }
  }
}

/// What only passes the time makes no edges.
[[dflow::graph]] Handle waiting(dflow::Executor& ex, int n) {
  Row row;
  for (int i = 0; i < n; ++i) row.push_back(ex.submit(make, i));
  dflow::wait(row);
  for (int i = 1; i < n; ++i) row[i] = ex.submit(join, row[i - 1], row[i]);
  return row.back();
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
