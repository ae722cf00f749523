// A worker stepped by hand: short names for what is said to it, and for what it answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/core/worker.h"
#include "tests/core/names.h"

namespace dflow::core {

inline constexpr WorkerId self{1}, peer{2}, other{3};

/// What was asked of the driver, or told to the scheduler.
template <class T>
std::vector<T> all(const std::vector<WorkerAction>& actions) {
  std::vector<T> found;
  for (const WorkerAction& action : actions) {
    if constexpr (std::is_constructible_v<Report, T>) {
      const auto* tell = std::get_if<Tell>(&action);
      if (tell && std::holds_alternative<T>(tell->report)) found.push_back(std::get<T>(tell->report));
    } else if (const auto* one = std::get_if<T>(&action)) {
      found.push_back(*one);
    }
  }
  return found;
}

class WorkerFixture : public testing::Test {
 protected:
  explicit WorkerFixture(const WorkerLimits& limits = {.threads = 1}, const Settings& settings = {})
      : worker(self, limits, settings) {}
  using Actions = std::vector<WorkerAction>;

  Actions say(const WorkerEvent& event) {
    auto actions = worker.apply(event);
    worker.check_invariants();
    return actions;
  }
  static Input from(std::uint64_t number, std::vector<WorkerId> holders) {
    return {task(number), Attempt{1}, 8, std::move(holders)};
  }
  Actions tick(int ms) { return say(Tick{Time{std::chrono::milliseconds(ms)}}); }

  Worker worker;
};

}  // namespace dflow::core
