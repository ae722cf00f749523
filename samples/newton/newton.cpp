// Newton's iteration until it converges: the logistic regression of damage on a number, such as of damage to the space
// shuttle's O-rings on the temperature at launch (Dalal, Fowlkes and Hoadley 1989).
//
//     newton FILE ROWS           each line of FILE: x and 0 or 1; ROWS lines a task. Prints intercept and slope, how many
//                                steps were taken, and the chance of a 1 at some x

#include <dflow/dflow.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct Row {
  double x = 0, y = 0;
};
using Rows = std::vector<Row>;

struct Line {
  double intercept = 0, slope = 0;

  double chance(double x) const { return 1 / (1 + std::exp(-(intercept + slope * x))); }
};

/// First and second derivatives of the logarithm of the likelihood.
struct Derivatives {
  std::array<double, 2> first{};
  std::array<double, 3> second{};
};

struct Step {
  Line line;
  double length = 0;
};

[[dflow::task]] Derivatives derive(const Rows& rows, const Line& line) {
  Derivatives d;
  for (const auto& [x, y] : rows) {
    const double p = line.chance(x), weight = p * (1 - p);
    d.first[0] += y - p;
    d.first[1] += (y - p) * x;
    d.second[0] += weight;
    d.second[1] += weight * x;
    d.second[2] += weight * x * x;
  }
  return d;
}

[[dflow::task]] Derivatives add(Derivatives a, const Derivatives& b) {
  for (std::size_t i = 0; i < 2; ++i) a.first[i] += b.first[i];
  for (std::size_t i = 0; i < 3; ++i) a.second[i] += b.second[i];
  return a;
}

/// Goes to where a parabola with these derivatives is highest.
[[dflow::task]] Step step(const Line& line, const Derivatives& d) {
  const double determinant = d.second[0] * d.second[2] - d.second[1] * d.second[1];
  if (!(determinant > 0)) throw std::runtime_error("the rows do not determine a line");
  const double more = (d.second[2] * d.first[0] - d.second[1] * d.first[1]) / determinant;
  const double steeper = (d.second[0] * d.first[1] - d.second[1] * d.first[0]) / determinant;
  return {{line.intercept + more, line.slope + steeper}, std::hypot(more, steeper)};
}

/// The graph of one step is known; how many there are, only the results tell.
[[dflow::graph]] std::pair<Line, int> fit(dflow::Executor& ex, const std::vector<Rows>& parts, double tolerance) {
  std::vector<dflow::Future<Rows>> data;
  for (const Rows& rows : parts) data.push_back(ex.scatter(rows));
  Step last{{}, 2 * tolerance};
  int steps = 0;
  while (last.length > tolerance) {
    if (++steps > 50) throw std::runtime_error("no convergence within 50 steps");
    std::vector<dflow::Future<Derivatives>> derivatives;
    for (const auto& rows : data) derivatives.push_back(ex.submit(derive, rows, last.line));
    last = ex.submit(step, last.line, ex.reduce(add, derivatives)).get();
  }
  return {last.line, steps};
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int size = argc == 3 ? std::atoi(argv[2]) : 0;
  if (size < 1) {
    std::fprintf(stderr, "usage: newton FILE ROWS\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::vector<Rows> parts;
  for (Row row; file >> row.x >> row.y;) {
    if (parts.empty() || static_cast<int>(parts.back().size()) == size) parts.emplace_back();
    parts.back().push_back(row);
  }
  if (parts.empty() || !file.eof()) throw std::runtime_error(std::string("cannot read ") + argv[1]);

  const auto [line, steps] = fit(ex, parts, 1e-9);
  std::printf("intercept %.6f slope %.6f after %d steps\n", line.intercept, line.slope, steps);
  for (const double x : {31.0, 53.0, 65.0, 75.0}) std::printf("at %g: %.6f\n", x, line.chance(x));
} catch (const std::exception& error) {
  std::fprintf(stderr, "newton: %s\n", error.what());
  return 1;
}
