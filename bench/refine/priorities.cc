// A line of steps, each of which needs something prepared for it alone, in closed form: as tasks come, or
// along the longest way (DFLOW_PRIORITIES). Who prepares what is needed last lets the line wait.
#include <dflow/dflow.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/refine/harness.h"

namespace {

/// Waits, as for a disk or a device: what is measured is the order, however busy the processors are.
std::uint64_t work(std::uint64_t microseconds, std::uint64_t x) {
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return x * 6364136223846793005u + 1442695040888963407u;
}

[[dflow::task]] std::uint64_t prepare(std::uint64_t microseconds, int t) {
  return work(microseconds, static_cast<std::uint64_t>(t));
}
[[dflow::task]] std::uint64_t step(std::uint64_t microseconds, std::uint64_t before, std::uint64_t prepared) {
  return work(microseconds, before ^ prepared);
}

[[dflow::graph]] dflow::Future<std::uint64_t> line(dflow::Executor& ex, std::uint64_t microseconds,
                                                   int steps) {
  auto now = ex.submit(prepare, microseconds, 0);
  for (int t = 1; t < steps; ++t) {
    auto prepared = ex.submit(prepare, microseconds, t);
    now = ex.submit(step, microseconds, now, prepared);
  }
  return now;
}

void run(dflow::Executor& ex, std::size_t tasks, std::uint64_t microseconds) {
  const auto steps = static_cast<int>(tasks / 2);
  const std::uint64_t result = line(ex, microseconds, steps).get();
  std::uint64_t expected = work(0, 0);
  for (int t = 1; t < steps; ++t) expected = work(0, expected ^ work(0, static_cast<std::uint64_t>(t)));
  if (result != expected) throw std::runtime_error("the line has another end");
}

}  // namespace

int main(int argc, char** argv) {
  return dflow::bench::refine_main(argc, argv, run);
}
