// The two buffers of a stencil in time, told apart in all the ways that people do it: rows of one vector that are swapped, numbers
// of rows that are swapped, flipped, masked or counted, references to one or the other, std::exchange.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: rows resized ranged members numbers three toggled masked referred exchanged unchanged grown reversed
// PARAMS: graph=rows 6 3 -- n=6 steps=3
// GRAPH: 24 tasks, 54 edges
// PARAMS: graph=resized 5 2 -- n=5 steps=2
// PARAMS: graph=ranged 3 0 -- n=3 steps=0
// PARAMS: graph=members 4 5 -- n=4 steps=5
// PARAMS: graph=numbers 5 3 -- n=5 steps=3
// PARAMS: graph=three 5 4 -- n=5 steps=4
// PARAMS: graph=toggled 3 4 -- n=3 steps=4
// PARAMS: graph=masked 4 7 -- n=4 steps=7
// PARAMS: graph=referred 4 3 -- n=4 steps=3
// PARAMS: graph=exchanged 4 3 -- n=4 steps=3
// PARAMS: graph=unchanged 4 3 -- n=4
// PARAMS: graph=grown 4 3 -- by=4
// PARAMS: graph=reversed 5 3 -- n=5

#include <dflow/dflow.h>

#include <array>
#include <utility>

#include "corpus.h"

using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long init(int i) { return i * 1000; }
[[dflow::task]] long relax(long left, long here, long right) { return corpus::mix(corpus::mix(left, here), right); }

void fill(dflow::Executor& ex, Row& row) {
  for (int i = 0; i < int(row.size()); ++i) row[i] = ex.submit(init, i);
}
void sweep(dflow::Executor& ex, const Row& now, Row& next, int n) {
  for (int i = 0; i < n; ++i) next[i] = ex.submit(relax, now[(i + n - 1) % n], now[i], now[(i + 1) % n]);
}

[[dflow::graph]] Row rows(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> grid(2, Row(n));
  fill(ex, grid[0]);
  for (int t = 0; t < steps; ++t) {
    sweep(ex, grid[0], grid[1], n);
    std::swap(grid[0], grid[1]);
  }
  return grid[0];
}

[[dflow::graph]] Row resized(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> grid(2);
  grid[0].resize(n);
  grid[1].resize(n);
  fill(ex, grid[0]);
  for (int t = 0; t < steps; ++t) {
    sweep(ex, grid[0], grid[1], n);
    grid[0].swap(grid[1]);
  }
  return grid[0];
}

[[dflow::graph]] Row ranged(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> grid(2);
  for (Row& row : grid) row.resize(n);
  fill(ex, grid[0]);
  for (int t = 0; t < steps; ++t) {
    sweep(ex, grid[0], grid[1], n);
    std::swap(grid[0], grid[1]);
  }
  return grid[0];
}

struct Buffers {
  Row now, next;
};

[[dflow::graph]] Row members(dflow::Executor& ex, int n, int steps) {
  Buffers both{Row(n), Row(n)};
  fill(ex, both.now);
  for (int t = 0; t < steps; ++t) {
    sweep(ex, both.now, both.next, n);
    std::swap(both.now, both.next);
  }
  return both.now;
}

[[dflow::graph]] Row numbers(dflow::Executor& ex, int n, int steps) {
  std::array<Row, 2> grid{Row(n), Row(n)};
  fill(ex, grid[0]);
  int now = 0, next = 1;
  for (int t = 0; t < steps; ++t) {
    sweep(ex, grid[now], grid[next], n);
    std::swap(now, next);
  }
  return grid[now];
}

/// Each row follows from the two before it.
[[dflow::graph]] Row three(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> grid(3, Row(n));
  fill(ex, grid[0]);
  fill(ex, grid[1]);
  int before = 0, now = 1, next = 2;
  for (int t = 0; t < steps; ++t) {
    for (int i = 0; i < n; ++i) grid[next][i] = ex.submit(relax, grid[before][i], grid[now][i], grid[now][n - 1 - i]);
    const int spare = before;
    before = now;
    now = next;
    next = spare;
  }
  return grid[now];
}

[[dflow::graph]] Row toggled(dflow::Executor& ex, int n, int steps) {
  Row grid[2] = {Row(n), Row(n)};
  fill(ex, grid[0]);
  int now = 0;
  for (int t = 0; t < steps; ++t) {
    sweep(ex, grid[now], grid[now ^ 1], n);
    now ^= 1;
  }
  return grid[now];
}

[[dflow::graph]] Row masked(dflow::Executor& ex, int n, int steps) {
  std::vector<Row> grid(2, Row(n));
  fill(ex, grid[0]);
  for (int t = 0; t < steps; ++t) sweep(ex, grid[t & 1], grid[(t + 1) & 1], n);
  return grid[steps & 1];
}

[[dflow::graph]] Row referred(dflow::Executor& ex, int n, int steps) {
  Row even(n), odd(n);
  fill(ex, even);
  for (int t = 0; t < steps; ++t) {
    const Row& now = t % 2 == 0 ? even : odd;
    Row& next = t % 2 == 0 ? odd : even;
    sweep(ex, now, next, n);
  }
  return steps % 2 == 0 ? even : odd;
}

[[dflow::graph]] Row exchanged(dflow::Executor& ex, int n, int steps) {
  Row now(n);
  fill(ex, now);
  for (int t = 0; t < steps; ++t) {
    const Row before = std::exchange(now, Row(n));
    sweep(ex, before, now, n);
  }
  return now;
}

/// What was there goes to the place that the new one has just taken.
[[dflow::graph]] dflow::Future<long> unchanged(dflow::Executor& ex, int n) {
  dflow::Future<long> a = ex.submit(init, 1);
  const auto b = ex.submit(init, 2);
  for (int i = 0; i < n; ++i) a = std::exchange(a, b);
  return ex.submit(corpus::mix, a, b);
}

/// The product is computed in a type that is wider than the one that takes it.
[[dflow::graph]] dflow::Future<long> grown(dflow::Executor& ex, long by) {
  int number = 4;
  number *= by;
  auto last = ex.submit(init, 3);
  if (number == 0) last = ex.submit(corpus::mix, last, 1L);
  return last;
}

/// Rows of a matrix change places before each is computed from the one above.
[[dflow::graph]] Row reversed(dflow::Executor& ex, int n) {
  std::vector<Row> grid(n, Row(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) grid[i][j] = ex.submit(init, i * n + j);
  }
  for (int i = 0; i < n / 2; ++i) std::swap(grid[i], grid[n - 1 - i]);
  for (int i = 1; i < n; ++i) {
    for (int j = 0; j < n; ++j) grid[i][j] = ex.submit(corpus::mix, grid[i - 1][j], grid[i][j]);
  }
  return grid[n - 1];
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4), steps = corpus::argument(argc, argv, 2, 2);
  std::vector<long> expected(n), before(n), latest(n);
  for (int i = 0; i < n; ++i) expected[i] = before[i] = latest[i] = init(i);
  for (int t = 0; t < steps; ++t) {
    const auto old = expected;
    for (int i = 0; i < n; ++i) expected[i] = relax(old[(i + n - 1) % n], old[i], old[(i + 1) % n]);
    std::vector<long> next(n);
    for (int i = 0; i < n; ++i) next[i] = relax(before[i], latest[i], latest[n - 1 - i]);
    before = std::exchange(latest, next);
  }
  corpus::same("rows", ex.gather(rows(ex, n, steps)), expected);
  corpus::same("resized", ex.gather(resized(ex, n, steps)), expected);
  corpus::same("ranged", ex.gather(ranged(ex, n, steps)), expected);
  corpus::same("members", ex.gather(members(ex, n, steps)), expected);
  corpus::same("numbers", ex.gather(numbers(ex, n, steps)), expected);
  corpus::same("three", ex.gather(three(ex, n, steps)), latest);
  corpus::same("toggled", ex.gather(toggled(ex, n, steps)), expected);
  corpus::same("masked", ex.gather(masked(ex, n, steps)), expected);
  corpus::same("referred", ex.gather(referred(ex, n, steps)), expected);
  corpus::same("exchanged", ex.gather(exchanged(ex, n, steps)), expected);
  corpus::same("unchanged", unchanged(ex, n).get(), corpus::mix(init(1), init(2)));
  corpus::same("grown", grown(ex, n).get(), n == 0 ? corpus::mix(init(3), 1) : init(3));
  corpus::same("grown beyond int", grown(ex, 1L << 30).get(), corpus::mix(init(3), 1));
  std::vector<long> last(n);
  for (int j = 0; j < n; ++j) {
    last[j] = init((n - 1) * n + j);
    for (int i = n - 2; i >= 0; --i) last[j] = corpus::mix(last[j], init(i * n + j));
  }
  corpus::same("reversed", ex.gather(reversed(ex, n)), last);
  return corpus::result();
}
