// Macros around and inside calls, submits in headers' inline functions, comments and line breaks within a call, several on a line.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=expanded 3 -- n=3
// PARAMS: graph=expanded 0 -- n=0

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

#define SUBMIT(f, ...) ex.submit(f, __VA_ARGS__)
#define REPEAT(i, n) for (int i = 0; i < (n); ++i)
#define STEP mix
#define ARGUMENTS x, 3

[[dflow::task]] long load(long x) { return x + 4; }

[[dflow::graph]] Handle expanded(dflow::Executor& ex, int n) {
  auto x = SUBMIT(load, 1);
  REPEAT(i, n) {
    x = SUBMIT(mix, x, i);
    x = ex.submit(STEP, x, i + 1);
    x = ex.submit(mix, ARGUMENTS);
    x = ex  // a comment with a ( and a "
            .submit(  /* ( */
                mix,
                x, SUBMIT(load, i)
            );
    x = ex.submit(mix, SUBMIT(load, 2 * i), x); x = ex.submit(mix, x, x);
  }
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long x = load(1);
  for (int i = 0; i < n; ++i) {
    x = mix(mix(mix(mix(x, i), i + 1), 3), load(i));
    x = mix(load(2 * i), x);
    x = mix(x, x);
  }
  corpus::same("expanded", expanded(ex, n).get(), x);
  return corpus::result();
}
