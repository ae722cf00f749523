// Loops with constant trip counts, a std::array and a C array of futures, futures that one iteration hands to the next.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=rounds 3 -- x=3
// GRAPH: 40 tasks, 71 edges
// PARAMS: graph=rounds 8 --

#include <dflow/dflow.h>

#include <array>

#include "corpus.h"

using corpus::mix;
constexpr int kLanes = 4;

[[dflow::task]] long seed(long x, int lane) { return mix(x, lane); }
[[dflow::task]] long round(long state, long neighbour) { return mix(state, neighbour); }

[[dflow::graph]] dflow::Future<long> rounds(dflow::Executor& ex, long x) {
  std::array<dflow::Future<long>, kLanes> lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = ex.submit(seed, x, i);
  for (int r = 0; r < 8; r++) {
    dflow::Future<long> before[kLanes];
    for (int i = 0; i != kLanes; i += 1) before[i] = lanes[i];
    for (int i = kLanes - 1; i >= 0; --i) lanes[i] = ex.submit(round, before[i], before[(i + 1) % kLanes]);
  }
  auto sum = lanes[0];
  for (std::size_t i = 1; i < lanes.size(); ++i) sum = ex.submit(mix, sum, lanes[i]);
  sum = ex.submit(mix, sum, sum);
  return sum;
}

long expected(long x) {
  std::array<long, kLanes> lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = seed(x, i);
  for (int r = 0; r < 8; ++r) {
    const auto before = lanes;
    for (int i = 0; i < kLanes; ++i) lanes[i] = round(before[i], before[(i + 1) % kLanes]);
  }
  const long sum = mix(mix(mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
  return mix(sum, sum);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const long x = corpus::argument(argc, argv, 1, 3);
  corpus::same("rounds", rounds(ex, x).get(), expected(x));
  return corpus::result();
}
