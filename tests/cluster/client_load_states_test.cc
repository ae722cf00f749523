// Cases of distributed's test_client, test_cancelled_state and test_worker_state_machine by name, on the scheduler's brain alone:
// what tasks have of their workers, and how much work each worker has.
#include <algorithm>
#include <random>

#include "tests/cluster/stealing_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// One worker of two threads, with one gpu.
class ResourceStates : public SchedulerTest {
 protected:
  ResourceStates() {
    bodies_stop = false;
    say(WorkerJoined{.worker = WorkerId{1}, .name = "w1", .threads = 2, .resources = {{"gpu", 1}}});
  }
  std::vector<Action> submit_for_gpu(std::uint64_t number, std::vector<std::uint64_t> inputs = {}) {
    return submit(number, std::move(inputs), {.options = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1}}})});
  }
  std::vector<Action> cancel(std::uint64_t number) { return say(TasksCancelled{client, {task(number)}}); }
  std::vector<Action> stopped(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskStopped{run.worker, run.id, run.attempt});
  }
  std::vector<Action> suspended(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskSuspended{run.worker, run.id, run.attempt});
  }
  std::vector<Action> failed(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>()});
  }
};

TEST_F(ResourceStates, TaskAcquiresResources) {
  submit_for_gpu(1);
  EXPECT_THAT(ran(submit_for_gpu(2)), IsEmpty());
  EXPECT_THAT(ran(submit(3)), ElementsAre(task(3)));  // a thread is free
  finish(3);
  EXPECT_THAT(ran(suspended(1)), IsEmpty());  // it waits for others, and keeps what it asked for
}

TEST_F(ResourceStates, TaskReleasesResources) {
  for (std::uint64_t i = 1; i <= 5; ++i) submit_for_gpu(i);
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
  EXPECT_THAT(ran(failed(2)), ElementsAre(task(3)));
  const RunTask run = last_run.at(task(3));
  const auto back = ran(say(TaskReturned{run.worker, run.id, run.attempt}));
  ASSERT_THAT(back, SizeIs(1));  // it, or the next
  cancel(back[0] == task(3) ? 3 : 4);
  EXPECT_THAT(ran(stopped(back[0] == task(3) ? 3 : 4)), SizeIs(1));
}

/// It has them while its inputs come: they are there when the body begins.
TEST_F(ResourceStates, TaskWithDependenciesAcquiresResources) {
  join(2);
  submit(1, {}, {.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w2"}})});
  finish(1, 1'000'000);
  EXPECT_THAT(ran(submit_for_gpu(2, {1})), ElementsAre(task(2)));
  EXPECT_EQ(where(2), WorkerId{1});
  EXPECT_THAT(ran(submit_for_gpu(3)), IsEmpty());
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(3)));
}

TEST_F(ResourceStates, ResumedTaskReleasesResources) {
  submit_for_gpu(1);
  cancel(1);
  EXPECT_THAT(ran(submit_for_gpu(2)), IsEmpty());  // the first body has not ended
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
  submit_for_gpu(3);
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(3)));
}

/// Both report at once that they wait; one of them is not wanted any more.
TEST_F(ResourceStates, SecedeRacingCancellationAndSchedulingOnOtherWorker) {
  join(2);
  submit(1), submit(2), submit(3);
  ASSERT_THAT(last_run, SizeIs(3));
  const WorkerId first = where(1);
  cancel(1);
  suspended(1);  // said before it heard of that
  submit(4);
  EXPECT_EQ(where(4), first);  // on the thread that was given away
  EXPECT_THAT(ran(stopped(1)), IsEmpty());
  EXPECT_THAT(ran(submit(5)), IsEmpty());
  EXPECT_THAT(ran(finish(4)), ElementsAre(task(5)));
}

TEST_F(ResourceStates, SecedeCancelledOrResumedScheduler) {
  submit_for_gpu(1);
  cancel(1);
  submit_for_gpu(2);
  suspended(1);  // late
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(2)));
  EXPECT_THAT(ran(submit(3)), ElementsAre(task(3)));
  suspended(2);
  EXPECT_THAT(ran(submit(4)), ElementsAre(task(4)));
  EXPECT_THAT(ran(submit(5)), IsEmpty());
}

class LoadStates : public StealingStates {
 protected:
  /// `threads` tasks of each worker end, again and again until nothing is left of `first` to `last`. How many each has run.
  std::map<WorkerId, int> run_all(std::uint64_t first, std::uint64_t last, const std::map<WorkerId, int>& threads) {
    std::map<WorkerId, int> count;
    std::set<std::uint64_t> left;
    for (std::uint64_t i = first; i <= last; ++i) left.insert(i);
    for (bool busy = true; busy && !left.empty();) {
      busy = false;
      std::map<WorkerId, int> free = threads;
      for (auto it = left.begin(); it != left.end();) {
        if (!last_run.contains(task(*it)) || free[where(*it)] == 0) {
          ++it;
          continue;
        }
        busy = true;
        --free[where(*it)], ++count[where(*it)];
        finish_after(*it, 10ms);
        it = left.erase(it);
      }
    }
    EXPECT_THAT(left, IsEmpty());
    return count;
  }
  std::size_t sent_among(std::uint64_t first, std::uint64_t last) const {
    std::size_t count = 0;
    for (std::uint64_t i = first; i <= last; ++i) count += last_run.contains(task(i));
    return count;
  }
};

TEST_F(LoadStates, BalancedWithSubmit) {
  for (std::uint32_t i = 1; i <= 4; ++i) join(i);
  std::set<WorkerId> used;
  for (std::uint64_t i = 1; i <= 4; ++i) submit(i, {}, of(1)), used.insert(where(i));
  EXPECT_THAT(used, SizeIs(4));
}

TEST_F(LoadStates, ContiguousLoad) {
  join(1), join(2);
  learn(100, 1, 1ms);
  TasksSubmitted batch{client, {}};
  for (std::uint64_t i = 1; i <= 4; ++i) {
    batch.tasks.push_back(of(1));
    batch.tasks.back().id = task(i);
  }
  say(batch);
  EXPECT_EQ(where(1), where(2));
  EXPECT_EQ(where(3), where(4));
  EXPECT_NE(where(1), where(3));
}

TEST_F(LoadStates, TaskLoadAdaptsQuickly) {
  join(1);
  learn(1, 1, 200ms);
  for (std::uint64_t i = 2; i <= 60; ++i) submit(i, {}, of(1));
  EXPECT_EQ(sent_among(2, 60), 1u);  // as long as they take, nothing needs to wait at the worker
  for (std::uint64_t i = 2; i <= 21; ++i) finish_after(i, 1us);
  EXPECT_GE(sent_among(2, 60), 20u + 4u);  // and now more of them than one are at hand there
}

TEST_F(LoadStates, WeightOccupancyAgainstDataMovement) {
  join(1), join(2);
  learn(1, 1, 1us), learn(2, 2, 10ms);
  for (const std::uint32_t i : {1, 2}) {
    say(ValueScattered{.client = client, .id = task(10 + i), .bytes = i == 1 ? 4000u : 1000u, .workers = {"w" + std::to_string(i)}});
    say(ValueAdded{w(i), task(10 + i), Attempt{0}, i == 1 ? 4000u : 1000u});
  }
  for (std::uint64_t i = 21; i <= 24; ++i) submit(i, {11, 12}, of(2));
  const auto count = run_all(21, 24, {{w(1), 1}, {w(2), 1}});
  ASSERT_THAT(count, SizeIs(2));
  EXPECT_GE(count.at(w(1)), 2);  // where the larger value is
  EXPECT_GE(count.at(w(2)), 1);  // and the smaller way is no reason to let it idle
}

TEST_F(LoadStates, DistributeTasksByNthreads) {
  join(1, 1), join(2, 4);
  learn(1, 1, 10ms);
  for (std::uint64_t i = 2; i <= 21; ++i) submit(i, {}, of(1));
  const auto count = run_all(2, 21, {{w(1), 1}, {w(2), 4}});
  EXPECT_GT(count.at(w(2)), 2 * count.at(w(1)));
}

TEST_F(LoadStates, LongRunningNotInOccupancy) {
  join(1), join(2);
  learn(1, 1, 10s);
  submit(2, {}, of(1)), submit(3, {}, of(1));
  ASSERT_NE(where(2), where(3));
  started(2), started(3);
  const RunTask run = last_run.at(task(2));
  say(TaskSuspended{run.worker, run.id, run.attempt});
  submit(4, {}, of(1));
  EXPECT_EQ(where(4), where(2));  // as on an idle worker
  say(TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>()});
  submit(5, {}, of(1));
  EXPECT_FALSE(last_run.contains(task(5)));  // its thread was not its own any more
}

TEST_F(LoadStates, LongRunningRemovalClean) {
  join(1);
  submit(1, {}, of(1));
  started(1);
  const RunTask run = last_run.at(task(1));
  say(TaskSuspended{run.worker, run.id, run.attempt});
  submit(2, {}, of(2));
  started(2);
  finish(1);
  EXPECT_EQ(scheduler.workers().at(0).assigned, 1u);
  finish(2);
  EXPECT_EQ(scheduler.workers().at(0).assigned, 0u);
  submit(3, {}, of(3));
  EXPECT_TRUE(last_run.contains(task(3)));
}

TEST_F(LoadStates, SchedulerSaturatesCoresRandom) {
  join(1, 20), join(2, 20);
  for (std::uint64_t i = 1; i <= 200; ++i) submit(i, {}, of(1));
  std::mt19937 random(1);
  std::vector<TaskId> running;
  std::set<TaskId> seen;
  for (int ended = 0; ended < 200; ++ended) {
    for (const auto& [id, run] : last_run) {
      if (seen.insert(id).second) running.push_back(id);
    }
    ASSERT_THAT(running, testing::Not(IsEmpty()));
    std::swap(running[random() % running.size()], running.back());
    const RunTask run = last_run.at(running.back());
    running.pop_back();
    say(TaskFinished{run.worker, run.id, run.attempt, 8, Duration(std::chrono::microseconds(random() % 100'000)), {}});
    if (scheduler.counts().tasks[TaskState::ready] == 0) continue;
    for (const auto& worker : scheduler.workers()) EXPECT_GE(worker.assigned, 20u);
  }
}

}  // namespace
}  // namespace dflow::core
