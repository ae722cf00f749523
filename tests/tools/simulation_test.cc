#include "tools/dflow/simulation.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace dflow::tools {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;

/// Independent tasks of one function.
Workload tasks(std::size_t count, nanoseconds time, std::uint64_t bytes = 8) {
  return {std::vector<SimulatedTask>(count, {.run_time = time, .bytes = bytes}), {}};
}

Workload chain(std::uint32_t count, nanoseconds time) {
  Workload workload = tasks(count, time);
  for (std::uint32_t i = 1; i < count; ++i) workload.edges.push_back({i - 1, i});
  return workload;
}

Prediction on(const Workload& workload, Machine machine) {
  const auto prediction = simulate(workload, machine);
  EXPECT_TRUE(prediction) << prediction.message();
  return prediction ? prediction.value() : Prediction{};
}

TEST(Simulation, IndependentTasksShareTheWorkers) {
  const Workload workload = tasks(640, 100ms);
  for (const std::uint32_t workers : {1u, 8u, 64u}) {
    const nanoseconds ideal = nanoseconds(64s) / workers;
    EXPECT_GE(on(workload, {.workers = workers}).makespan, ideal);
    EXPECT_LE(on(workload, {.workers = workers}).makespan, ideal + ideal / 10) << workers;
  }
}

TEST(Simulation, ThreadsOfAWorkerRunTasksAtOnce) {
  const auto time = on(tasks(64, 100ms), {.workers = 2, .threads = 8}).makespan;
  EXPECT_GE(time, 400ms);
  EXPECT_LE(time, 450ms);
}

TEST(Simulation, AChainTakesItsLengthOnAnyNumberOfWorkers) {
  for (const std::uint32_t workers : {1u, 16u}) {
    const Prediction prediction = on(chain(50, 10ms), {.workers = workers});
    EXPECT_GE(prediction.makespan, 500ms);
    EXPECT_LE(prediction.makespan, 525ms);
    EXPECT_EQ(prediction.bytes_moved, 0u);
  }
}

TEST(Simulation, WhatOneWorkerMakesAndAnotherNeedsIsMoved) {
  Workload workload = tasks(3, 1s, 500'000'000);
  workload.edges = {{0, 2}, {1, 2}};
  const Prediction two = on(workload, {.workers = 2, .bytes_per_second = 1e9});
  EXPECT_EQ(two.transfers, 1u);
  EXPECT_EQ(two.bytes_moved, 500'000'000u);
  EXPECT_GE(two.makespan, 2500ms);
  EXPECT_LE(two.makespan, 2510ms);
  const Prediction one = on(workload, {.workers = 1});
  EXPECT_EQ(one.bytes_moved, 0u);
  EXPECT_GE(one.makespan, 3s);
}

TEST(Simulation, ReadersOfOneValueShareItsHoldersLine) {
  Workload workload = tasks(5, 10s, 1'000'000'000);
  for (std::uint32_t reader = 1; reader < 5; ++reader) workload.edges.push_back({0, reader});
  const Prediction prediction = on(workload, {.workers = 4, .bytes_per_second = 1e9});
  EXPECT_EQ(prediction.transfers, 3u);
  EXPECT_GE(prediction.makespan, 23s);  // the last of three readers has waited for two others
}

TEST(Simulation, TheSchedulerLimitsTinyTasks) {
  const Prediction prediction = on(tasks(2000, 1us), {.workers = 512, .scheduler_time = 100us});
  EXPECT_GE(prediction.makespan, 600ms);  // each is submitted, starts and finishes
  EXPECT_GE(prediction.scheduler_busy, prediction.makespan * 9 / 10);
  EXPECT_LE(on(tasks(2000, 1us), {.workers = 512, .scheduler_time = 1us}).makespan, prediction.makespan / 10);
}

TEST(Simulation, LatencyIsPaidOnTheWay) {
  const auto slow = on(tasks(1, 1ms), {.latency = 20ms, .scheduler_time = 0ns}).makespan;
  EXPECT_EQ(slow, 1ms + 4 * 20ms);  // submitted, sent, reported, told
}

TEST(Simulation, IsTheSameEachTime) {
  Workload workload = tasks(300, 3ms, 10'000);
  for (std::uint32_t i = 10; i < 300; ++i) workload.edges.push_back({i - 10 + i % 7, i});
  const Machine machine{.workers = 7, .threads = 2};
  const Prediction first = on(workload, machine), second = on(workload, machine);
  EXPECT_EQ(first.makespan, second.makespan);
  EXPECT_EQ(first.bytes_moved, second.bytes_moved);
}

/// Each block of a rod reads itself and its neighbours of the step before.
TEST(Simulation, MoreWorkersDoNotSlowAStencilDown) {
  constexpr std::uint32_t blocks = 64, steps = 20;
  Workload workload = tasks(blocks * (steps + 1), 1ms, 1'000'000);
  for (std::uint32_t i = blocks; i < workload.tasks.size(); ++i) {
    for (const std::uint32_t j : {i - blocks - 1, i - blocks, i - blocks + 1}) {
      if (j / blocks == i / blocks - 1) workload.edges.push_back({j, i});
    }
  }
  nanoseconds fewer = on(workload, {.workers = 2}).makespan;
  for (const std::uint32_t workers : {4, 8, 16}) {
    const nanoseconds more = on(workload, {.workers = workers}).makespan;
    EXPECT_LT(more, fewer * 3 / 4) << workers;
    fewer = more;
  }
}

TEST(Simulation, OrderInTheFileDoesNotMatterButCirclesDo) {
  Workload workload = chain(20, 1ms);
  for (auto& edge : workload.edges) edge = {19 - edge.producer, 19 - edge.consumer};
  EXPECT_EQ(on(workload, {}).makespan, on(chain(20, 1ms), {}).makespan);
  workload.edges.push_back({0, 19});
  EXPECT_THAT(simulate(workload, {}).message(), HasSubstr("need each other in a circle"));
}

TEST(Simulation, CenturiesAreRefused) {
  EXPECT_THAT(simulate(tasks(1'000'000, 1000h), {}).message(), HasSubstr("90 years"));
}

TEST(Simulation, ManyTasksOnManyWorkersAreSubmittedInSeveralMessages) {
  Workload workload = tasks(20'000, 5ms);
  for (std::uint32_t i = 1000; i < 20'000; ++i) workload.edges.push_back({i - 1000, i});
  const Prediction prediction = on(workload, {.workers = 1024, .scheduler_time = 100ns});
  EXPECT_GE(prediction.makespan, 100ms);
  EXPECT_LE(prediction.makespan, 200ms);
}

}  // namespace
}  // namespace dflow::tools
