// What goes first.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Lt;
using testing::SizeIs;

TEST_F(SchedulerTest, PrefersPriorityThenPathThenOrder) {
  join(1);
  submit(1);
  submit(2);
  submit(3, {}, {.path = 5});
  submit(4, {}, {.priority = 1});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(4)));
  EXPECT_THAT(ran(finish(4)), ElementsAre(task(3)));
  EXPECT_THAT(ran(finish(3)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, GivesWhatBecomesReadyAtOnceByPriority) {
  join(1, 2);
  TasksSubmitted batch{client, {}};
  for (std::uint64_t i = 1; i <= 4; ++i) {
    batch.tasks.push_back({.id = task(i), .priority = static_cast<std::int32_t>(i)});
  }
  EXPECT_THAT(ran(say(batch)), ElementsAre(task(4), task(3)));
}

TEST_F(SchedulerTest, GivesConsumersOfOneValueByPriority) {
  join(1);
  submit(1);
  submit(2, {1}), submit(3, {1}, {.priority = 1}), submit(4, {1}, {.path = 1});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(3)));
  EXPECT_THAT(ran(finish(3)), ElementsAre(task(4)));
}

TEST_F(SchedulerTest, LetsNoConsumerOvertakeWhatIsMoreUrgent) {
  join(1);
  submit(1);
  submit(2, {1});
  submit(3, {}, {.priority = 1});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(3)));
  EXPECT_THAT(ran(finish(3)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, LetsNoUnconstrainedTaskOvertakeAnUrgentConstrainedOne) {
  say(WorkerJoined{.worker = WorkerId{1}, .name = "w1", .resources = {{"gpu", 1}}});
  TaskOptions gpu{.resources = {{"gpu", 1}}};
  submit(1, {}, {.options = std::make_shared<TaskOptions>(gpu)});
  submit(2, {}, {.options = std::make_shared<TaskOptions>(gpu), .priority = 1});
  submit(3, {1});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, SubSubmitPriority) {
  join(1);
  submit(1), submit(2), submit(3);
  say(TaskSuspended{WorkerId{1}, task(1), Attempt{1}});  // it waits for what it submits
  submit(4, {}, {.inside = task(1)});
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(4)));  // in its place, before what was submitted after it
}

TEST_F(SchedulerTest, NestedPrioritization) {
  join(1);
  submit(1), submit(2), submit(3, {1}), submit(4, {2}), submit(5, {3, 4});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(3)));  // what has been begun is brought to its end
  EXPECT_THAT(ran(finish(3)), ElementsAre(task(2)));
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(4)));
  EXPECT_THAT(ran(finish(4)), ElementsAre(task(5)));
}

TEST_F(SchedulerTest, TellsWhichTasksAskForWhatNoWorkerHas) {
  join(1);
  const auto gpu = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1}}});
  submit(1, {}, {.options = gpu}), submit(2), submit(3, {2}, {.options = gpu});
  ASSERT_THAT(scheduler.unmet(), SizeIs(1));  // the other one is not ready
  EXPECT_EQ(scheduler.unmet()[0].task, task(1));
  EXPECT_EQ(scheduler.unmet()[0].demands->resources, gpu->resources);
  say(WorkerJoined{.worker = WorkerId{2}, .name = "w2", .resources = {{"gpu", 1}}});
  EXPECT_THAT(scheduler.unmet(), IsEmpty());
  submit(4, {}, {.options = gpu});
  EXPECT_THAT(scheduler.unmet(), IsEmpty()) << "it waits for its turn, not for a worker";
}

TEST_F(SchedulerTest, TellsWhichScatteredValuesAskForAWorkerThatIsNotThere) {
  join(1);
  say(ValueScattered{.client = client, .id = task(1), .bytes = 10, .workers = {"w2"}});
  say(ValueScattered{.client = client, .id = task(2), .bytes = 10, .workers = {"w1"}});
  ASSERT_THAT(scheduler.unmet(), SizeIs(1));
  EXPECT_EQ(scheduler.unmet()[0].task, task(1));
  EXPECT_THAT(scheduler.unmet()[0].demands->workers, ElementsAre("w2"));
  EXPECT_TRUE(scheduler.unmet()[0].scattered);
  join(2);
  EXPECT_THAT(scheduler.unmet(), IsEmpty());
}

class AheadTest : public SchedulerTest {
 protected:
  AheadTest() : SchedulerTest(Settings{}) {}

  std::vector<Action> finish_in(std::uint64_t number, Duration time) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFinished{run.worker, run.id, run.attempt, 8, time, {}});
  }
};

TEST_F(AheadTest, UrgentTasksOvertakeAllButSomeMillisecondsOfWork) {
  join(1);
  submit(1);
  finish_in(1, 100us);
  TasksSubmitted cheap{client, {}};
  for (std::uint64_t i = 2; i <= 10'001; ++i) cheap.tasks.push_back({.id = task(i)});
  EXPECT_THAT(ran(say(cheap)), SizeIs(50));  // 5 ms
  submit(20'000, {}, {.priority = 1});
  EXPECT_FALSE(last_run.contains(task(20'000)));
  std::vector<TaskId> next;
  for (std::uint64_t i = 2; next.empty() && i <= 51; ++i) next = ran(finish_in(i, 100us));
  ASSERT_THAT(next, testing::Not(IsEmpty()));
  EXPECT_EQ(next[0], task(20'000));  // the first that is sent after it
}

TEST_F(AheadTest, MostlyWorkThatWasSentAheadIsShort) {
  join(1);
  submit(1);
  finish_in(1, 20ms);
  for (std::uint64_t i = 2; i <= 5; ++i) submit(i);
  EXPECT_FALSE(last_run.contains(task(3)));  // a long one runs, and nothing stands behind it
  submit(6, {}, {.priority = 1});
  EXPECT_THAT(ran(finish_in(2, 20ms)), ElementsAre(task(6)));
}

}  // namespace
}  // namespace dflow::core
