// What holds against late, stale and untimely events. Each of these conditions was broken once without another test's notice.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SchedulerTest, LetsARetiringWorkerEndItsTasks) {
  join(1), join(2);
  submit(1);
  EXPECT_THAT(all<CloseWorker>(say(RetireRequested{client, RequestId{1}, {where(1)}})), IsEmpty());
  EXPECT_THAT(all<CloseWorker>(say(Tick{})), IsEmpty());
}

TEST_F(SchedulerTest, IsNotToldOfTheLossOfAnotherVersion) {
  join(1);
  submit(1);
  finish(1);
  EXPECT_THAT(say(ValueRemoved{WorkerId{1}, task(1), Attempt{7}}), IsEmpty());
}

TEST_F(SchedulerTest, RefusesACopyOfAnotherVersion) {
  join(1), join(2);
  submit(1);
  finish(1);
  const WorkerId other = where(1) == WorkerId{1} ? WorkerId{2} : WorkerId{1};
  EXPECT_THAT(all<FreeValue>(say(ValueAdded{other, task(1), Attempt{7}, 8})), ElementsAre(FreeValue{other, task(1), Attempt{7}}));
}

TEST_F(SchedulerTest, AnswersNobodyWhoHasLeft) {
  join(1), join(2);
  submit(1);
  finish(1);
  ASSERT_THAT(all<FetchValue>(say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2})), SizeIs(1));
  say(ClientLeft{client});
  EXPECT_THAT(all<RequestDone>(say(Tick{})), IsEmpty());
}

TEST_F(SchedulerTest, EndsTheClientsInsideALostWorker) {
  join(1);
  say(ClientJoined{ClientId{2}, WorkerId{1}});
  TaskSpec inner{.id = task_id(ClientId{2}, 1)};
  say(TasksSubmitted{ClientId{2}, {inner}});
  lose(1);
  EXPECT_EQ(scheduler.counts().clients, 1u);
  EXPECT_THAT(ran(join(2)), IsEmpty());
}

TEST_F(SchedulerTest, BlamesNobodyForADeathThatWasAskedFor) {
  join(1, 2);
  submit(1), submit(2);
  for (const std::uint64_t i : {1, 2}) say(TaskStarted{WorkerId{1}, task(i), Attempt{1}});
  ASSERT_THAT(all<ReplaceWorker>(say(TasksCancelled{client, {task(1)}, true})), SizeIs(1));
  lose(1, std::nullopt);
  join(2);
  EXPECT_FALSE(last_run.at(task(2)).alone);
}

TEST_F(SchedulerTest, TellsTheClientOfNoFurtherCopies) {
  join(1), join(2);
  submit(1);
  finish(1);
  EXPECT_THAT(all<TaskDone>(say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2})), IsEmpty());
}

TEST_F(SchedulerTest, CallsRunningWhatHasBegun) {
  join(1);
  submit(1);
  EXPECT_THAT(all<Located>(say(LocateRequested{client, RequestId{1}, {task(1)}})).at(0).running, IsEmpty());
  say(TaskStarted{WorkerId{1}, task(1), Attempt{1}});
  EXPECT_THAT(all<Located>(say(LocateRequested{client, RequestId{2}, {task(1)}})).at(0).running, ElementsAre(task(1)));
}

TEST_F(SchedulerTest, KeepsTheInputsOfWhatMayRunAgain) {
  join(1, 2);
  submit(1, {}, {.retries = 1}), submit(2);
  EXPECT_TRUE(last_run.at(task(1)).keep_inputs);
  EXPECT_FALSE(last_run.at(task(2)).keep_inputs);
}

TEST_F(SchedulerTest, LetsNoThiefTakeWhatFailedThere) {
  join(1), join(2);
  submit(1), submit(2, {}, {.retries = 1});
  ASSERT_NE(where(1), where(2));
  EXPECT_THAT(ran(say(TaskFailed{where(2), task(2), Attempt{1}, {}})), IsEmpty());  // it waits for the other one
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, BelievesNobodyInAnothersName) {
  join(1), join(2);
  submit(1);
  const WorkerId other = where(1) == WorkerId{1} ? WorkerId{2} : WorkerId{1};
  const TaskFinished told{other, task(1), Attempt{1}, 8, std::chrono::milliseconds(1), {}};
  EXPECT_THAT(say(told), ElementsAre(Action(FreeValue{other, task(1), Attempt{1}})));
  EXPECT_THAT(all<TaskDone>(finish(1)), SizeIs(1));
}

TEST_F(SchedulerTest, BelievesNothingAboutAnEarlierAttempt) {
  join(1);
  submit(1, {}, {.retries = 1});
  const TaskFailed told{WorkerId{1}, task(1), Attempt{1}, {}};
  ASSERT_THAT(ran(say(told)), ElementsAre(task(1)));
  EXPECT_THAT(say(told), IsEmpty());
  EXPECT_THAT(all<TaskDone>(finish(1)), SizeIs(1));
}

TEST_F(SchedulerTest, DoesNotRetryWhatMustNotBe) {
  join(1);
  submit(1, {}, {.retries = 2});
  const auto told = say(TaskFailed{WorkerId{1}, task(1), Attempt{1}, {}, false});
  EXPECT_THAT(all<TaskEnded>(told), SizeIs(1));
  EXPECT_THAT(ran(told), IsEmpty());
}

TEST_F(SchedulerTest, FreesWhatItsHolderDidNotFind) {
  join(1);
  submit(1);
  finish(1);
  EXPECT_THAT(all<FreeValue>(say(ValueRemoved{WorkerId{1}, task(1), Attempt{1}})),
              ElementsAre(FreeValue{WorkerId{1}, task(1), Attempt{1}}));
}

TEST_F(SchedulerTest, KeepsAValueWhoseHolderCouldNotBeReached) {
  join(1);
  submit(1);
  finish(1);
  const auto told = say(ValueUnavailable{client, task(1), Attempt{1}, WorkerId{1}, false});
  EXPECT_THAT(all<TaskDone>(told), SizeIs(1));
  EXPECT_THAT(ran(told), IsEmpty());
}

TEST_F(SchedulerTest, WaitsForNoCopyOfWhatWasFreed) {
  join(1), join(2);
  submit(1);
  finish(1, 1000);
  ASSERT_THAT(all<FetchValue>(say(RebalanceRequested{client, RequestId{1}})), SizeIs(1));
  say(TasksReleased{client, {task(1)}});
  EXPECT_THAT(all<RequestDone>(say(Tick{})), SizeIs(1));
}

TEST_F(SchedulerTest, CancelsWhatRunsAndNobodyNeeds) {
  join(1);
  submit(1, {}, {.pure = true});
  EXPECT_THAT(all<CancelTask>(say(TasksReleased{client, {task(1)}})),
              ElementsAre(CancelTask{WorkerId{1}, task(1), Attempt{1}}));
}

TEST_F(SchedulerTest, ReplacesNoWorkerForACancellationWithoutForce) {
  join(1);
  submit(1);
  EXPECT_THAT(all<ReplaceWorker>(say(TasksCancelled{client, {task(1)}, false})), IsEmpty());
}

TEST_F(SchedulerTest, TakesOtherWorkersOnlyWhereThereAreNoneOfThoseNamed) {
  join(1), join(2);
  const auto rather = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w1"}, .other_workers = true});
  submit(1, {}, {.options = rather});
  EXPECT_EQ(where(1), WorkerId{1});
  EXPECT_THAT(ran(submit(2, {}, {.options = rather})), IsEmpty());
}

/// The next worker takes the place of the one that is lost.
TEST_F(SchedulerTest, DropsNoCopyOfANewWorkerForOneThatWasLost) {
  join(1);
  submit(1);
  finish(1, 1000);
  join(2), join(3);
  const auto moved = all<FetchValue>(say(RebalanceRequested{client, RequestId{1}}));
  ASSERT_THAT(moved, SizeIs(1));
  const WorkerId to = moved[0].worker, other = to == WorkerId{2} ? WorkerId{3} : WorkerId{2};
  say(ValueAdded{other, task(1), Attempt{1}, 1000});
  lose(1);
  join(4);
  say(ValueAdded{WorkerId{4}, task(1), Attempt{1}, 1000});
  EXPECT_THAT(all<FreeValue>(say(ValueAdded{to, task(1), Attempt{1}, 1000})), IsEmpty());
}

TEST_F(SchedulerTest, LetsNobodyCancelOrReleaseWhatIsAnothers) {
  join(1);
  submit(1);
  const ClientId stranger{2};
  say(ClientJoined{stranger});
  EXPECT_THAT(say(TasksCancelled{stranger, {task(1)}}), IsEmpty());
  EXPECT_THAT(say(TasksReleased{stranger, {task(1)}}), IsEmpty());
  EXPECT_THAT(all<TaskDone>(finish(1)), SizeIs(1));
}

}  // namespace
}  // namespace dflow::core
