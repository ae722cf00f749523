// Pages that are made fast, and a line of steps that reads one of them each and is slow, in closed form:
// pages pile up, or those who make them wait once memory is short (DFLOW_MEMORY).
#include <dflow/dflow.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/refine/harness.h"

namespace {

using Page = std::vector<std::uint64_t>;

[[dflow::task]] Page make(int t) {
  return Page(1 << 16, static_cast<std::uint64_t>(t));
}
[[dflow::task]] std::uint64_t step(std::uint64_t microseconds, std::uint64_t before, const Page& page) {
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return before + page.front() + page.back();
}

[[dflow::graph]] dflow::Future<std::uint64_t> line(dflow::Executor& ex, std::uint64_t microseconds,
                                                   int steps) {
  auto first = ex.submit(make, 0);
  auto now = ex.submit(step, microseconds, 0, first);
  for (int t = 1; t < steps; ++t) {
    auto page = ex.submit(make, t);
    now = ex.submit(step, microseconds, now, page);
  }
  return now;
}

void run(dflow::Executor& ex, std::size_t tasks, std::uint64_t microseconds) {
  const std::uint64_t steps = tasks / 2;
  if (line(ex, microseconds, static_cast<int>(steps)).get() != steps * (steps - 1))
    throw std::runtime_error("the line has another end");
}

}  // namespace

int main(int argc, char** argv) {
  return dflow::bench::refine_main(argc, argv, run);
}
