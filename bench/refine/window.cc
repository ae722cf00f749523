// Long loops over time in closed form, whose results are kept or given up as they are read (DFLOW_WINDOW).
#include <dflow/dflow.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/refine/harness.h"

namespace {

struct Page {
  std::array<std::uint64_t, 512> numbers;
};
using Pages = std::vector<dflow::Future<Page>>;

[[dflow::task]] Page first(std::uint64_t rounds) {
  Page page{};
  page.numbers[0] = rounds;
  return page;
}
/// Adds one to each number, `rounds` times.
[[dflow::task]] Page step(const Page& before) {
  Page page = before;
  for (std::uint64_t i = 0; i < before.numbers[0]; ++i)
    for (std::size_t k = 1; k < page.numbers.size(); ++k) ++page.numbers[k];
  return page;
}

/// Four lines beside each other.
[[dflow::graph]] Pages lines(dflow::Executor& ex, std::uint64_t rounds, int steps) {
  Pages now(4);
  for (int i = 0; i < 4; ++i) now[i] = ex.submit(first, rounds);
  for (int t = 0; t < steps; ++t)
    for (int i = 0; i < 4; ++i) now[i] = ex.submit(step, now[i]);
  return now;
}

void run(dflow::Executor& ex, std::size_t tasks, std::uint64_t rounds) {
  const auto steps = static_cast<int>(tasks / 4);
  for (const auto& last : lines(ex, rounds, steps))
    if (last.get().numbers[511] != rounds * static_cast<std::uint64_t>(steps))
      throw std::runtime_error("a line lost a step");
}

}  // namespace

int main(int argc, char** argv) {
  return dflow::bench::refine_main(argc, argv, run);
}
