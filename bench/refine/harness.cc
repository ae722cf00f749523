#include "bench/refine/harness.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "bench/memory.h"

namespace dflow::bench {

int refine_main(int argc, char** argv, const std::function<void(Executor&, std::size_t, std::uint64_t)>& run) try {
  if (argc != 4) throw std::invalid_argument("expected TASKS ROUNDS THREADS");
  const std::size_t tasks = std::stoul(argv[1]), rounds = std::stoul(argv[2]);
  const double before_mb = memory_mb("VmRSS");
  Executor executor(ExecutorOptions{.threads = std::stoul(argv[3])});
  run(executor, tasks / 10, rounds);
  const auto start = std::chrono::steady_clock::now();
  run(executor, tasks, rounds);
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
  std::printf("{\"tasks\": %zu, \"ns\": %.0f, \"peak_mb\": %.2f}\n", tasks, passed.count(), memory_mb("VmHWM") - before_mb);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 1;
}

}  // namespace dflow::bench
