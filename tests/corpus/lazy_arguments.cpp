// Argument expressions that read the elements of a parameter, which the graph's shape does not depend on: they need no values
// to expand. Side effects in arguments keep their order.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=lazily 4 -- xs.size=4 names.size=4 divisor=1
// PARAMS: graph=lazily 4 -- xs.size=4 names.size=4
// PARAMS: graph=lazily 1 -- xs.size=1 names.size=1
// PARAMS: graph=counting 4 -- n=4

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Names = std::vector<std::string>;

[[dflow::task]] long number(long x) { return x + 1; }
[[dflow::task]] long length(const std::string& s, std::size_t n) { return static_cast<long>(s.size() * 10 + n); }

long weight(const std::vector<long>& xs, std::size_t i) { return xs.at(i) % 3 == 0 ? xs[xs.size() - 1 - i] : 1000 / xs[i]; }
std::string greeting(const std::string& name) { return "hello " + name.substr(1, 2); }

[[dflow::graph]] std::vector<dflow::Future<long>> lazily(dflow::Executor& ex, const std::vector<long>& xs, Names names, long divisor) {
  std::vector<dflow::Future<long>> all;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    all.push_back(ex.submit(number, xs[i] / divisor));
    all.push_back(ex.submit(mix, weight(xs, i), all.back()));
    all.push_back(ex.submit(length, greeting(names[i]), names[i].find('b')));
    all.push_back(ex.submit(mix, xs[i] > 5 ? xs[0] : -xs[i], all[i]));
    all.push_back(ex.submit([](const Names& n, long x) { return static_cast<long>(n.size()) + x; }, Names{names[i], "x"}, xs.back()));
  }
  return all;
}

[[dflow::graph]] dflow::Future<long> counting(dflow::Executor& ex, int n) {
  int i = 0;
  auto x = ex.submit(number, i++);
  while (i < n) x = ex.submit(mix, x, i++);
  int k = 3;
  return ex.submit(mix, x, k *= 2).then(number);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  const auto xs = corpus::squares(n);
  Names names;
  for (int i = 0; i < n; ++i) names.push_back("ab" + std::string(i, 'c'));
  std::vector<long> all;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    all.push_back(number(xs[i] / 2));
    all.push_back(mix(weight(xs, i), all.back()));
    all.push_back(length(greeting(names[i]), 1));
    all.push_back(mix(xs[i] > 5 ? xs[0] : -xs[i], all[i]));
    all.push_back(2 + xs.back());
  }
  corpus::same("lazily", ex.gather(lazily(ex, xs, names, 2)), all);
  long x = number(0);
  for (int i = 1; i < n; ++i) x = mix(x, i);
  corpus::same("counting", counting(ex, n).get(), number(mix(x, 6)));
  return corpus::result();
}
