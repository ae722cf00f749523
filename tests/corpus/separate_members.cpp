// Members of one local object, each with a fate of its own: a count that steers, a result that is waited for and passed
// on, futures, a cursor through them.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=estimate 4 -- n=4
// PARAMS: graph=estimate 0 -- n=0
// PARAMS: graph=windows 5 -- n=5

#include <dflow/dflow.h>

#include <array>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long start(long x) { return x + 1; }

struct Run {
  int rounds = 0;
  long best = 0;
  std::vector<Handle> tries;
};

[[dflow::graph]] Handle estimate(dflow::Executor& ex, int n) {
  Run run;
  run.rounds = n;
  for (int i = 0; i <= run.rounds; ++i) run.tries.push_back(ex.submit(start, long{i}));
  run.best = run.tries[0].get();
  Handle result = ex.submit(mix, run.tries[0], run.best);
  for (int i = 0; i < run.rounds; ++i) result = ex.submit(mix, result, run.tries[i + 1]);
  return result;
}

struct Window {
  std::array<Handle, 2> ends;
  int at = 0;
  long seen = 0;
};

[[dflow::graph]] Handle windows(dflow::Executor& ex, int n) {
  Window window{.ends = {ex.submit(start, 1L), ex.submit(start, 2L)}};
  for (; window.at < n; ++window.at) {
    std::swap(window.ends[0], window.ends[1]);
    window.ends[window.at % 2] = ex.submit(mix, window.ends[0], window.ends[1]);
    window.seen += window.ends[1].get();
  }
  return ex.submit(mix, window.ends[0], window.seen);
}

long expected_estimate(int n) {
  long result = mix(1, 1);
  for (long i = 0; i < n; ++i) result = mix(result, i + 2);
  return result;
}

long expected_windows(int n) {
  std::array<long, 2> ends{2, 3};
  long seen = 0;
  for (int at = 0; at < n; ++at) {
    std::swap(ends[0], ends[1]);
    ends[at % 2] = mix(ends[0], ends[1]);
    seen += ends[1];
  }
  return mix(ends[0], seen);
}

int main(int argc, char** argv) {
  const int n = corpus::argument(argc, argv, 1, 3);
  dflow::Executor ex;
  corpus::same("estimate", estimate(ex, n).get(), expected_estimate(n));
  corpus::same("windows", windows(ex, n).get(), expected_windows(n));
  return corpus::result();
}
