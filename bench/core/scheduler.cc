// What the scheduler's brain costs: bench_core SHAPE TASKS WORKERS. Plays the clients and the workers of a
// cluster, in order of their answers, and times `apply` with them; everything else in the loop is counted
// too. Prints {"tasks", "events", "ns", "bytes"}: bytes of the scheduler when all tasks are known and as many
// as can be wait.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/core/scheduler.h"

namespace {

using namespace dflow::core;

constexpr ClientId client{1};
constexpr std::uint64_t batch = 100;

struct Run {
  std::uint64_t tasks = 0, events = 0, finished = 0;
  std::size_t bytes = 0;
  std::deque<TaskFinished> running;
  Scheduler scheduler;

  void say(const Event& event) {
    ++events;
    for (const Action& action : scheduler.apply(event)) {
      if (const auto* run = std::get_if<RunTask>(&action)) {
        running.push_back({run->worker, run->id, run->attempt, 8, std::chrono::microseconds(400), {}});
      } else if (const auto* revoke = std::get_if<RevokeTask>(&action)) {
        revoked.push_back({revoke->worker, revoke->id, revoke->attempt, false});
      }
    }
  }

  /// The oldest running tasks finish, until `left` run.
  void work(std::size_t left) {
    while (running.size() > left) {
      for (const auto& answer : std::exchange(revoked, {})) say(answer);
      const TaskFinished event = running.front();
      running.pop_front();
      ++finished;
      say(event);
    }
  }
  std::vector<TaskRevoked> revoked;
};

/// The tasks that task `i` needs.
std::vector<TaskId> inputs(std::string_view shape, std::uint64_t i, std::uint64_t n) {
  if (shape == "chain" && i > 0) return {task_id(client, i - 1)};
  if (shape == "tree" && i >= n / 2) {
    const std::uint64_t first = 2 * (i - n / 2);
    if (first + 1 < i) return {task_id(client, first), task_id(client, first + 1)};
  }
  if (shape == "stencil" && i >= 1000) {
    std::vector<TaskId> result{task_id(client, i - 1000)};
    if (i % 1000 > 0) result.push_back(task_id(client, i - 1001));
    if (i % 1000 < 999) result.push_back(task_id(client, i - 999));
    return result;
  }
  return {};
}

void submit_all(Run& run, std::string_view shape) {
  for (std::uint64_t i = 0; i < run.tasks;) {
    TasksSubmitted event{client, {}};
    for (std::uint64_t end = std::min(run.tasks, i + batch); i < end; ++i) {
      event.tasks.push_back(
          {.id = task_id(client, i), .function = FunctionId{1}, .inputs = inputs(shape, i, run.tasks)});
    }
    run.say(event);
  }
}

void release_all(Run& run) {
  for (std::uint64_t i = 0; i < run.tasks;) {
    TasksReleased event{client, {}};
    for (std::uint64_t end = std::min(run.tasks, i + batch); i < end; ++i)
      event.tasks.push_back(task_id(client, i));
    run.say(event);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_core independent|chain|tree|stencil TASKS WORKERS\n";
    return 2;
  }
  Run run;
  run.tasks = std::strtoull(argv[2], nullptr, 10);
  const auto workers = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
  run.say(ClientJoined{client});
  for (std::uint32_t i = 1; i <= workers; ++i) {
    run.say(WorkerJoined{.worker = WorkerId{i}, .name = "w" + std::to_string(i), .threads = 4});
  }
  run.events = 0;
  const auto start = std::chrono::steady_clock::now();
  submit_all(run, argv[1]);
  run.bytes = run.scheduler.bytes();
  run.work(0);
  release_all(run);
  const auto time = std::chrono::steady_clock::now() - start;
  if (run.finished != run.tasks || run.scheduler.tasks() != 0) {
    std::cerr << run.finished << " of " << run.tasks << " tasks finished, " << run.scheduler.tasks()
              << " are still known\n";
    return 1;
  }
  std::cout << "{\"tasks\": " << run.tasks << ", \"events\": " << run.events
            << ", \"ns\": " << std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()
            << ", \"bytes\": " << run.bytes << "}\n";
}
