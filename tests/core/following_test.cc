// Tasks that are sent to a worker before what they need has been made there.
#include "tests/core/scheduler_fixture.h"
#include "tests/core/worker_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<TaskId> cancelled(const std::vector<Action>& actions) {
  std::vector<TaskId> ids;
  for (const CancelTask& cancel : all<CancelTask>(actions)) ids.push_back(cancel.id);
  return ids;
}

/// What is not known yet counts as short, unless a test says otherwise.
class Following : public SchedulerTest {
 protected:
  Following() : SchedulerTest(all_short()) {}

  static Settings all_short() {
    Settings settings = few_ahead();
    settings.short_run_time = std::chrono::seconds(1);
    settings.max_following = 4;
    return settings;
  }
  /// 2 needs 1, 3 needs 2, and so on, on worker 1.
  void chain(std::uint64_t length) {
    join(1);
    submit(1);
    for (std::uint64_t number = 2; number <= length; ++number) submit(number, {number - 1});
  }
  std::vector<Action> fail(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>(), false});
  }
  bool sent(std::uint64_t number) const { return last_run.contains(task(number)); }
};

TEST_F(Following, AChainIsSentBeforeItsTasksEnd) {
  chain(3);
  ASSERT_TRUE(sent(3));
  const RunTask& third = last_run.at(task(3));
  EXPECT_EQ(third.worker, WorkerId{1});
  EXPECT_THAT(third.inputs, ElementsAre(Input{task(2), last_run.at(task(2)).attempt, 0, {}}));
  EXPECT_THAT(ran(finish(1)), IsEmpty());
  EXPECT_THAT(ran(finish(2)), IsEmpty());
  EXPECT_THAT(all<TaskDone>(finish(3)), SizeIs(1));
}

TEST_F(Following, OneThatCouldNotBeGivenFails) {
  chain(3);
  const RunTask& second = last_run.at(task(2));
  const auto ended = all<TaskEnded>(say(TaskNotGiven{second.worker, second.id, second.attempt, "a bad disk"}));
  ASSERT_THAT(ended, SizeIs(2));  // and what needs it
  EXPECT_EQ(ended[0].failure->message, "a bad disk");
  finish(1);
}

TEST_F(Following, ALongChainIsSentPieceByPiece) {
  chain(20);
  EXPECT_TRUE(sent(5));
  EXPECT_FALSE(sent(6));
  for (std::uint64_t number = 1; number <= 20; ++number) {
    ASSERT_TRUE(sent(number)) << number;
    finish(number);
  }
}

TEST_F(Following, WhatNeedsSeveralFollowsOnceAllAreMadeAtOneWorker) {
  join(1, 2);
  submit(1);
  submit(2);
  submit(3, {1, 2});
  ASSERT_TRUE(sent(3));
  EXPECT_THAT(ran(finish(2)), IsEmpty());
  EXPECT_THAT(ran(finish(1)), IsEmpty());
  finish(3);
}

TEST_F(Following, WhatIsMadeInTwoPlacesIsWaitedFor) {
  join(1);
  join(2);
  submit(1);
  submit(2);
  submit(3, {1, 2});
  EXPECT_NE(where(1), where(2));
  EXPECT_FALSE(sent(3));
}

TEST_F(Following, OfSeveralThatNeedOneNoneFollows) {
  join(1);
  say(TasksSubmitted{
      client,
      {TaskSpec{.id = task(1)}, TaskSpec{.id = task(2), .inputs = {task(1)}}, TaskSpec{.id = task(3), .inputs = {task(1)}}}});
  EXPECT_FALSE(sent(2));
  EXPECT_FALSE(sent(3));
}

TEST_F(Following, WhatIsToRunOnceOrAtCertainWorkersIsWaitedFor) {
  join(1);
  submit(1);
  submit(2, {1}, {.once = true});
  submit(3);
  auto demands = std::make_shared<TaskOptions>();
  demands->workers = {"w1"};
  submit(4, {3}, {.options = demands});
  finish(1);
  EXPECT_FALSE(sent(4));
  EXPECT_TRUE(sent(2));  // now that it could be assigned
}

TEST_F(SchedulerTest, WhatTakesLongIsNotSentBeforeItIsReady) {
  join(1);
  submit(1);
  submit(2, {1});
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(Following, FollowersOfWhatFailedAreForgottenAndFail) {
  chain(3);
  const auto actions = fail(1);
  EXPECT_THAT(cancelled(actions), ElementsAre(task(3), task(2)));
  EXPECT_THAT(all<TaskEnded>(actions), SizeIs(3));
}

TEST_F(Following, FollowersOfWhatIsTriedElsewhereGoThereAsWell) {
  join(1);
  submit(1, {}, {.retries = 1});
  submit(2, {1});
  join(2);
  const RunTask& run = last_run.at(task(1));
  const auto actions = say(TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>(), true});
  EXPECT_THAT(cancelled(actions), ElementsAre(task(2)));
  EXPECT_THAT(ran(actions), ElementsAre(task(1), task(2)));
  EXPECT_EQ(where(1), WorkerId{2});
  EXPECT_EQ(where(2), WorkerId{2});
}

TEST_F(Following, ACancelledFollowerTakesItsOwnWithIt) {
  chain(4);
  EXPECT_THAT(cancelled(say(TasksCancelled{client, {task(3)}})), ElementsAre(task(4), task(3)));
  EXPECT_THAT(ran(finish(1)), IsEmpty());
  finish(2);
}

TEST_F(Following, WhatNobodyNeedsAnyMoreIsForgotten) {
  join(1);
  submit(1);
  submit(2, {1}, {.pure = true});
  EXPECT_THAT(cancelled(say(TasksReleased{client, {task(2)}})), ElementsAre(task(2)));
}

TEST_F(Following, AfterALossAllBeginElsewhere) {
  chain(3);
  join(2);
  const auto actions = lose(1);
  EXPECT_THAT(ran(actions), ElementsAre(task(1), task(2), task(3)));
  EXPECT_THAT(cancelled(actions), IsEmpty());  // there is nobody to tell
  EXPECT_EQ(where(3), WorkerId{2});
}

TEST_F(Following, WhatRanInAWorkerThatDiedIsBlamedThoughItsInputWasNotReported) {
  for (std::uint32_t worker = 1; worker <= 3; ++worker) {
    join(worker);
    if (worker == 1) {
      submit(1);
      submit(2, {1});
    }
    if (worker > 1) finish(1);  // by itself: what is suspected follows nobody
    const auto ended = all<TaskEnded>(lose(worker, std::vector{task(2)}));
    ASSERT_THAT(ended, SizeIs(worker == 3 ? 1 : 0)) << worker;
    if (!ended.empty()) {
      EXPECT_EQ(ended.front().id, task(2));
    }
  }
}

TEST_F(Following, WhatIsToldToHaveBegunJustBeforeTheLossIsBlamed) {
  chain(3);
  say(TaskStarted{WorkerId{1}, task(2), last_run.at(task(2)).attempt});
  lose(1, std::nullopt);
  join(2);
  finish(1);
  EXPECT_TRUE(last_run.at(task(2)).alone);
  EXPECT_FALSE(last_run.at(task(1)).alone);
}

TEST_F(Following, WhatIsGivenBackIsSentAgainWhenItIsReady) {
  chain(3);
  const RunTask second = last_run.at(task(2));
  EXPECT_THAT(cancelled(say(TaskReturned{WorkerId{1}, task(2), second.attempt, {}})), ElementsAre(task(3), task(2)));
  const auto actions = finish(1);
  ASSERT_THAT(ran(actions), ElementsAre(task(2), task(3)));
  EXPECT_NE(last_run.at(task(2)).attempt, second.attempt);
}

TEST_F(Following, ALostInputIsMadeAgainFirst) {
  join(1, 2);
  submit(1);
  finish(1);
  submit(2);
  submit(3, {1, 2});
  ASSERT_TRUE(sent(3));
  const auto actions = say(ValueRemoved{WorkerId{1}, task(1), last_run.at(task(1)).attempt});
  EXPECT_THAT(cancelled(actions), ElementsAre(task(3)));
  EXPECT_EQ(ran(actions).front(), task(1));
}

TEST_F(Following, AWorkerThatRetiresGetsNoMore) {
  chain(1);
  join(2);
  say(RetireRequested{.workers = {WorkerId{1}}});
  submit(2, {1});
  EXPECT_FALSE(sent(2));
}

TEST(FollowingAfterARestart, WhatFollowedIsSentAnew) {
  Settings settings = Settings{.journal = true, .epoch = 1000};
  settings.short_run_time = std::chrono::seconds(1);
  Scheduler scheduler(settings);
  const auto say = [&](const Event& event) {
    auto actions = scheduler.apply(event);
    scheduler.check_invariants();
    return actions;
  };
  say(RecoveryBegan{});
  say(WorkerAwaited{WorkerId{1}});
  say(ClientAwaited{client, {}});
  say(TasksSubmitted{client, {TaskSpec{.id = task(1)}, TaskSpec{.id = task(2), .inputs = {task(1)}}}});
  say(JournalRead{});
  const auto actions = say(WorkerReturned{.self = {.worker = WorkerId{1}, .name = "w", .threads = 1},
                                          .tasks = {{task(1), Attempt{5}, true, false}, {task(2), Attempt{6}, false, false}}});
  EXPECT_THAT(cancelled(actions), ElementsAre(task(2)));
  const auto runs = all<RunTask>(actions);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs.front().id, task(2));
  EXPECT_EQ(runs.front().inputs.front().version, Attempt{5});
}

// ---- The worker's side ----------------------------------------------------------------------------------------------------------

class FollowingAtAWorker : public WorkerFixture {
 protected:
  Actions run(std::uint64_t number, std::vector<Input> inputs = {}) {
    RunTask order{.worker = self, .id = task(number), .attempt = Attempt{1}, .inputs = std::move(inputs)};
    order.rank = {0, 0, number};
    return say(order);
  }
  /// 1 runs, 2 follows it, and 3 follows 2.
  void chain() {
    run(1);
    EXPECT_THAT(run(2, {from(1, {})}), IsEmpty());
    EXPECT_THAT(run(3, {from(2, {})}), IsEmpty());
  }
  static std::vector<TaskId> returned(const Actions& actions) {
    std::vector<TaskId> ids;
    for (const TaskReturned& one : all<TaskReturned>(actions)) ids.push_back(one.id);
    return ids;
  }
};

TEST_F(FollowingAtAWorker, BeginsAsSoonAsItsInputIsMade) {
  chain();
  const auto second = all<StartBody>(say(BodyReturned{.id = task(1), .attempt = Attempt{1}, .bytes = 8}));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second.front().id, task(2));
  EXPECT_THAT(all<StartBody>(say(BodyReturned{.id = task(2), .attempt = Attempt{1}, .bytes = 8})), SizeIs(1));
}

TEST_F(FollowingAtAWorker, GoesBackWhenItsInputIsNotMade) {
  chain();
  EXPECT_THAT(returned(say(BodyThrew{.id = task(1), .attempt = Attempt{1}})), testing::UnorderedElementsAre(task(2), task(3)));
  EXPECT_EQ(worker.tasks(), 0u);
  EXPECT_EQ(worker.values(), 0u);
}

TEST_F(FollowingAtAWorker, GoesBackWhenWhatMakesItsInputIsCancelledOrCalledBack) {
  chain();
  EXPECT_THAT(returned(say(CancelTask{self, task(2), Attempt{1}})), ElementsAre(task(3)));
  run(2, {from(1, {})});
  run(3, {from(2, {})});
  EXPECT_THAT(returned(say(RevokeTask{self, task(2), Attempt{1}})), ElementsAre(task(3)));
  say(CancelTask{self, task(1), Attempt{1}});
  say(BodyReturned{.id = task(1), .attempt = Attempt{1}, .bytes = 8});
  EXPECT_EQ(worker.tasks(), 0u);
  EXPECT_EQ(worker.values(), 0u);
}

TEST_F(FollowingAtAWorker, GoesBackOnceThoughItNeedsTwoThatAreNotMade) {
  run(1);
  run(2, {from(1, {})});
  run(3, {from(1, {}), from(2, {})});
  EXPECT_THAT(returned(say(BodyThrew{.id = task(1), .attempt = Attempt{1}})), testing::UnorderedElementsAre(task(2), task(3)));
}

TEST_F(FollowingAtAWorker, GoesBackAtOnceWhenItsInputHasGone) {
  run(1);
  say(BodyThrew{.id = task(1), .attempt = Attempt{1}});
  EXPECT_THAT(returned(run(2, {from(1, {})})), ElementsAre(task(2)));
}

}  // namespace
}  // namespace dflow::core
