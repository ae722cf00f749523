// Graph functions that take numbers, texts, containers and objects by value, without calling them constants: launched as long as
// nothing changes them, however they are read; not where they are assigned to, moved from or referred to.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, lambdas with captures
// LAUNCHED: rates named weighted looped
// PARAMS: graph=rates 4 -- n=4
// PARAMS: graph=named 3 -- n=3
// PARAMS: graph=weighted 4 -- weights.size=4
// PARAMS: graph=looped 4 -- weights.size=4
// PARAMS: graph=changed 4 -- n=4

#include <dflow/dflow.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "corpus.h"

using Handle = dflow::Future<double>;

struct Model {
  double slope = 2, shift = 1;
};

[[dflow::task]] double grown(double x, double rate) { return x * rate + 1; }
[[dflow::task]] double priced(double x, const Model& model) { return x * model.slope + model.shift; }
[[dflow::task]] double longer(double x, const std::string& name) { return x + static_cast<double>(name.size()); }
[[dflow::task]] double total(const std::vector<double>& all) {
  double sum = 0;
  for (const double each : all) sum = sum * 2 + each;
  return sum;
}

[[dflow::graph]] Handle rates(dflow::Executor& ex, double rate, int n, Model model) {
  Handle x = ex.submit(grown, 1.0, rate);
  double twice = 2 * rate;
  for (int i = 0; i < n; ++i) {
    double chosen = i % 2 == 0 ? rate : twice;
    x = ex.submit(grown, x, chosen);
    x = ex.submit(priced, x, model);
    x = ex.submit([rate, model](double y) { return y - rate * model.shift; }, x);
    x = ex.submit(grown, x, model.slope);
  }
  return x;
}

[[dflow::graph]] Handle named(dflow::Executor& ex, std::string name, int n) {
  Handle x = ex.submit(longer, 0.5, name);
  for (int i = 0; i < n; ++i) x = ex.submit(longer, x, name);
  return x;
}

[[dflow::graph]] Handle weighted(dflow::Executor& ex, std::vector<double> weights) {
  Handle x = ex.submit(total, weights);
  for (std::size_t i = 0; i < weights.size(); ++i) x = ex.submit(grown, x, weights[i]);
  return x;
}

[[dflow::graph]] std::vector<Handle> looped(dflow::Executor& ex, std::vector<double> weights, double rate) {
  std::vector<Handle> all;
  for (const double& each : weights) all.push_back(ex.submit(grown, each, rate));
  return all;
}

[[dflow::graph]] Handle changed(dflow::Executor& ex, double rate, int n) {
  Handle x = ex.submit(grown, 1.0, rate);
  for (int i = 0; i < n; ++i) {
    rate += 0.5;
    x = ex.submit(grown, x, rate);
  }
  return x;
}
[[dflow::graph]] Handle changed_local(dflow::Executor& ex, double rate, int n) {
  double now = rate;
  Handle x = ex.submit(grown, 1.0, now);
  for (int i = 0; i < n; ++i) x = ex.submit(grown, x, now += 0.5);
  return x;
}
[[dflow::graph]] Handle moved(dflow::Executor& ex, std::string name) {
  const std::string own = std::move(name);
  return ex.submit(longer, ex.submit(longer, 1.0, own), name);
}
[[dflow::graph]] Handle referred(dflow::Executor& ex, double rate) {
  double& same = rate;
  same = 7;
  return ex.submit(grown, 1.0, rate);
}
[[dflow::graph]] Handle written(dflow::Executor& ex, std::vector<double> weights) {
  if (!weights.empty()) weights[0] = 9;
  return ex.submit(total, weights);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  const Model model{3, 0.5};
  double expected = 1.5 + 1;
  for (int i = 0; i < n; ++i) expected = ((expected * (i % 2 == 0 ? 1.5 : 3.0) + 1) * 3 + 0.5 - 1.5 * 0.5) * 3 + 1;
  corpus::same("rates", rates(ex, 1.5, n, model).get(), expected);
  corpus::same("named", named(ex, "a name that is long enough for a heap", n).get(), 0.5 + 37 * (n + 1));
  std::vector<double> weights;
  for (int i = 0; i < n; ++i) weights.push_back(i + 0.25);
  expected = total(weights);
  for (const double each : weights) expected = expected * each + 1;
  corpus::same("weighted", weighted(ex, weights).get(), expected);
  double sum = 0;
  for (auto& each : looped(ex, weights, 2)) sum += each.get();
  corpus::same("looped", sum, 2 * (n * (n - 1) / 2.0 + 0.25 * n) + n);
  double rate = 1;
  expected = 2;
  for (int i = 0; i < n; ++i) expected = expected * (rate += 0.5) + 1;
  corpus::same("changed", changed(ex, 1, n).get(), expected);
  corpus::same("changed local", changed_local(ex, 1, n).get(), expected);
  corpus::same("moved", moved(ex, std::string(40, 'x')).get(), 41);
  corpus::same("referred", referred(ex, 3).get(), 8);
  if (n > 0) corpus::same("written", written(ex, {1}).get(), 9);
  return corpus::result();
}
