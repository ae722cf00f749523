// Heat in a plate: a 2-D stencil in time, block by block.
//
//     heat BLOCKS SIDE STEPS     a plate of BLOCKS x BLOCKS blocks of SIDE x SIDE cells, whose upper border is kept at 100
//                                degrees and its others at 0, after STEPS steps: temperatures along its diagonal

#include <dflow/dflow.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

struct Block {
  int side = 0;
  std::vector<double> cells;   // row by row

  const double* row(int i) const { return cells.data() + static_cast<std::size_t>(i) * side; }
  double* row(int i) { return cells.data() + static_cast<std::size_t>(i) * side; }
};

using Plate = std::vector<std::vector<dflow::Future<Block>>>;

/// A block at the start. Rows and columns 0 and blocks + 1 are the border, which never changes.
[[dflow::task]] Block make_block(int row, int side) {
  return {side, std::vector<double>(static_cast<std::size_t>(side) * side, row == 0 ? 100.0 : 0.0)};
}

/// The block one step later: each cell nears the mean of its neighbours, some of which lie in the blocks around.
[[dflow::task]] Block relax(const Block& here, const Block& above, const Block& below, const Block& left, const Block& right) {
  const int side = here.side;
  Block next = here;
  for (int i = 0; i < side; ++i) {
    const double* up = i > 0 ? here.row(i - 1) : above.row(side - 1);
    const double* down = i + 1 < side ? here.row(i + 1) : below.row(0);
    const double* cells = here.row(i);
    for (int j = 0; j < side; ++j) {
      const double west = j > 0 ? cells[j - 1] : left.row(i)[side - 1];
      const double east = j + 1 < side ? cells[j + 1] : right.row(i)[0];
      next.row(i)[j] = cells[j] + 0.2 * (up[j] + down[j] + west + east - 4 * cells[j]);
    }
  }
  return next;
}

[[dflow::graph]] Plate heat(dflow::Executor& ex, int blocks, int side, int steps) {
  Plate current(blocks + 2, std::vector<dflow::Future<Block>>(blocks + 2));
  for (int i = 0; i < blocks + 2; ++i) {
    for (int j = 0; j < blocks + 2; ++j) current[i][j] = ex.submit(make_block, i, side);
  }
  Plate next = current;
  for (int t = 0; t < steps; ++t) {
    for (int i = 1; i <= blocks; ++i) {
      for (int j = 1; j <= blocks; ++j) {
        next[i][j] = ex.submit(relax, current[i][j], current[i - 1][j], current[i + 1][j], current[i][j - 1], current[i][j + 1]);
      }
    }
    std::swap(current, next);
  }
  return current;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int blocks = argc == 4 ? std::atoi(argv[1]) : 0, side = argc == 4 ? std::atoi(argv[2]) : 0;
  const int steps = argc == 4 ? std::atoi(argv[3]) : -1;
  if (blocks < 1 || side < 1 || steps < 0) {
    std::fprintf(stderr, "usage: heat BLOCKS SIDE STEPS\n");
    return 2;
  }
  const Plate plate = heat(ex, blocks, side, steps);
  for (int i = 0; i < blocks * side; i += side / 2 + 1) {
    const Block& block = plate[1 + i / side][1 + i / side].get();
    std::printf("%d %.9f\n", i, block.row(i % side)[i % side]);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "heat: %s\n", error.what());
  return 1;
}
