// Vectors filled from behind by loops whose rounds do not add the same: triangles, guards, and both.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=whole 4 -- n=4
// GRAPH: 7 tasks, 6 edges
// PARAMS: graph=whole 2 -- n=2
// PARAMS: graph=mapped 4 -- n=4
// PARAMS: graph=walked 5 -- n=5
// PARAMS: graph=counted 4 -- n=4
// PARAMS: graph=every_second 5 -- n=5
// GRAPH: 6 tasks, 5 edges
// PARAMS: graph=every_second 0 -- n=0
// PARAMS: graph=some 6 -- n=6
// PARAMS: graph=off_diagonal 4 -- n=4
// PARAMS: graph=checkered 5 -- n=5
// PARAMS: graph=deep 5 -- n=5
// PARAMS: graph=between 4 -- n=4
// PARAMS: graph=between 0 -- n=0
// PARAMS: graph=downwards 4 -- n=4

#include <dflow/dflow.h>

#include <numeric>

#include "corpus.h"

using corpus::mix;
using corpus::reduced;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long cell(int i, int j) { return mix(i + 1, j + 1); }
[[dflow::task]] long grown(long x) { return mix(x, 1); }
[[dflow::task]] long row_sum(const std::vector<long>& cells) { return std::accumulate(cells.begin(), cells.end(), 0L, mix); }

/// All of a triangle, as one argument.
[[dflow::graph]] dflow::Future<long> whole(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) v.push_back(ex.submit(cell, i, j));
  return ex.submit(row_sum, v);
}

/// Mapped, and reduced.
[[dflow::graph]] dflow::Future<long> mapped(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 0; i < n; ++i)
    for (int j = i; j < n; ++j) v.push_back(ex.submit(cell, i, j));
  return ex.reduce(mix, ex.map(grown, v), 1L);
}

/// Element by element.
[[dflow::graph]] dflow::Future<long> walked(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 1; i < n; ++i)
    for (int j = 0; j < i; ++j) v.push_back(ex.submit(cell, i, j));
  dflow::Future<long> last = ex.submit(cell, 0, 0);
  for (const auto& each : v) last = ex.submit(mix, last, each);
  return last;
}

/// By a number that counts as they were filled.
[[dflow::graph]] Row counted(dflow::Executor& ex, int n) {
  Row v, w;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) v.push_back(ex.submit(cell, i, j));
  int k = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) w.push_back(ex.submit(mix, v[k++], ex.submit(cell, j, i)));
  return w;
}

/// A guard, and an index into what it lets through.
[[dflow::graph]] Row every_second(dflow::Executor& ex, int n) {
  Row v, w;
  for (int i = 0; i < n; ++i)
    if (i % 2 == 0) v.push_back(ex.submit(cell, i, i));
  for (std::size_t k = 0; k < v.size(); ++k) w.push_back(ex.submit(mix, v[k], v[v.size() - 1 - k]));
  return w;
}

/// Guards that leave out one, a few and the rest of a division.
[[dflow::graph]] Row some(dflow::Executor& ex, int n) {
  Row v, sums;
  for (int i = 0; i < n; ++i) {
    if (i != 2) v.push_back(ex.submit(cell, i, 0));
    if (i > 1 && i < n - 1) v.push_back(ex.submit(cell, i, 1));
    if (i % 3 == 1 || i == 0) v.push_back(ex.submit(mix, v.back(), i));
  }
  for (std::size_t k = 1; k < v.size(); ++k) sums.push_back(ex.submit(mix, v[k - 1], v[k]));
  return sums;
}

/// A guard in a square.
[[dflow::graph]] dflow::Future<long> off_diagonal(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      if (i != j) v.push_back(ex.submit(cell, i, j));
  return ex.reduce(mix, v, 2L);
}

[[dflow::graph]] dflow::Future<long> checkered(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      if ((i + j) % 2 == 0) v.push_back(ex.submit(cell, i, j));
  return ex.reduce(mix, v, 3L);
}

/// Triangles of triangles.
[[dflow::graph]] dflow::Future<long> deep(dflow::Executor& ex, int n) {
  Row v;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j)
      for (int k = 0; k < j; ++k) v.push_back(ex.submit(mix, ex.submit(cell, i, j), k));
  return ex.reduce(mix, v, 4L);
}

/// Something before them, something behind, and the last one asked for.
[[dflow::graph]] dflow::Future<long> between(dflow::Executor& ex, int n) {
  Row v{ex.submit(cell, 7, 7), ex.submit(cell, 8, 8)};
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) v.push_back(ex.submit(mix, v[1], j));
  v.push_back(ex.submit(cell, 9, 9));
  v.push_back(ex.submit(mix, v.back(), v.front()));
  return ex.submit(row_sum, v);
}

[[dflow::graph]] dflow::Future<long> downwards(dflow::Executor& ex, int n) {
  Row v;
  for (int i = n - 1; i > 0; --i)
    for (int j = i; j < n; j += 2) v.push_back(ex.submit(cell, i, j));
  return ex.reduce(mix, v, 5L);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<long> below, upper, second, few, off, black, cube, mixed{cell(7, 7), cell(8, 8)}, down;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) below.push_back(cell(i, j));
    for (int j = i; j < n; ++j) upper.push_back(grown(cell(i, j)));
    if (i % 2 == 0) second.push_back(cell(i, i));
    if (i != 2) few.push_back(cell(i, 0));
    if (i > 1 && i < n - 1) few.push_back(cell(i, 1));
    if (i % 3 == 1 || i == 0) few.push_back(mix(few.back(), i));
    for (int j = 0; j < n; ++j) {
      if (i != j) off.push_back(cell(i, j));
      if ((i + j) % 2 == 0) black.push_back(cell(i, j));
    }
    for (int j = 0; j < i; ++j)
      for (int k = 0; k < j; ++k) cube.push_back(mix(cell(i, j), k));
    for (int j = 0; j <= i; ++j) mixed.push_back(mix(mixed[1], j));
  }
  mixed.push_back(cell(9, 9));
  mixed.push_back(mix(mixed.back(), mixed.front()));
  for (int i = n - 1; i > 0; --i)
    for (int j = i; j < n; j += 2) down.push_back(cell(i, j));
  corpus::same("whole", whole(ex, n).get(), row_sum(below));
  corpus::same("mapped", mapped(ex, n).get(), reduced(upper, 1));
  corpus::same("walked", walked(ex, n).get(), std::accumulate(below.begin(), below.end(), cell(0, 0), mix));
  std::vector<long> pairs, ends, sums;
  std::size_t at = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) pairs.push_back(mix(below[at++], cell(j, i)));
  corpus::same("counted", ex.gather(counted(ex, n)), pairs);
  for (std::size_t k = 0; k < second.size(); ++k) ends.push_back(mix(second[k], second[second.size() - 1 - k]));
  corpus::same("every_second", ex.gather(every_second(ex, n)), ends);
  for (std::size_t k = 1; k < few.size(); ++k) sums.push_back(mix(few[k - 1], few[k]));
  corpus::same("some", ex.gather(some(ex, n)), sums);
  corpus::same("off_diagonal", off_diagonal(ex, n).get(), reduced(off, 2));
  corpus::same("checkered", checkered(ex, n).get(), reduced(black, 3));
  corpus::same("deep", deep(ex, n).get(), reduced(cube, 4));
  corpus::same("between", between(ex, n).get(), row_sum(mixed));
  corpus::same("downwards", downwards(ex, n).get(), reduced(down, 5));
  return corpus::result();
}
