// A loop until convergence: its condition reads a result, so the graph is known up to there. A get() that is only
// returned or passed on is no boundary.
// BOUNDARIES: 1
// REPLICABLE: no
// PARAMS: graph=newton 200 -- target=200
// PARAMS: graph=halved 64 -- x=64
// GRAPH: 3 tasks, 1 edges

#include <dflow/dflow.h>

#include <cmath>

#include "corpus.h"

[[dflow::task]] double start(double target) { return target / 2; }
[[dflow::task]] double improve(double x, double target) { return (x + target / x) / 2; }
[[dflow::task]] double error(double x, double target) { return std::abs(x * x - target); }
[[dflow::task]] double half(double x) { return x / 2; }

[[dflow::graph]] double newton(dflow::Executor& ex, double target) {
  auto x = ex.submit(start, target);
  auto before = ex.submit(half, x);
  while (ex.submit(error, x, target).get() > 1e-9) x = ex.submit(improve, x, target);
  return ex.submit(improve, x, before).get();
}

[[dflow::graph]] double halved(dflow::Executor& ex, double x) {
  auto half_of = ex.submit(half, x);
  const double value = half_of.get();
  auto quarter = ex.submit(half, value);
  auto third = ex.submit(improve, half_of, value * 2);
  return quarter.get() + third.get();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const double target = corpus::argument(argc, argv, 1, 2);
  double x = start(target);
  const double before = half(x);
  while (error(x, target) > 1e-9) x = improve(x, target);
  corpus::same("newton", newton(ex, target), improve(x, before));
  const double h = half(target);
  corpus::same("halved", halved(ex, target), half(h) + improve(h, h * 2));
  return corpus::result();
}
