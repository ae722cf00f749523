// Cases of distributed's test_steal by name, on the scheduler's brain alone: who gets which share, and what may be moved for it.
#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <set>

#include "tests/cluster/stealing_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(StealingStates, BalanceWithoutDependencies) {
  join(1), join(2), join(3);
  std::map<WorkerId, int> count;
  for (std::uint64_t i = 1; i <= 9; ++i) submit(i, {}, of(1)), ++count[where(i)];
  for (const auto& [worker, tasks] : count) EXPECT_EQ(tasks, 3);
}

/// Of those that have nothing to do, who holds least gets the next.
TEST_F(StealingStates, BalanceTasksByStacks) {
  join(1), join(2);
  submit(1, {}, of(1));
  finish_after(1, 1ms, 8);
  submit(2, {}, of(1));
  finish_after(2, 1ms, 1'000'000);
  EXPECT_NE(where(1), where(2));
  submit(3, {}, of(1));
  EXPECT_EQ(where(3), where(1));
}

/// What is as much as before lies together: a few bytes more do not part it.
TEST_F(StealingStates, BalanceTasksByStacksOfLikeSizeInRuns) {
  join(1), join(2);
  std::vector<WorkerId> by;
  for (std::uint64_t i = 1; i <= 16; ++i) {
    submit(i, {}, of(1));
    finish_after(i, 1us, 1000);
    by.push_back(where(i));
  }
  EXPECT_THAT(std::ranges::count(by, w(1)), testing::AllOf(testing::Ge(5), testing::Le(11)));
  int changes = 0;
  for (std::size_t i = 1; i < by.size(); ++i) changes += by[i] != by[i - 1];
  EXPECT_LE(changes, 6);
}

TEST_F(StealingStates, BalanceExpensiveTasks) {
  join(1), join(2);
  learn(1, 1, 10s);
  submit(2, {}, of(1)), submit(3, {}, of(1));
  EXPECT_THAT((std::set{where(2), where(3)}), SizeIs(2));
}

TEST_F(StealingStates, BalanceEvenWithReplica) {
  join(1), join(2);
  learn(1, 1, 1ms, 1'000'000);
  const WorkerId other = where(1) == w(1) ? w(2) : w(1);
  say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2});
  say(ValueAdded{other, task(1), Attempt{1}, 1'000'000});
  learn(2, 2, 10ms);
  submit(3, {1}, of(2)), submit(4, {1}, of(2));
  EXPECT_THAT((std::set{where(3), where(4)}), SizeIs(2));
}

TEST_F(StealingStates, BalanceUnevenWithoutReplica) {
  join(1);
  learn(1, 1, 1ms, std::uint64_t{1} << 33);
  join(2);
  learn(2, 2, 10us);
  for (std::uint64_t i = 3; i <= 8; ++i) {
    submit(i, {1}, of(2));
    EXPECT_EQ(where(i), w(1));  // to move the value takes longer than they all
  }
}

TEST_F(StealingStates, BalanceEventuallyStealsLargeDependencyWithoutReplica) {
  join(1);
  learn(1, 1, 1ms, 100'000'000);  // 100 ms on the way
  join(2);
  learn(2, 2, 1s);
  submit(3, {1}, of(2)), submit(4, {1}, of(2)), submit(5, {1}, of(2));
  std::set<WorkerId> used;
  for (std::uint64_t i = 3; i <= 5; ++i) {
    if (last_run.contains(task(i))) used.insert(where(i));
  }
  EXPECT_THAT(used, SizeIs(2));
}

TEST_F(StealingStates, BalanceToLargerDependency) {
  join(1), join(2);
  submit(1, {}, of(1, {.workers = {"w1"}})), submit(2, {}, of(1, {.workers = {"w2"}}));
  finish_after(1, 1ms, 10), finish_after(2, 1ms, 50'000'000);
  submit(3, {1, 2}, of(2));
  EXPECT_EQ(where(3), w(2));
}

TEST_F(StealingStates, StealLargeDependency) {
  join(1), join(2);
  submit(1, {}, of(1, {.workers = {"w1"}}));
  finish_after(1, 1ms, 100'000'000);
  learn(2, 2, 5s);
  submit(3, {1}, of(2));
  EXPECT_EQ(where(3), w(1));
  submit(4, {1}, of(2));
  EXPECT_EQ(where(4), w(2));  // rather 100 ms of moving than five seconds of waiting
}

/// A value of function 1 lies on w1 and w2; all but w1 have no room for what is submitted until `let_go`.
class BalancingStates : public StealingStates {
 protected:
  static constexpr std::uint64_t ten_seconds = 10'000'000'000;  // on the way

  void place_on_two(std::uint64_t number, std::uint64_t bytes) {
    submit(number, {}, of(1, {.workers = {"w1"}}));
    finish_after(number, 1ms, bytes);
    say(ReplicateRequested{client, RequestId{1}, {task(number)}, 2});
    say(ValueAdded{w(2), task(number), Attempt{1}, bytes});
  }
  void pause(std::uint32_t worker) { say(Heartbeat{.worker = w(worker), .paused = true}); }
  void let_go(std::uint32_t worker) { say(Heartbeat{.worker = w(worker)}); }

  /// Runs all that there is, second by second, and counts.
  std::map<WorkerId, int> run(std::uint64_t first, std::uint64_t last) {
    std::map<WorkerId, int> count;
    std::set<std::uint64_t> left, running;
    for (std::uint64_t i = first; i <= last; ++i) left.insert(i);
    do {
      running.clear();
      std::copy_if(left.begin(), left.end(), std::inserter(running, running.end()),
                   [&](std::uint64_t i) { return last_run.contains(task(i)); });
      for (const std::uint64_t i : running) {
        ++count[where(i)];
        finish_after(i, 1s);
        left.erase(i);
      }
    } while (!running.empty());
    EXPECT_THAT(left, IsEmpty());
    return count;
  }
};

TEST_F(BalancingStates, BalanceToReplica) {
  join(1), join(2), join(3);
  place_on_two(1, ten_seconds);
  learn(2, 2, 1s);
  pause(2), pause(3);
  submit(3, {1}, of(2)), submit(4, {1}, of(2));
  let_go(3), let_go(2);
  EXPECT_EQ(run(3, 4), (std::map<WorkerId, int>{{w(1), 1}, {w(2), 1}}));
}

TEST_F(BalancingStates, BalanceMultipleToReplica) {
  join(1), join(2), join(3);
  place_on_two(1, ten_seconds);
  learn(2, 2, 1s);
  pause(2), pause(3);
  for (std::uint64_t i = 3; i <= 10; ++i) submit(i, {1}, of(2));
  let_go(3), let_go(2);
  const auto count = run(3, 10);
  EXPECT_THAT(count, SizeIs(2));
  EXPECT_GE(count.at(w(2)), 3);  // about half of them, and none where the value would have to go first
}

TEST_F(BalancingStates, BalancePrefersBusierWithDependency) {
  join(1), join(2), join(3);
  place_on_two(1, ten_seconds);
  learn(2, 2, 1s);
  pause(2), pause(3);
  for (std::uint64_t i = 3; i <= 8; ++i) submit(i, {1}, of(2));
  let_go(2);
  submit(9, {}, of(2, {.workers = {"w2"}}));  // it has something to do, and the value; the other has neither
  let_go(3);
  const auto count = run(3, 9);
  EXPECT_GE(count.at(w(2)), 3);
  EXPECT_FALSE(count.contains(w(3)));
}

TEST_F(BalancingStates, ScatterAndReplicateAvoidPausedWorkers) {
  join(1), join(2), join(3);
  pause(1), pause(3);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto placed = all<PlaceValue>(say(ValueScattered{.client = client, .id = task(i), .bytes = 8}));
    EXPECT_THAT(placed, ElementsAre(PlaceValue{client, task(i), w(2)}));
    say(ValueAdded{w(2), task(i), Attempt{0}, 8});
  }
  let_go(3);
  const auto copied = all<FetchValue>(say(ReplicateRequested{client, RequestId{1}, tasks({1, 2, 3}), 2}));
  ASSERT_THAT(copied, SizeIs(3));
  for (const FetchValue& each : copied) EXPECT_EQ(each.worker, w(3));
}

/// What a paused worker holds may go elsewhere; nothing comes to it.
TEST_F(BalancingStates, RebalancingBringsNothingToPausedWorkers) {
  join(1), join(2), join(3);
  for (std::uint64_t i = 1; i <= 6; ++i) {
    submit(i, {}, of(1, {.workers = {"w1"}}));
    finish_after(i, 1ms, 1000);
  }
  pause(1), pause(2);
  const auto moved = all<FetchValue>(say(RebalanceRequested{client, RequestId{1}}));
  EXPECT_THAT(moved, SizeIs(3));
  for (const FetchValue& each : moved) EXPECT_EQ(each.worker, w(3));
  pause(3);
  EXPECT_THAT(all<FetchValue>(say(RebalanceRequested{client, RequestId{2}})), IsEmpty());  // nobody has room
  EXPECT_THAT(all<RequestDone>(say(Tick{})), ElementsAre(testing::Field(&RequestDone::request, RequestId{2})));
}

TEST_F(BalancingStates, DontStealFewSaturatedTasksManyWorkers) {
  join(1, 8);
  learn(1, 1, 1ms, 100'000'000);  // 100 ms on the way
  join(2, 8);
  learn(2, 2, 200ms);
  submit(3, {1}, of(2)), submit(4, {1}, of(2));
  EXPECT_EQ(where(3), w(1));
  EXPECT_EQ(where(4), w(1));  // it has threads for both
  EXPECT_THAT(all<RevokeTask>(say(Tick{})), IsEmpty());
}

TEST_F(BalancingStates, StealMoreAttractiveTasks) {
  join(1);
  learn(1, 1, 1ms, 100'000'000);  // 100 ms on the way
  learn(2, 2, 110ms), learn(3, 3, 1s);
  for (std::uint64_t i = 4; i <= 9; ++i) submit(i, {1}, of(2));
  submit(10, {1}, of(3));
  EXPECT_THAT(ran(join(2)), ElementsAre(task(10)));  // a second's work for the same way
}

TEST_F(BalancingStates, PassesOverWhatIsTooDearToMove) {
  join(1);
  learn(1, 1, 1ms, ten_seconds);
  learn(2, 2, 1ms, 1000), learn(3, 3, 1s);
  submit(4, {}, of(3)), submit(5, {1}, of(3)), submit(6, {1}, of(3)), submit(7, {2}, of(3));
  EXPECT_THAT(ran(join(2)), ElementsAre(task(7)));
}

TEST_F(BalancingStates, StealRelatedTasks) {
  join(1), join(2), join(3);
  learn(1, 1, 50ms, 1'000'000), learn(100, 2, 1ms);
  for (std::uint64_t i = 2; i <= 21; ++i) submit(i, {}, of(1));
  for (std::uint64_t i = 2; i <= 21; ++i) finish_after(i, 50ms, 1'000'000);
  for (std::uint64_t i = 22; i <= 40; ++i) submit(i, {i - 20, i - 19}, of(2));  // neighbours' values
  int together = 0;
  for (std::uint64_t i = 22; i <= 40; ++i) {
    if (last_run.contains(task(i))) together += where(i) == where(i - 20) || where(i) == where(i - 19);
    else ++together;
  }
  EXPECT_GT(together, 10);
}

/// Workers of one thread, each of which ends what it was given first and gives up what it has not begun.
class RunningStates : public StealingStates {
 protected:
  void take(const std::vector<Action>& actions) {
    for (const RunTask& run : all<RunTask>(actions)) queues[run.worker].push_back(run);
    for (const RevokeTask& asked : all<RevokeTask>(actions)) {
      ++revoked_;
      auto& queue = queues[asked.worker];
      const auto found = std::ranges::find(queue, asked.id, &RunTask::id);
      const bool given_up = found != queue.end() && found != queue.begin();
      if (given_up) queue.erase(found);
      take(revoked(asked, given_up));
    }
  }
  /// All run one task each, `time` long, again and again until nothing is left.
  void run_all(Duration time) {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& [worker, queue] : queues) {
        if (queue.empty()) continue;
        busy = true;
        const RunTask run = queue.front();
        queue.pop_front();
        ++ended[worker];
        take(say(TaskFinished{worker, run.id, run.attempt, 8, time, {}}));
      }
    }
  }
  /// A value of a mebibyte, which all of a thousand tasks need, and nothing known of these.
  void submit_thousand_readers() {
    for (std::uint32_t i = 1; i <= 4; ++i) join(i);
    submit(1);
    finish(1, 1 << 20);
    for (std::uint64_t i = 2; i <= 1001; ++i) take(submit(i, {1}, of(2)));
  }
  std::map<WorkerId, std::deque<RunTask>> queues;
  std::map<WorkerId, int> ended;
  int revoked_ = 0;
};

TEST_F(RunningStates, StealVeryFastTasks) {
  submit_thousand_readers();
  run_all(2ms);
  ASSERT_THAT(ended, SizeIs(4));
  for (const auto& [worker, count] : ended) {
    EXPECT_GT(count, 125) << static_cast<std::uint32_t>(worker);
    EXPECT_LT(count, 375) << static_cast<std::uint32_t>(worker);
  }
}

TEST_F(RunningStates, TrivialWorkloadShouldNotCauseWorkStealing) {
  submit_thousand_readers();
  run_all(10us);
  EXPECT_EQ(revoked_, 0);
}

TEST_F(RunningStates, BalanceWithLongerTask) {
  join(1), join(2);
  learn(1, 1, 1us), learn(2, 2, 2ms);
  const auto placed = all<PlaceValue>(say(ValueScattered{.client = client, .id = task(3), .bytes = 80'000, .workers = {"w1"}}));
  say(ValueAdded{placed.at(0).worker, task(3), Attempt{0}, 80'000});
  say(Tick{Time(0s)});
  TaskSpec longer = of(1, {.workers = {"w1"}});
  longer.priority = 1;
  take(submit(4, {}, longer));
  started(4);  // a surprisingly long one
  take(submit(5, {3}, of(2)));
  EXPECT_EQ(where(5), w(1));  // where its input is
  for (int second = 1; second <= 5 && where(5) == w(1); ++second) take(say(Tick{Time(std::chrono::seconds(second))}));
  EXPECT_EQ(where(5), w(2));
}

/// Neither gets what the tasks need. To find that out takes longer than the other waits before it takes them.
TEST_F(RunningStates, PassesNoTaskOnAndOn) {
  int moves = 0;
  const std::function<void(const std::vector<Action>&)> give_up = [&](const std::vector<Action>& actions) {
    for (const RevokeTask& asked : all<RevokeTask>(actions)) {
      ++moves;
      give_up(revoked(asked));
    }
  };
  join(1, 3), join(2, 2), join(3, 3);
  for (const std::uint32_t i : {1, 2, 3}) {
    const std::uint32_t holder = std::min(i, 2u);
    say(ValueScattered{.client = client, .id = task(i), .bytes = 5'000'000, .workers = {"w" + std::to_string(holder)}});
    say(ValueAdded{w(holder), task(i), Attempt{0}, 5'000'000});
  }
  learn(4, 1, 10us);
  for (std::uint64_t i = 5; i <= 10; ++i) give_up(submit(i, {1, 2, 3}, of(1)));
  for (Time now = Time(0s); now < Time(60s); now += 100ms) {
    for (std::uint32_t i = 1; i <= 3; ++i) say(Heartbeat{w(i)});
    give_up(say(Tick{now}));
  }
  EXPECT_GE(moves, 6);
  EXPECT_LE(moves, 6 * 12);  // each has stayed twice as long each time
}

TEST_F(RunningStates, SchedulerSaturatesCores) {
  join(1, 20), join(2, 20);
  for (std::uint64_t i = 1; i <= 100; ++i) submit(i, {}, of(1)), submit(100 + i, {i}, of(1));
  std::set<TaskId> done;
  while (done.size() < 200) {
    const auto runs = last_run;
    for (const auto& [id, run] : runs) {
      if (!done.insert(id).second) continue;
      say(TaskFinished{run.worker, id, run.attempt, 8, 10ms, {}});
      if (scheduler.counts().tasks[TaskState::ready] == 0) continue;
      for (const auto& worker : scheduler.workers()) EXPECT_GE(worker.assigned, 20u);
    }
  }
}

}  // namespace
}  // namespace dflow::core
