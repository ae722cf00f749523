// Kernels as they are written by people who have never looked into dflow: all affine, all to be known in closed form.
// SHOWS: one[k] <- three[k-1,k,k]   0 < k < n
// SHOWS: two[s,i] <- load[i+half]   s = 0, 0 < stages, 0 <= i < half
// SHOWS: three[k,i,j] <- three[k-1,i,j]   0 < k < j < i < k + band, i < n
// SHOWS: two[i] <- two[2i]   0 < i, 2i < leaves

#include <dflow/dflow.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

using Tile = dflow::Future<double>;
using Line = std::vector<Tile>;
using Grid = std::vector<Line>;

[[dflow::task]] double load(int i, int j) { return i + 2.0 * j; }
[[dflow::task]] double one(double a) { return a / 2; }
[[dflow::task]] double two(double a, double b) { return a + b / 2; }
[[dflow::task]] double three(double a, double b, double c) { return a - b * c; }
[[dflow::task]] double seven(double a, double b, double c, double d, double e, double f, double g) {
  return a + b + c + d + e + f + g;
}

/// All shortest paths, tile by tile.
[[dflow::graph]] Grid floyd_warshall(dflow::Executor& ex, int n) {
  Grid d(n, Line(n));
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) d[i][j] = ex.submit(load, i, j);
  for (int k = 0; k < n; k++) {
    d[k][k] = ex.submit(one, d[k][k]);
    for (int j = 0; j < n; j++) {
      if (j == k) continue;
      d[k][j] = ex.submit(two, d[k][k], d[k][j]);
      d[j][k] = ex.submit(two, d[j][k], d[k][k]);
    }
    for (int i = 0; i < n; i++) {
      if (i == k) continue;
      for (int j = 0; j < n; j++)
        if (j != k) d[i][j] = ex.submit(three, d[i][j], d[i][k], d[k][j]);
    }
  }
  return d;
}

/// LU without pivoting, then both triangular systems: one loop runs downwards.
[[dflow::graph]] Line solve(dflow::Executor& ex, std::size_t n) {
  std::vector<std::vector<Tile>> a(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a[i].push_back(ex.submit(load, static_cast<int>(i), static_cast<int>(j)));
  for (std::size_t k = 0; k < n; ++k) {
    a[k][k] = ex.submit(one, a[k][k]);
    for (std::size_t i = k + 1; i < n; ++i) a[i][k] = ex.submit(two, a[i][k], a[k][k]);
    for (std::size_t j = k + 1; j < n; ++j) a[k][j] = ex.submit(two, a[k][j], a[k][k]);
    for (std::size_t i = k + 1; i < n; ++i)
      for (std::size_t j = k + 1; j < n; ++j) a[i][j] = ex.submit(three, a[i][j], a[i][k], a[k][j]);
  }
  Line x(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = ex.submit(load, static_cast<int>(i), 0);
    for (std::size_t j = 0; j < i; ++j) x[i] = ex.submit(three, x[i], a[i][j], x[j]);
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) x[i] = ex.submit(three, x[i], a[i][j], x[j]);
    x[i] = ex.submit(two, x[i], a[i][i]);
  }
  return x;
}

/// The wave equation in three dimensions: three time levels go round.
[[dflow::graph]] Tile wave(dflow::Executor& ex, int n, int steps) {
  using Cube = std::vector<Grid>;
  Cube old(n, Grid(n, Line(n))), now(n, Grid(n, Line(n))), next(n, Grid(n, Line(n)));
  for (int x = 0; x < n; ++x)
    for (int y = 0; y < n; ++y)
      for (int z = 0; z < n; ++z) {
        old[x][y][z] = ex.submit(load, x, y);
        now[x][y][z] = next[x][y][z] = ex.submit(load, y, z);
      }
  for (int t = 0; t < steps; ++t) {
    for (int x = 1; x < n - 1; ++x)
      for (int y = 1; y < n - 1; ++y)
        for (int z = 1; z < n - 1; ++z)
          next[x][y][z] = ex.submit(seven, old[x][y][z], now[x - 1][y][z], now[x + 1][y][z], now[x][y - 1][z],
                                    now[x][y + 1][z], now[x][y][z - 1], now[x][y][z + 1]);
    std::swap(old, now);
    std::swap(now, next);
  }
  return now[n / 2][n / 2][n / 2];
}

/// Blocked prefix sum: a scan of each block, a chain of carries, and everything shifted.
[[dflow::graph]] Grid scan(dflow::Executor& ex, int blocks, int width) {
  Grid x(blocks, Line(width));
  for (int b = 0; b < blocks; ++b) {
    for (int i = 0; i < width; ++i) {
      Tile item = ex.submit(load, b, i);
      x[b][i] = i == 0 ? item : ex.submit(two, x[b][i - 1], item);
    }
  }
  std::vector<Tile> carry;
  for (int b = 0; b < blocks; ++b) {
    if (b == 0)
      carry.push_back(x[0].back());
    else
      carry.push_back(ex.submit(two, carry.back(), x[b].back()));
  }
  for (int b = 1; b < blocks; ++b)
    for (auto& item : x[b]) item = ex.submit(two, carry[b - 1], item);
  return x;
}

/// A fast Fourier transform of constant geometry: each stage is the same perfect shuffle.
[[dflow::graph]] Line fourier(dflow::Executor& ex, int half, int stages) {
  Line in(2 * half), out(2 * half);
  for (int i = 0; i < 2 * half; ++i) in[i] = ex.submit(load, i, 0);
  for (int s = 0; s < stages; ++s) {
    for (int i = 0; i < half; ++i) {
      out[2 * i] = ex.submit(two, in[i], in[i + half]);
      out[2 * i + 1] = ex.submit(three, in[i], in[i + half], in[i]);
    }
    in.swap(out);
  }
  return in;
}

/// A video pipeline: every frame passes the stages, each of which also remembers the frame before.
[[dflow::graph]] Tile pipeline(dflow::Executor& ex, int frames) {
  constexpr int kStages = 4;
  std::array<std::vector<Tile>, kStages> stage;
  for (int f = 0; f < frames; ++f) stage[0].push_back(ex.submit(load, f, 0));
  for (int s = 1; s < kStages; ++s) {
    stage[s].resize(frames);
    for (int f = 0; f < frames; ++f)
      stage[s][f] = f == 0 ? ex.submit(one, stage[s - 1][f]) : ex.submit(two, stage[s - 1][f], stage[s][f - 1]);
  }
  return ex.reduce(two, stage[kStages - 1], 0.0);
}

/// Cholesky of a banded matrix.
[[dflow::graph]] void banded(dflow::Executor& ex, int n, int band) {
  Grid a(n, Line(n));
  for (int i = 0; i < n; ++i)
    for (int j = std::max(0, i - band); j <= i; ++j) a[i][j] = ex.submit(load, i, j);
  for (int k = 0; k < n; ++k) {
    a[k][k] = ex.submit(one, a[k][k]);
    const int last = std::min(n - 1, k + band);
    for (int i = k + 1; i <= last; ++i) a[i][k] = ex.submit(two, a[k][k], a[i][k]);
    for (int i = k + 1; i <= last; ++i) {
      for (int j = k + 1; j < i; ++j) a[i][j] = ex.submit(three, a[i][j], a[i][k], a[j][k]);
      a[i][i] = ex.submit(two, a[i][i], a[i][k]);
    }
  }
}

/// A wavefront over a lower triangle that leaves out every third diagonal.
[[dflow::graph]] Tile staircase(dflow::Executor& ex, int n) {
  Grid c(n, Line(n));
  Tile last = ex.submit(load, n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      const bool top = i == j, left = j == 0;
      if (top && left) {
        c[i][j] = ex.submit(load, i, j);
      } else if (left) {
        c[i][j] = ex.submit(one, c[i - 1][j]);
      } else if (top) {
        c[i][j] = ex.submit(one, c[i][j - 1]);
      } else if ((i + j) % 3 != 0) {
        c[i][j] = ex.submit(three, c[i - 1][j], c[i][j - 1], c[i - 1][j - 1]);
      } else {
        c[i][j] = c[i - 1][j - 1];
      }
      last = c[i][j];
    }
  }
  return last;
}

/// Odd-even transposition, in place, with one loop for both phases.
[[dflow::graph]] Line sorted(dflow::Executor& ex, const std::vector<double>& keys) {
  auto x = ex.map(one, keys);
  const int n = static_cast<int>(keys.size());
  for (int round = 0; round < n; ++round) {
    for (int i = round % 2; i + 1 < n; i += 2) {
      auto low = ex.submit(two, x[i], x[i + 1]);
      x[i + 1] = ex.submit(two, x[i + 1], x[i]);
      x[i] = std::move(low);
    }
  }
  return x;
}

/// A tournament in a heap's layout.
[[dflow::graph]] Tile tournament(dflow::Executor& ex, int leaves) {
  if (leaves < 1) return ex.submit(load, 0, 0);
  std::vector<Tile> tree(2 * leaves);
  for (int i = 0; i < leaves; ++i) tree[leaves + i] = ex.submit(load, i, i);
  for (int i = leaves - 1; i >= 1; --i) tree[i] = ex.submit(two, tree[2 * i], tree[2 * i + 1]);
  return tree[1];
}

/// A ring: everybody passes on what comes from the left.
[[dflow::graph]] Line ring(dflow::Executor& ex, int n, int turns) {
  Line mine(n), sum(n);
  for (int i = 0; i < n; ++i) sum[i] = mine[i] = ex.submit(load, i, 0);
  for (int t = 0; t < turns; ++t) {
    Line got(n);
    for (int i = 0; i < n; ++i) got[(i + 1) % n] = mine[i];
    for (int i = 0; i < n; ++i) sum[i] = ex.submit(two, sum[i], got[i]);
    mine = got;
  }
  return sum;
}

/// The cheapest parentheses, by the length of what stands inside of them.
[[dflow::graph]] Tile parentheses(dflow::Executor& ex, int n) {
  Grid cost(n, Line(n));
  for (int i = 0; i < n; ++i) cost[i][i] = ex.submit(load, i, i);
  for (int length = 2; length <= n; ++length)
    for (int i = 0; i + length <= n; ++i) {
      const int j = i + length - 1;
      Line ways;
      for (int k = i; k < j; ++k) ways.push_back(ex.submit(two, cost[i][k], cost[k + 1][j]));
      cost[i][j] = ex.reduce(two, ways);
    }
  return cost[0][n - 1];
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
