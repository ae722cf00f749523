#include <algorithm>
#include <functional>

#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SchedulerTest, RunsConsumerOnceItsLastInputIsStored) {
  join(1, 2);
  submit(1);
  submit(2);
  EXPECT_THAT(ran(submit(3, {1, 2})), IsEmpty());
  EXPECT_THAT(ran(finish(1)), IsEmpty());
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(3)));
}

TEST_F(SchedulerTest, NamesTheHoldersOfEachInput) {
  join(1);
  submit(1);
  submit(2, {1, 1});
  finish(1, 100);
  const RunTask& run = last_run.at(task(2));
  ASSERT_THAT(run.inputs, SizeIs(2));
  EXPECT_EQ(run.inputs[0].bytes, 100u);
  EXPECT_THAT(run.inputs[1].holders, ElementsAre(WorkerId{1}));
}

TEST_F(SchedulerTest, NamesInputsThatTasksHaveInCommonOnce) {
  join(1, 3);
  join(2);
  const std::vector<std::uint64_t> common = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const std::uint64_t each : common) submit(each);
  submit(20, common);
  submit(21, common);
  submit(22, common);
  submit(23, {8, 7, 6, 5, 4, 3, 2, 1});
  for (const std::uint64_t each : common) finish(each);
  for (const std::uint64_t each : {20, 21, 22, 23}) ASSERT_TRUE(last_run.contains(task(each))) << each;
  const auto here = [&](std::uint64_t number) { return last_run.at(task(number)); };
  for (const std::uint64_t each : {20, 21, 22}) {
    EXPECT_EQ(here(each).inputs.is(here(20).inputs), here(each).worker == here(20).worker) << each;
    for (std::size_t i = 0; i < common.size(); ++i) EXPECT_EQ(here(each).inputs[i].id, task(common[i]));
  }
  EXPECT_EQ(here(23).inputs.front().id, task(8)) << "in another order";
}

TEST_F(SchedulerTest, TellsTheClientOnceAndPassesASmallValueOn) {
  join(1);
  submit(1);
  const auto value = std::make_shared<std::string>("42");
  const auto done = all<TaskDone>(say(TaskFinished{WorkerId{1}, task(1), Attempt{1}, 2, {}, value}));
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_EQ(done[0].inline_value, value);
}

TEST_F(SchedulerTest, RunsWhereTheBytesAre) {
  join(1), join(2);
  submit(1);
  submit(2);
  finish(1, 100'000'000);
  finish(2, 8);
  submit(3, {2, 1});
  EXPECT_EQ(where(3), where(1));
}

TEST_F(SchedulerTest, HoldsRootsBackUntilAWorkerHasRoom) {
  join(1);
  for (std::uint64_t i = 1; i <= 5; ++i) submit(i);
  EXPECT_THAT(last_run, SizeIs(1));
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, FreesWhatNothingNeedsAndForgetsIt) {
  join(1);
  submit(1);
  finish(1);
  const auto freed = all<FreeValue>(say(TasksReleased{client, {task(1)}}));
  EXPECT_THAT(freed, ElementsAre(FreeValue{WorkerId{1}, task(1), Attempt{1}}));
  EXPECT_EQ(scheduler.tasks(), 0u);
}

TEST_F(SchedulerTest, CopiesAScatteredValueBeforeItsClientIsTold) {
  join(1), join(2);
  const auto placed = all<PlaceValue>(say(ValueScattered{client, task(1), 10, 2}));
  const auto first = say(ValueAdded{placed.at(0).worker, task(1), Attempt{0}, 10});
  EXPECT_THAT(all<TaskDone>(first), IsEmpty());
  const auto fetches = all<FetchValue>(first);
  ASSERT_THAT(fetches, SizeIs(1));
  EXPECT_THAT(all<TaskDone>(say(ValueAdded{fetches[0].worker, task(1), Attempt{0}, 10})), SizeIs(1));
}

TEST_F(SchedulerTest, RetriesOnAnotherWorker) {
  join(1), join(2);
  submit(1, {}, {.retries = 1});
  const WorkerId first = where(1);
  EXPECT_THAT(all<TaskEnded>(say(TaskFailed{first, task(1), Attempt{1}, {}})), IsEmpty());
  EXPECT_NE(where(1), first);
  EXPECT_THAT(all<TaskEnded>(say(TaskFailed{where(1), task(1), Attempt{2}, {}})), SizeIs(1));
}

TEST_F(SchedulerTest, RetriesOnTheOnlyWorker) {
  join(1);
  submit(1, {}, {.retries = 1});
  EXPECT_THAT(ran(say(TaskFailed{WorkerId{1}, task(1), Attempt{1}, {}})), ElementsAre(task(1)));
}

TEST_F(SchedulerTest, FailsWithTheFirstFailedInputWhenAllHaveEnded) {
  join(1, 3);
  submit(1), submit(2), submit(3), submit(4, {1, 2, 3});
  say(TaskFailed{WorkerId{1}, task(3), Attempt{1}, {}});
  say(TaskFailed{WorkerId{1}, task(2), Attempt{1}, {}});
  const auto ended = all<TaskEnded>(finish(1));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].id, task(4));
  EXPECT_EQ(ended[0].failure->origin, task(2));
}

TEST_F(SchedulerTest, AsksForADefaultValueWhereAFailedInputIsIgnored) {
  join(1);
  submit(1);
  submit(2, {1}, {.on_failure = OnFailure::ignore});
  say(TaskFailed{WorkerId{1}, task(1), Attempt{1}, {}});
  EXPECT_TRUE(last_run.at(task(2)).default_value);
  EXPECT_THAT(last_run.at(task(2)).inputs, IsEmpty());
}

TEST_F(SchedulerTest, FailsOfAnIgnoredInputWhereThereIsNoDefaultValue) {
  join(1);
  submit(1);
  submit(2, {1}, {.on_failure = OnFailure::ignore});
  say(TaskFailed{WorkerId{1}, task(1), Attempt{1}, {}});
  const RunTask& run = last_run.at(task(2));
  const auto ended = all<TaskEnded>(say(TaskFailed{run.worker, run.id, run.attempt, {}}));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->origin, task(1));
}

TEST_F(SchedulerTest, CancelsAllSuccessorsOfATaskThatAsksForIt) {
  join(1);
  submit(1, {}, {.on_failure = OnFailure::cancel_successors});
  submit(2, {1}, {.on_failure = OnFailure::ignore});
  submit(3, {2});
  const auto ended = all<TaskEnded>(say(TaskFailed{WorkerId{1}, task(1), Attempt{1}, {}}));
  ASSERT_THAT(ended, SizeIs(3));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::exception);
  EXPECT_EQ(ended[1].failure->kind, Failure::Kind::swept);
  EXPECT_EQ(ended[2].failure->kind, Failure::Kind::swept);
}

TEST_F(SchedulerTest, FailsWhatNeedsACancelledTaskWhateverThatOneAsksFor) {
  join(1);
  submit(1, {}, {.on_failure = OnFailure::cancel_successors});
  submit(2, {1});
  const auto ended = all<TaskEnded>(say(TasksCancelled{client, {task(1)}}));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::cancelled);
}

TEST_F(SchedulerTest, CancelsARunningTaskAndThoseThatNeedIt) {
  join(1);
  submit(1), submit(2, {1});
  const auto actions = say(TasksCancelled{client, {task(1)}});
  EXPECT_THAT(all<CancelTask>(actions), ElementsAre(CancelTask{WorkerId{1}, task(1), Attempt{1}}));
  ASSERT_THAT(all<TaskEnded>(actions), SizeIs(1));
  EXPECT_EQ(all<TaskEnded>(actions)[0].id, task(2));
}

TEST_F(SchedulerTest, RefusesAResultOfAnAttemptThatIsNoLongerWanted) {
  join(1);
  submit(1);
  say(TasksCancelled{client, {task(1)}});
  const auto answer = say(TaskFinished{WorkerId{1}, task(1), Attempt{1}, 8, {}, {}});
  EXPECT_THAT(all<FreeValue>(answer), ElementsAre(FreeValue{WorkerId{1}, task(1), Attempt{1}}));
}

TEST_F(SchedulerTest, GivesTheThreadOfATaskThatWaitsToAnother) {
  join(1);
  submit(1), submit(2);
  EXPECT_THAT(ran(say(TaskSuspended{WorkerId{1}, task(1), Attempt{1}})), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, RefusesAmountsThatAreNone) {
  for (const double amount : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    TaskOptions options{.resources = {{"gpu", amount}}};
    const auto ended = all<TaskEnded>(submit(1, {}, {.options = std::make_shared<TaskOptions>(options)}));
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].failure->kind, Failure::Kind::invalid);
    EXPECT_THAT(ended[0].failure->message, testing::HasSubstr("of 'gpu', which is no amount"));
  }
}

TEST_F(SchedulerTest, KeepsConstrainedTasksForThoseWhoMayRunThem) {
  join(1);
  TaskOptions options{.resources = {{"gpu", 1}}};
  submit(1, {}, {.options = std::make_shared<TaskOptions>(options)});
  submit(2, {}, {.options = std::make_shared<TaskOptions>(options)});
  EXPECT_THAT(last_run, IsEmpty());
  WorkerJoined able{.worker = WorkerId{2}, .threads = 4};
  able.resources = {{"gpu", 1}};
  EXPECT_THAT(ran(say(able)), ElementsAre(task(1)));
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, TakesWaitingWorkFromABusyWorkerForAnIdleOne) {
  join(1);
  submit(1);
  finish(1);
  submit(2), submit(3, {1}), submit(4, {1});
  EXPECT_THAT(ran(join(2)), SizeIs(1));
}

TEST_F(SchedulerTest, CancelsTheTasksOfAClientThatLeaves) {
  join(1);
  submit(1), submit(2), submit(3, {}, {.fire_and_forget = true});
  EXPECT_THAT(ran(say(ClientLeft{client})), ElementsAre(task(3)));
  finish(3);
  EXPECT_EQ(scheduler.tasks(), 0u);
}

TEST_F(SchedulerTest, RunsWhatIsFiredAndForgottenThoughItIsPureAndNobodyNeedsIt) {
  join(1);
  submit(1);
  submit(2, {}, {.wanted = false, .pure = true}), submit(3, {}, {.wanted = false, .pure = true, .fire_and_forget = true});
  EXPECT_EQ(scheduler.errands(), 1u);
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(3)));
  finish(3);
  EXPECT_EQ(scheduler.errands(), 0u);
}

TEST_F(SchedulerTest, CountsNothingThatIsFiredAndForgottenOnceItHasFailed) {
  submit(1, {}, {.fire_and_forget = true}), submit(2, {1}, {.fire_and_forget = true});
  EXPECT_EQ(scheduler.errands(), 2u);
  say(TasksCancelled{client, {task(1)}});
  EXPECT_EQ(scheduler.errands(), 0u);
}

TEST_F(SchedulerTest, MovesWhatARetiringWorkerAloneHolds) {
  join(1);
  submit(1);
  finish(1);
  join(2);
  const auto asked = say(RetireRequested{client, RequestId{7}, {WorkerId{1}}});
  ASSERT_THAT(all<FetchValue>(asked), SizeIs(1));
  say(ValueAdded{WorkerId{2}, task(1), Attempt{1}, 8});
  EXPECT_THAT(all<CloseWorker>(say(Tick{})), SizeIs(1));
  const auto gone = say(WorkerLost{WorkerId{1}, {.kind = WorkerEnd::Kind::left}, {}});
  EXPECT_THAT(all<RequestDone>(gone), ElementsAre(RequestDone{client, RequestId{7}, ""}));
  EXPECT_THAT(ran(gone), IsEmpty());
}

TEST_F(SchedulerTest, ReplacesAWorkerAndCancelsNothing) {
  join(1);
  submit(1);
  join(2);
  EXPECT_THAT(all<ReplaceWorker>(say(ReplaceRequested{client, RequestId{7}, {WorkerId{1}, WorkerId{9}}})),
              ElementsAre(ReplaceWorker{WorkerId{1}}));
  EXPECT_THAT(all<ReplaceWorker>(say(ReplaceRequested{client, RequestId{8}, {WorkerId{1}}})), IsEmpty());
  const auto gone = say(WorkerLost{WorkerId{1}, {.kind = WorkerEnd::Kind::signalled}, {{task(1)}}});
  EXPECT_THAT(all<RequestDone>(gone), ElementsAre(RequestDone{client, RequestId{7}, ""}, RequestDone{client, RequestId{8}, ""}));
  EXPECT_THAT(ran(gone), ElementsAre(task(1)));
  EXPECT_EQ(where(1), WorkerId{2});
  EXPECT_FALSE(last_run.at(task(1)).alone);
}

TEST_F(SchedulerTest, AnswersAtOnceWhereNobodyIsToBeReplaced) {
  join(1);
  EXPECT_THAT(all<RequestDone>(say(ReplaceRequested{client, RequestId{7}, {WorkerId{9}}})),
              ElementsAre(RequestDone{client, RequestId{7}, ""}));
}

TEST_F(SchedulerTest, SaysWhatIsWrongWithASubmission) {
  const auto ended = all<TaskEnded>(submit(1, {99}));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::invalid);
  EXPECT_EQ(ended[0].failure->message, "task 1/1 needs task 1/99, which is not known");
}

TEST_F(SchedulerTest, TellsATasksStory) {
  join(1);
  submit(1);
  EXPECT_THAT(scheduler.story(task(1)), testing::HasSubstr("event 3 (TasksSubmitted): ready -> assigned"));
}

class CallBackTest : public SchedulerTest {
 protected:
  CallBackTest() : SchedulerTest(Settings{}) {}
};

TEST_F(CallBackTest, MovesASentTaskOnlyWhenItsWorkerAgrees) {
  join(1);
  submit(1), submit(2);
  ASSERT_EQ(where(2), WorkerId{1});
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(where(2), WorkerId{1});
  say(TaskRevoked{WorkerId{1}, asked[0].id, asked[0].attempt, true});
  EXPECT_EQ(last_run.at(asked[0].id).worker, WorkerId{2});
}

TEST_F(CallBackTest, AsksForATaskThatHasBegunOnce) {
  join(1);
  submit(1), submit(2);
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  auto later = all<RevokeTask>(say(TaskRevoked{WorkerId{1}, asked[0].id, asked[0].attempt, false}));
  for (const RevokeTask& again : all<RevokeTask>(say(Tick{}))) later.push_back(again);
  for (const RevokeTask& again : later) EXPECT_NE(again.id, asked[0].id);
}

TEST_F(CallBackTest, CallsNothingBackForWhoMayNotRunIt) {
  join(1);
  const auto here = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w1"}});
  submit(1, {}, {.options = here}), submit(2, {}, {.options = here});
  ASSERT_EQ(where(2), WorkerId{1});
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(CallBackTest, LeavesATaskThatHasBegun) {
  join(1);
  submit(1), submit(2);
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_THAT(say(TaskRevoked{WorkerId{1}, asked[0].id, asked[0].attempt, false}), IsEmpty());
  EXPECT_EQ(last_run.at(asked[0].id).worker, WorkerId{1});
}

/// With room for work sent ahead, as in life.
class RunsTest : public SchedulerTest {
 protected:
  RunsTest() : SchedulerTest(Settings{}) { join(1), join(2); }

  /// Tasks without inputs, of a function that is known to take so long.
  std::vector<WorkerId> homes(Duration each, std::uint64_t count) {
    submit(1'000'000);
    const RunTask first = last_run.at(task(1'000'000));
    say(TaskFinished{first.worker, first.id, first.attempt, 8, each, {}});
    std::vector<WorkerId> homes;
    for (std::uint64_t i = 1; i <= count; ++i) {
      if (!ran(submit(i)).empty()) homes.push_back(where(i));
    }
    return homes;
  }
};

TEST_F(RunsTest, KeepsShortNeighboursTogether) {
  const auto at = homes(std::chrono::microseconds(10), 200);
  EXPECT_EQ(std::adjacent_find(at.begin(), at.begin() + 15, std::not_equal_to<>()), at.begin() + 15);
  EXPECT_NEAR(std::count(at.begin(), at.end(), WorkerId{1}), 100, 25);
}

TEST_F(RunsTest, DealsLongTasksOutOneByOne) {
  EXPECT_THAT(homes(std::chrono::milliseconds(1), 4),
              testing::UnorderedElementsAre(WorkerId{1}, WorkerId{2}, WorkerId{1}, WorkerId{2}));
}

TEST_F(RunsTest, FillsRoomUpWhenThereIsEnoughOfIt) {
  (void)homes(std::chrono::microseconds(1), 3000);  // more than both take
  ASSERT_FALSE(last_run.contains(task(3000)));
  std::vector<TaskId> more;
  std::uint64_t ended = 0;
  for (std::uint64_t i = 1; more.empty() && i <= 1000; ++i) {
    if (!last_run.contains(task(i)) || where(i) != WorkerId{1}) continue;
    const RunTask run = last_run.at(task(i));
    more = ran(say(TaskFinished{run.worker, run.id, run.attempt, 8, std::chrono::microseconds(1), {}}));
    ++ended;
  }
  EXPECT_GT(ended, 200u);
  EXPECT_EQ(more.size(), ended);
}

}  // namespace
}  // namespace dflow::core
