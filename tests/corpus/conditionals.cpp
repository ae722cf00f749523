// Conditions on parameters: if, else if, switch with fall through, ?:, a condition variable, if constexpr, an early return.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=choose 0 0 -- mode=0 n=0 swap=0
// PARAMS: graph=choose 1 5 -- mode=1 n=5 swap=1
// PARAMS: graph=choose 2 5 -- mode=2 n=5 swap=1
// PARAMS: graph=choose 3 8 -- mode=3 n=8 swap=0

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
enum class Mode { stop, one, two, many };

[[dflow::task]] long a(long x) { return x + 1; }
[[dflow::task]] long b(long x) { return x + 2; }
[[dflow::task]] long c(long x) { return x + 3; }

[[dflow::graph]] dflow::Future<long> choose(dflow::Executor& ex, Mode mode, int n, bool swap) {
  auto x = swap ? ex.submit(a, n) : ex.submit(b, n);
  if (mode == Mode::stop) return x;
  const auto y = n % 2 == 0 && !swap ? x : ex.submit(c, n);
  switch (mode) {
    case Mode::many: x = ex.submit(c, x); [[fallthrough]];
    case Mode::two: x = ex.submit(b, x); break;
    case Mode::one: x = ex.submit(a, x); break;
    default: break;
  }
  if (const int half = n / 2; half > 3) {
    x = ex.submit(mix, x, y);
  } else if (half > 1) {
    x = ex.submit(mix, y, x);
  }
  if constexpr (sizeof(long) == 8) x = ex.submit(a, std::move(x));
  return ex.submit(mix, swap ? x : y, swap ? y : x);
}

long expected(int mode, int n, bool swap) {
  long x = swap ? a(n) : b(n);
  if (mode == 0) return x;
  const long y = n % 2 == 0 && !swap ? x : c(n);
  if (mode == 3) x = b(c(x));
  else x = mode == 2 ? b(x) : a(x);
  if (n / 2 > 3) x = mix(x, y);
  else if (n / 2 > 1) x = mix(y, x);
  x = a(x);
  return swap ? mix(x, y) : mix(y, x);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int mode = corpus::argument(argc, argv, 1, 0), n = corpus::argument(argc, argv, 2, 0);
  const bool swap = n == 5;
  corpus::same("choose", choose(ex, static_cast<Mode>(mode), n, swap).get(), expected(mode, n, swap));
  return corpus::result();
}
