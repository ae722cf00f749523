// What the benchmarks of refinements share. A process measures one case once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <dflow/executor.h>

namespace dflow::bench {

/// Runs `TASKS ROUNDS THREADS` after a tenth of it, untimed, and prints one line of JSON. `run` throws if a result is
/// wrong. Returns the exit code.
int refine_main(int argc, char** argv,
                const std::function<void(Executor&, std::size_t tasks, std::uint64_t rounds)>& run);

}  // namespace dflow::bench
