// Graphs whose results are known, for workers that die under them.
#pragma once

#include <random>
#include <span>

#include <dflow/dflow.h>

namespace dflow::chaos {

using Random = std::mt19937_64;

struct Graph {
  const char* name;
  /// Runs it and compares all its results with a computation in this process; throws std::runtime_error if one is wrong.
  void (*run)(Executor& ex, Random& random);
};

std::span<const Graph> graphs();

/// Its tasks kill their workers, and fail for it; their neighbours do not.
void run_bombs(Executor& ex);

}  // namespace dflow::chaos
