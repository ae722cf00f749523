// Lambdas as tasks (captures, mutable, generic, stored, two on one line) and as helpers that submit (recursive, generic).
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, lambdas with captures
// PARAMS: graph=lambdas 4 -- n=4 k=3
// PARAMS: graph=lambdas 0 -- n=0 k=3

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::graph]] std::vector<Handle> lambdas(dflow::Executor& ex, int n, long k) {
  std::vector<Handle> all;
  const auto scale = [k](long x) { return k * x; };
  auto captured = [all_of = std::string("abc"), k](long x) mutable { return x + k + static_cast<long>((all_of += "d").size()); };
  const auto add = [&](Handle future) { all.push_back(std::move(future)); };
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit(scale, i);
    add(x);
    add(ex.submit(captured, x));
    add(ex.submit([](auto a, long b) { return mix(a, b); }, x, i));
    add(ex.submit([] { return 7L; })); add(ex.submit([](long a) { return a + 1; }, all.front()));
  }
  const auto both = [&ex](const auto& f, Handle a, Handle b) { return ex.submit(f, a, b); };
  const auto tree = [&](const auto& self, int depth) -> Handle {
    if (depth == 0) return ex.submit(scale, 1);
    return both(mix, self(self, depth - 1), self(self, depth - 1));
  };
  add(tree(tree, 3));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  const long k = 3;
  std::vector<long> expected;
  for (long i = 0; i < n; ++i) {
    expected.insert(expected.end(), {k * i, k * i + k + 4, mix(k * i, i), 7, 1});
  }
  long tree = k;
  for (int depth = 0; depth < 3; ++depth) tree = mix(tree, tree);
  expected.push_back(tree);
  corpus::same("lambdas", ex.gather(lambdas(ex, n, k)), expected);
  return corpus::result();
}
