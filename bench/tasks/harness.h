// What every task benchmark shares: its clock, the check that no task was skipped or ran too early, its
// command line and its one line of JSON. A process measures one (system, shape) once, so that its peak memory
// is its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "bench/tasks/shapes.h"

namespace dflow::bench {

/// `build_ns` is what a graph costs before its first task can start; 0 where building and running are one
/// phase. Taking a finished graph apart is counted for no system but those that free their tasks as they run.
struct Outcome {
  double build_ns = 0;
  double run_ns = 0;
};

class Stopwatch {
 public:
  /// Nanoseconds since construction or the last lap.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::nano> passed = now - start_;
    start_ = now;
    return passed.count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The empty body of a measured task: one increment in the thread's own cache line, so that skipped work
/// shows.
class CountedBody {
 public:
  static void prepare(const Case&) {}
  static void run(std::size_t) {
    if (slot_ == unassigned) slot_ = used_.fetch_add(1);
    ++slots_[slot_].count;
  }
  /// Throws std::runtime_error unless each task of `c` ran. Call it while no task runs.
  static void verify(const Case& c) {
    std::uint64_t ran = 0;
    for (Slot& slot : slots_) ran += std::exchange(slot.count, 0);
    if (ran != c.tasks())
      throw std::runtime_error(std::to_string(ran) + " tasks ran instead of " + std::to_string(c.tasks()));
  }

 private:
  static constexpr std::size_t unassigned = static_cast<std::size_t>(-1);
  struct alignas(64) Slot {
    std::uint64_t count;  // static storage: starts at 0
  };
  inline static Slot slots_[1024];
  inline static std::atomic<std::size_t> used_{0};
  inline static thread_local constinit std::size_t slot_ = unassigned;
};

/// The body of the untimed trial: sees that each task runs once and after its inputs.
class OrderedBody {
 public:
  static void prepare(const Case& c) {
    case_ = c;
    ran_ = std::make_unique<std::atomic<int>[]>(c.tasks());
    wrong_ = false;
  }
  static void run(std::size_t task) {
    for_each_input(case_, task, [](std::size_t input) {
      if (ran_[input].load(std::memory_order_relaxed) != 1) wrong_ = true;
    });
    if (ran_[task].fetch_add(1, std::memory_order_relaxed) != 0) wrong_ = true;
  }
  static void verify(const Case& c) {
    for (std::size_t task = 0; task < c.tasks(); ++task)
      if (ran_[task].load() != 1)
        throw std::runtime_error("task " + std::to_string(task) + " did not run once");
    if (wrong_) throw std::runtime_error("a task ran before one of its inputs");
  }

 private:
  inline static Case case_{};
  inline static std::unique_ptr<std::atomic<int>[]> ran_;
  inline static std::atomic<bool> wrong_{false};
};

/// Runs one benchmark given as `SHAPE SIZE THREADS`: `trial` on a small case of the shape, which also starts
/// the system's threads, then `measure`; prints one line of JSON. Both throw if a result is wrong. Returns
/// the exit code.
int benchmark_main(int argc, char** argv, const std::function<Outcome(const Case&)>& trial,
                   const std::function<Outcome(const Case&)>& measure);

/// The same for a system with empty bodies: `System::run<Body>(case)` calls Body::run(task) once a task.
template <class System>
int benchmark_main(int argc, char** argv) {
  auto checked = []<class Body>(std::type_identity<Body>) {
    return [](const Case& c) {
      Body::prepare(c);
      const Outcome outcome = System::template run<Body>(c);
      Body::verify(c);
      return outcome;
    };
  };
  return benchmark_main(argc, argv, checked(std::type_identity<OrderedBody>{}),
                        checked(std::type_identity<CountedBody>{}));
}

}  // namespace dflow::bench
