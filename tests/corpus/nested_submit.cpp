// Several submits in one full expression: labels count left to right, whichever compiler is the host; helpers among them.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=expressions 3 -- n=3
// PARAMS: graph=collected 3 -- n=3
// PARAMS: graph=collected 0 -- n=0

#include <dflow/dflow.h>

#include <array>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long one(long x) { return x + 1; }

struct Both {
  Handle a, b;
};
Handle joined(dflow::Executor& ex, Handle a, Handle b) { return ex.submit(mix, b, a); }
Both both(Handle a, Handle b) { return {std::move(b), std::move(a)}; }

[[dflow::graph]] Handle expressions(dflow::Executor& ex, int n) {
  auto a = ex.submit(mix, ex.submit(one, 1), ex.submit(one, 2));
  auto b = joined(ex, ex.submit(mix, ex.submit(one, 3), ex.submit(one, 4)), a);
  b = ex.submit(mix, ex.submit(one, n), joined(ex, b, b).valid() ? b : a);
  return joined(ex, joined(ex, ex.submit(mix, ex.submit(one, 5), 2), ex.submit(one, 6)), b);
}

[[dflow::graph]] std::vector<Handle> collected(dflow::Executor& ex, int n) {
  std::vector<Handle> all;
  const std::array<Handle, 3> fixed{ex.submit(one, 1), ex.submit(one, 2), ex.submit(one, 3)};
  for (int i = 0; i < n; ++i) {
    const auto [x, y] = both(ex.submit(mix, fixed[i % 3], i), ex.submit(one, i));
    const auto pair = std::make_pair(ex.submit(mix, x, y), joined(ex, y, ex.submit(one, 2 * i)));
    all.push_back(joined(ex, pair.second, pair.first));
    Both made = Both{ex.submit(one, 10), ex.submit(one, 20)};
    all.insert(all.end(), {ex.submit(mix, made.a, made.b), ex.submit(mix, made.b, made.a)});
  }
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  const long a = mix(2, 3);
  long b = mix(a, mix(4, 5));
  b = mix(n + 1, b);
  corpus::same("expressions", expressions(ex, n).get(), mix(b, mix(7, mix(6, 2))));
  std::vector<long> expected;
  for (int i = 0; i < n; ++i) {
    const long y = mix(2 + i % 3, i), x = i + 1;
    expected.insert(expected.end(), {mix(mix(x, y), mix(2 * i + 1, y)), mix(11, 21), mix(21, 11)});
  }
  corpus::same("collected", ex.gather(collected(ex, n)), expected);
  return corpus::result();
}
