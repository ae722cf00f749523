// A wide map of short tasks, one by one or in chunks (DFLOW_CHUNKS).
#include <dflow/dflow.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "bench/refine/harness.h"

namespace {

/// About a nanosecond a round, whatever the clock does.
std::uint64_t work(std::uint64_t rounds) {
  std::uint64_t x = rounds;
  for (std::uint64_t i = 0; i < rounds; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
}

void run(dflow::Executor& ex, std::size_t tasks, std::uint64_t rounds) {
  const std::vector<std::uint64_t> each(tasks, rounds);
  auto results = ex.map(work, each);
  const std::uint64_t expected = work(rounds);
  for (auto& result : results)
    if (std::move(result).get() != expected) throw std::runtime_error("a task returned another number");
}

}  // namespace

int main(int argc, char** argv) {
  return dflow::bench::refine_main(argc, argv, run);
}
