// A scheduler stepped by hand, whose tasks have functions of known times: for tests of what is moved between workers.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/core/scheduler_fixture.h"

namespace dflow::core {

class StealingStates : public SchedulerTest {
 protected:
  explicit StealingStates(Settings settings = Settings{}) : SchedulerTest(settings) {}

  static TaskSpec of(std::uint64_t function, TaskOptions options = {}) {
    TaskSpec spec{.function = FunctionId{function}};
    if (options != TaskOptions{}) spec.options = std::make_shared<const TaskOptions>(std::move(options));
    return spec;
  }
  /// So that the scheduler knows how long tasks of the function take.
  void learn(std::uint64_t number, std::uint64_t function, Duration time, std::uint64_t bytes = 8) {
    submit(number, {}, of(function));
    const RunTask run = last_run.at(task(number));
    say(TaskFinished{run.worker, run.id, run.attempt, bytes, time, {}});
  }
  std::vector<Action> started(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskStarted{run.worker, run.id, run.attempt});
  }
  std::vector<Action> revoked(const RevokeTask& asked, bool given_up = true) {
    return say(TaskRevoked{asked.worker, asked.id, asked.attempt, given_up});
  }
  std::vector<Action> finish_after(std::uint64_t number, Duration time, std::uint64_t bytes = 8) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFinished{run.worker, run.id, run.attempt, bytes, time, {}});
  }
  static WorkerId w(std::uint32_t worker) { return WorkerId{worker}; }
};

}  // namespace dflow::core
