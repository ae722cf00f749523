// A scheduler stepped by hand: short names for what is said to it, and for what it answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/core/describe.h"
#include "runtime/core/scheduler.h"
#include "tests/core/names.h"

namespace dflow::core {

template <class T>
std::vector<T> all(const std::vector<Action>& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

class SchedulerTest : public testing::Test {
 protected:
  explicit SchedulerTest(Settings settings = few_ahead()) : scheduler(settings) { say(ClientJoined{client}); }

  /// One task a thread, and nothing sent ahead: so that tests see where tasks wait.
  static Settings few_ahead() {
    Settings settings;
    settings.max_ahead = 0;
    return settings;
  }

  std::vector<Action> say(const Event& event) {
    auto actions = scheduler.apply(event);
    scheduler.check_invariants();
    for (const RunTask& run : all<RunTask>(actions)) last_run[run.id] = run;
    if (!bodies_stop) return actions;
    for (const CancelTask& cancelled : all<CancelTask>(actions)) {
      for (Action& action : say(TaskStopped{cancelled.worker, cancelled.id, cancelled.attempt})) actions.push_back(std::move(action));
    }
    return actions;
  }
  std::vector<Action> join(std::uint32_t worker, std::uint16_t threads = 1) {
    return say(
        WorkerJoined{.worker = WorkerId{worker}, .name = "w" + std::to_string(worker), .threads = threads});
  }
  std::vector<Action> submit(std::uint64_t number, std::vector<std::uint64_t> inputs = {},
                             TaskSpec spec = {}) {
    spec.id = task(number);
    spec.inputs = tasks(inputs);
    return say(TasksSubmitted{client, {spec}});
  }
  std::vector<Action> finish(std::uint64_t number, std::uint64_t bytes = 8) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFinished{run.worker, run.id, run.attempt, bytes, std::chrono::milliseconds(1), {}});
  }
  std::vector<Action> lose(std::uint32_t worker,
                           std::optional<std::vector<TaskId>> running = std::vector<TaskId>{}) {
    return say(
        WorkerLost{WorkerId{worker}, {.kind = WorkerEnd::Kind::signalled, .code = 11}, std::move(running)});
  }
  static std::vector<TaskId> ran(const std::vector<Action>& actions) {
    std::vector<TaskId> ids;
    for (const RunTask& run : all<RunTask>(actions)) ids.push_back(run.id);
    return ids;
  }
  WorkerId where(std::uint64_t number) const { return last_run.at(task(number)).worker; }

  Scheduler scheduler;
  bool bodies_stop = true;  ///< At once, when they are told to, and their workers say so.
  std::map<TaskId, RunTask> last_run;
};

}  // namespace dflow::core
