// Lambdas with copies that are tasks and that the compiler calls as well: in static assertions, arrays' lengths, if constexpr and
// cases. Where dflowc writes them as classes, they stay constant expressions.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, lambdas with captures
// PARAMS: graph=all 3 -- n=3
// EXPECT: all 6 12 9 16 3 2 6

#ifdef __clang__
#pragma clang diagnostic ignored "-Wunused-lambda-capture"  // what is captured is constant, and that is what is tested
#endif

#include <dflow/dflow.h>

#include <array>

#include "corpus.h"

using H = dflow::Future<long>;

[[dflow::graph]] std::vector<H> all(dflow::Executor& ex, int n) {
  std::vector<H> v;
  constexpr int k = 3;
  const int m = 4;
  constexpr auto sum = [k](long x) { return x + k; };
  static_assert(sum(1) == 4);
  constexpr auto product = [m, k](long x) -> long {
    if (x > 100) return k;
    return x * m;
  };
  const std::array<long, product(1)> lengths{};
  v.push_back(ex.submit(sum, n));
  v.push_back(ex.submit(product, n));
  constexpr auto chosen = [by = 2 * k](long x) noexcept { return x + by; };
  if constexpr (chosen(0) == 6) v.push_back(ex.submit(chosen, n));
  switch (n) {
    case chosen(-3): v.push_back(ex.submit(product, lengths.size())); break;
    default: break;
  }
  // Named in a constant expression, without being one itself; and one that can never be one.
  auto mostly = [m](long x) { return x > 0 ? x : m; };
  static_assert(sizeof(mostly) == sizeof(int) && mostly(1) == 1);
  v.push_back(ex.submit(mostly, n));
  constexpr auto loud = [k](long x) {
    if (x == 3) return 2L;
    std::cout << k;
    return x;
  };
  v.push_back(ex.submit(loud, n));
  v.push_back(ex.submit([k] {
    constexpr auto inner = [two = 2](long x) { return x * two; };
    static_assert(inner(2) == 4);
    return inner(k);
  }));
  return v;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  std::cout << "all";
  for (const auto& each : all(ex, corpus::argument(argc, argv, 1, 3))) std::cout << ' ' << each.get();
  std::cout << '\n';
  return 0;
}
