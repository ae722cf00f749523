// Threads of the TBB benchmarks.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

namespace dflow::bench {

/// Runs f on an arena of `threads` threads, the caller being one of them: entering it once is part of no
/// task's cost.
template <class F>
auto on_arena(int threads, F f) {
  tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  static tbb::task_arena arena(threads);
  return arena.execute(f);
}

}  // namespace dflow::bench
