#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "formats/labels.h"
#include "formats/result.h"

namespace dflow::tools {

struct SimulatedTask {
  std::uint32_t function = 0;  ///< tasks of one function are expected to take as long as each other
  std::chrono::nanoseconds run_time{};
  std::uint64_t bytes = 0;  ///< of its result
};

/// Tasks in order of submission, and who needs whose result.
struct Workload {
  std::vector<SimulatedTask> tasks;
  std::vector<formats::LabelledEdge> edges;
};

/// A cluster of equal workers.
struct Machine {
  std::uint32_t workers = 1;
  std::uint16_t threads = 1;                       ///< of each worker
  std::chrono::nanoseconds latency{100'000};       ///< of a message, one way
  double bytes_per_second = 1e9;                   ///< of a worker's line, in each direction
  std::chrono::nanoseconds scheduler_time{2'000};  ///< it takes for a message, and each task in one
};

struct Prediction {
  std::chrono::nanoseconds makespan{};        ///< until the client knows that the last task is done
  std::chrono::nanoseconds scheduler_busy{};  ///< of that time
  std::uint64_t transfers = 0;                ///< from worker to worker
  std::uint64_t bytes_moved = 0;              ///< by them
};

/// Has the real scheduler and the real workers' brains (`runtime/core`) run the tasks under virtual time: the
/// same for the same input, on every machine. A client submits all tasks at once; each message takes the
/// latency, the scheduler takes messages one after another, and a value that is fetched occupies its holder's
/// line and its reader's. Fails for tasks that need each other in a circle, and for what would take
/// centuries.
formats::Result<Prediction> simulate(const Workload& workload, const Machine& machine);

}  // namespace dflow::tools
