// Tiled Cholesky factorisation: A = L L^T, tile by tile, with Eigen's kernels inside the tasks.
//
//     cholesky TILES SIZE        factorises a matrix of TILES x TILES tiles of SIZE x SIZE numbers and prints L's
//                                checksum and the residual |A - L L^T| / |A|

#include <dflow/dflow.h>

#include <Eigen/Dense>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using Tile = Eigen::MatrixXd;
using FutureTile = dflow::Future<Tile>;
using Tiles = std::vector<std::vector<FutureTile>>;

/// How a tile goes to another process: its numbers are sent from its own memory, and read into the new one's.
template <>
struct dflow::Serialize<Tile> {
  static void write(Writer& out, const Tile& tile) {
    out.write_count(static_cast<std::size_t>(tile.rows()));
    out.write_count(static_cast<std::size_t>(tile.cols()));
    out.write_payload(std::as_bytes(std::span(tile.data(), static_cast<std::size_t>(tile.size()))));
  }
  static Tile read(Reader& in) {
    const auto [rows, columns] = in.read_counts<2>(sizeof(double));
    Tile tile(rows, columns);
    in.read_payload(std::as_writable_bytes(std::span(tile.data(), static_cast<std::size_t>(tile.size()))));
    return tile;
  }
  static constexpr bool borrows = true;
};

/// One tile of a symmetric, diagonally dominant matrix: any tile can be made alone.
[[dflow::task]] Tile make_tile(int row, int column, int size, int tiles) {
  Tile tile(size, size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      const int r = row * size + i, c = column * size + j;
      tile(i, j) = 1.0 / (1 + std::abs(r - c)) + (r == c ? tiles * size : 0);
    }
  }
  return tile;
}

[[dflow::task]] Tile potrf(const Tile& a) { return a.llt().matrixL(); }

[[dflow::task]] Tile trsm(const Tile& l, const Tile& a) {
  return l.triangularView<Eigen::Lower>().solve(a.transpose()).transpose();
}

[[dflow::task]] Tile syrk(const Tile& l, Tile a) {
  a.noalias() -= l * l.transpose();
  return a;
}

[[dflow::task]] Tile gemm(const Tile& left, const Tile& right, Tile a) {
  a.noalias() -= left * right.transpose();
  return a;
}

[[dflow::graph]] Tiles cholesky(dflow::Executor& ex, int n, int size) {
  Tiles a(n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) a[i].push_back(ex.submit(make_tile, i, j, size, n));
  }
  for (int k = 0; k < n; ++k) {
    a[k][k] = ex.submit(potrf, std::move(a[k][k]));
    for (int i = k + 1; i < n; ++i) a[i][k] = ex.submit(trsm, a[k][k], std::move(a[i][k]));
    for (int i = k + 1; i < n; ++i) {
      a[i][i] = ex.submit(syrk, a[i][k], std::move(a[i][i]));
      for (int j = k + 1; j < i; ++j) a[i][j] = ex.submit(gemm, a[i][k], a[j][k], std::move(a[i][j]));
    }
  }
  return a;
}

/// Puts the lower triangle of tiles together.
Tile assemble(const Tiles& tiles, int n, int size) {
  Tile matrix = Tile::Zero(n * size, n * size);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) matrix.block(i * size, j * size, size, size) = tiles[i][j].get();
  }
  return matrix;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  if (argc != 3 || std::atoi(argv[1]) < 1 || std::atoi(argv[2]) < 1) {
    std::cerr << "usage: cholesky TILES SIZE\n";
    return 2;
  }
  const int n = std::atoi(argv[1]), size = std::atoi(argv[2]);
  const Tile l = assemble(cholesky(ex, n, size), n, size).triangularView<Eigen::Lower>();

  const Tile a = make_tile(0, 0, n * size, 1);
  const Tile product = l * l.transpose();
  std::cout.precision(9);
  std::cout << "checksum " << l.sum() << '\n';
  std::cout << "residual " << ((a - product).norm() / a.norm() < 1e-12 ? "ok" : "TOO LARGE") << '\n';
} catch (const std::exception& error) {
  std::cerr << "cholesky: " << error.what() << '\n';
  return 1;
}
