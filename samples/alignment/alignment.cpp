// Local alignment of proteins (Smith and Waterman 1981, with Gotoh's gaps of two costs): a wavefront of tiles.
//
//     alignment MATRIX FASTA TILE    aligns the file's first protein with each other one, in tiles of TILE x TILE, and
//                                    prints the best score and where that alignment ends, counted from 1

#include <dflow/dflow.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Substitution scores; those of an insertion's first and further residues.
struct Costs {
  std::array<std::array<int, 128>, 128> scores{};
  int open = 11, extend = 1;
};

struct Best {
  int score = 0, row = 0, column = 0;
};

/// What a tile's neighbours need: scores along an edge, of any alignment and of those that end in a gap across that edge.
struct Edge {
  std::vector<int> scores, gaps;
};
struct Tile {
  Edge bottom, right;
  int corner = 0;
  Best best;
};

constexpr int kNever = -1'000'000;

/// Stands above the first row of tiles and left of the first column.
[[dflow::task]] Tile outside(int size) {
  const Edge none{std::vector<int>(size, 0), std::vector<int>(size, kNever)};
  return {none, none, 0, {}};
}

/// The higher score; of equals the one that ends first.
[[dflow::task]] Best better(const Best& a, const Best& b) {
  if (a.score != b.score) return a.score > b.score ? a : b;
  return std::pair(a.row, a.column) <= std::pair(b.row, b.column) ? a : b;
}
[[dflow::task]] Best best_of(const Tile& tile) { return tile.best; }

/// Of tiles of this size, the one in this row and column of tiles.
struct Place {
  int row = 0, column = 0, size = 0;
};

[[dflow::task]] Tile align(const Costs& costs, const std::string& a, const std::string& b, Place place, const Tile& above,
                           const Tile& left, const Tile& diagonal) {
  std::vector<int> scores = above.bottom.scores, down = above.bottom.gaps;
  Tile tile;
  const int row = place.row * place.size + 1, column = place.column * place.size + 1;
  int corner = diagonal.corner;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int before = corner, here = left.right.scores[i], along = left.right.gaps[i];
    corner = here;
    for (std::size_t j = 0; j < b.size(); ++j) {
      along = std::max(here - costs.open, along) - costs.extend;
      down[j] = std::max(scores[j] - costs.open, down[j]) - costs.extend;
      here = std::max({0, before + costs.scores[a[i]][b[j]], along, down[j]});
      before = scores[j];
      scores[j] = here;
      tile.best = better(tile.best, {here, row + static_cast<int>(i), column + static_cast<int>(j)});
    }
    tile.right.scores.push_back(here);
    tile.right.gaps.push_back(along);
  }
  tile.corner = scores.back();
  tile.bottom = {std::move(scores), std::move(down)};
  return tile;
}

/// Aligns two proteins cut into pieces, all but the last of `size` residues.
[[dflow::graph]] dflow::Future<Best> local_alignment(dflow::Executor& ex, const Costs& costs, const std::vector<std::string>& a,
                                                     const std::vector<std::string>& b, int size) {
  const int rows = static_cast<int>(a.size()), columns = static_cast<int>(b.size());
  auto shared = ex.scatter(costs, 3);
  auto nothing = ex.submit(outside, size);
  std::vector<std::vector<dflow::Future<Tile>>> tiles(rows + 1, std::vector<dflow::Future<Tile>>(columns + 1, nothing));
  std::vector<dflow::Future<Best>> bests;
  for (int i = 1; i <= rows; ++i) {
    std::vector<dflow::Future<Best>> row;
    for (int j = 1; j <= columns; ++j) {
      tiles[i][j] = ex.submit(align, shared, a[i - 1], b[j - 1], Place{i - 1, j - 1, size}, tiles[i - 1][j],
                              tiles[i][j - 1], tiles[i - 1][j - 1]);
      row.push_back(ex.submit(best_of, tiles[i][j]));
    }
    bests.push_back(ex.reduce(better, row, Best{}));
  }
  return ex.reduce(better, bests, Best{});
}

/// A table as BLAST's: comments, a line of residues, then for each residue a line of scores.
Costs read_costs(const std::string& name) {
  std::ifstream file(name);
  std::string line, residues;
  Costs costs;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    if (residues.empty()) {
      for (char residue; words >> residue;) residues += residue;
      continue;
    }
    char first = 0;
    words >> first;
    for (const char second : residues) words >> costs.scores[first][second];
    if (!words) throw std::runtime_error(name + ": cannot read the line of " + first);
  }
  if (residues.empty()) throw std::runtime_error("cannot read " + name);
  return costs;
}

struct Protein {
  std::string name, residues;
};

std::vector<Protein> read_proteins(const std::string& name) {
  std::ifstream file(name);
  std::vector<Protein> proteins;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '>') proteins.push_back({line.substr(1, line.find(' ') - 1), ""});
    else if (!proteins.empty()) proteins.back().residues += line;
  }
  if (proteins.empty()) throw std::runtime_error(name + " holds no proteins in FASTA format");
  return proteins;
}

std::vector<std::string> cut(const std::string& residues, std::size_t size) {
  std::vector<std::string> pieces;
  for (std::size_t from = 0; from < residues.size(); from += size) pieces.push_back(residues.substr(from, size));
  return pieces;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int size = argc == 4 ? std::atoi(argv[3]) : 0;
  if (size < 1) {
    std::cerr << "usage: alignment MATRIX FASTA TILE\n";
    return 2;
  }
  const Costs costs = read_costs(argv[1]);
  const std::vector<Protein> proteins = read_proteins(argv[2]);
  const auto first = cut(proteins[0].residues, size);
  std::vector<dflow::Future<Best>> found;
  for (std::size_t i = 1; i < proteins.size(); ++i) {
    found.push_back(local_alignment(ex, costs, first, cut(proteins[i].residues, size), size));
  }
  for (std::size_t i = 1; i < proteins.size(); ++i) {
    const Best& best = found[i - 1].get();
    std::cout << proteins[0].name << ' ' << proteins[i].name << " score " << best.score << " ends at " << best.row << ' '
              << best.column << '\n';
  }
} catch (const std::exception& error) {
  std::cerr << "alignment: " << error.what() << '\n';
  return 1;
}
