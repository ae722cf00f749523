// What the graphs are made of.
#pragma once

#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/chaos/graphs.h"

namespace dflow::chaos {

using Numbers = std::vector<long>;

/// Long enough to be hit by a fault, short enough to be hit three times hardly ever.
inline void take(long milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

inline long mix(long a, long b) {
  return (a * 31 + b * 7 + 3) % 1000003;
}

inline Numbers numbers(long seed, std::size_t size) {
  Numbers result(size);
  std::iota(result.begin(), result.end(), seed);
  return result;
}
inline long sum(const Numbers& of) {
  return std::accumulate(of.begin(), of.end(), 0L);
}

template <class T>
void expect_same(const T& got, const T& expected, const char* what) {
  if (!(got == expected)) throw std::runtime_error(std::string(what) + " is wrong");
}

// Heavy graphs: where the values are, and how large they are, matters.

/// Values that this process has scattered, with copies; of some it keeps no future: these may be lost, and
/// say exactly that.
void run_placed(Executor& ex, Random& random);
/// Megabytes go from worker to worker.
void run_large(Executor& ex, Random& random);
/// More results than the workers have memory for, where chaos.py and cluster_chaos.py limit it.
void run_spilled(Executor& ex, Random& random);

// Graphs of tasks that end in other ways than with a result.

/// Maps whose tasks throw, and are tried again.
void run_retried(Executor& ex, Random& random);
/// Tasks that are cancelled in the middle, some of them with force.
void run_cancelled(Executor& ex, Random& random);
/// Tasks that take longer than they may, beside others that do not.
void run_timed(Executor& ex, Random& random);

}  // namespace dflow::chaos
