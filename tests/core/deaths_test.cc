// Workers that die, and what that means to tasks and values.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SchedulerTest, ComputesALostValueAgainFromItsLineage) {
  join(1);
  submit(1);
  submit(2, {1});
  finish(1);
  say(TasksReleased{client, {task(1)}});
  finish(2);
  join(2);
  EXPECT_THAT(ran(lose(1)), ElementsAre(task(1)));
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
  EXPECT_EQ(where(2), WorkerId{2});
}

TEST_F(SchedulerTest, BlamesOnlyTasksThatHadStarted) {
  join(1, 2);
  submit(1);
  submit(2);
  say(TaskStarted{WorkerId{1}, task(1), Attempt{1}});
  lose(1, std::nullopt);
  join(2, 2);
  EXPECT_TRUE(last_run.at(task(1)).alone);
  EXPECT_FALSE(last_run.at(task(2)).alone);
}

TEST_F(SchedulerTest, DoesNotBlameATaskThatOnlyWaited) {
  join(1, 2);
  submit(1);
  submit(2);
  say(TaskSuspended{WorkerId{1}, task(1), Attempt{1}});
  say(TaskStarted{WorkerId{1}, task(2), Attempt{1}});
  lose(1, std::nullopt);
  join(2, 2);
  EXPECT_FALSE(last_run.at(task(1)).alone);
  EXPECT_TRUE(last_run.at(task(2)).alone);
}

/// Each time it submits another one that kills its worker.
TEST_F(SchedulerTest, BlamesATaskForWhatItSubmitsAndWaitsFor) {
  submit(1);
  std::vector<TaskEnded> ended;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const WorkerId worker{i};
    const ClientId inner{10 + i};
    ASSERT_THAT(ran(join(i, 2)), ElementsAre(task(1)));
    say(ClientJoined{inner, worker});
    say(TaskStarted{worker, task(1), last_run.at(task(1)).attempt});
    say(TaskSuspended{worker, task(1), last_run.at(task(1)).attempt});
    const TaskId bomb = task_id(inner, 1);
    ASSERT_THAT(ran(say(TasksSubmitted{inner, {{.id = bomb, .inside = task(1)}}})), ElementsAre(bomb));
    say(TaskStarted{worker, bomb, last_run.at(bomb).attempt});
    ended = all<TaskEnded>(lose(i, std::nullopt));
    say(ClientLeft{inner});
  }
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].id, task(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::worker_lost);
  EXPECT_THAT(ended[0].failure->message, HasSubstr("3 workers died while they ran it, or a task that it had submitted"));
}

TEST_F(SchedulerTest, BlamesNobodyForTheEndOfAnIdleWorker) {
  for (std::uint32_t worker = 1; worker <= 5; ++worker) {
    join(worker);
    if (worker == 1) submit(1);
    EXPECT_THAT(all<TaskEnded>(lose(worker, std::nullopt)), IsEmpty());
  }
}

TEST_F(SchedulerTest, BlamesNoTaskThatDidNotRun) {
  for (std::uint32_t worker = 1; worker <= 5; ++worker) {
    join(worker);
    if (worker == 1) submit(1);
    EXPECT_THAT(all<TaskEnded>(lose(worker)), IsEmpty());
  }
}

TEST_F(SchedulerTest, GivesUpATaskUnderWhichThreeWorkersDied) {
  join(1);
  submit(1);
  submit(2);
  for (std::uint32_t worker = 1; worker <= 2; ++worker) {
    lose(worker, {{task(1)}});
    join(worker + 1);
  }
  const auto ended = all<TaskEnded>(lose(3, {{task(1)}}));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::worker_lost);
  EXPECT_EQ(ended[0].failure->end->code, 11);
  EXPECT_THAT(ran(join(4)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, FencesAWorkerThatIsNoMember) {
  join(1);
  submit(1);
  lose(1);
  const auto answer = say(TaskFinished{WorkerId{1}, task(1), Attempt{1}, 8, {}, {}});
  EXPECT_THAT(all<FenceWorker>(answer), ElementsAre(FenceWorker{WorkerId{1}}));
}

TEST_F(SchedulerTest, GivesUpASilentWorker) {
  join(1);
  submit(1);
  say(Tick{Time{std::chrono::seconds(9)}});
  EXPECT_THAT(all<FenceWorker>(say(Tick{Time{std::chrono::seconds(11)}})), SizeIs(1));
  EXPECT_THAT(ran(join(2)), ElementsAre(task(1)));
}

TEST_F(SchedulerTest, NoticesASilentWorkerWithTheFirstTickBehindItsSilence) {
  const Settings defaults;
  join(1);
  const auto heard = std::chrono::seconds(5);
  say(Tick{Time{heard}});
  say(Heartbeat{.worker = WorkerId{1}});
  const auto tick = [&](Duration later) { return all<FenceWorker>(say(Tick{Time{heard + later}})); };
  EXPECT_THAT(tick(defaults.silence), IsEmpty());
  EXPECT_THAT(tick(defaults.silence + defaults.tick), ElementsAre(FenceWorker{WorkerId{1}}));
}

/// In time that only the test lets pass.
class SilenceTest : public SchedulerTest, public testing::WithParamInterface<Duration> {
 protected:
  static Settings with_silence(Duration silence) {
    Settings settings = few_ahead();
    settings.silence = silence;
    return settings;
  }
  SilenceTest() : SchedulerTest(with_silence(GetParam())) {}
};

TEST_P(SilenceTest, IsNoticedAsSoonAsWasConfiguredAndNotBefore) {
  const Duration silence = GetParam(), moment = std::chrono::milliseconds(1);
  join(1);
  join(2);
  const auto heard = std::chrono::milliseconds(100);
  say(Tick{Time{heard}});
  say(Heartbeat{.worker = WorkerId{1}});
  say(Heartbeat{.worker = WorkerId{2}});
  EXPECT_THAT(all<FenceWorker>(say(Tick{Time{heard + silence}})), IsEmpty());
  say(Heartbeat{.worker = WorkerId{2}});
  EXPECT_THAT(all<FenceWorker>(say(Tick{Time{heard + silence + moment}})), ElementsAre(FenceWorker{WorkerId{1}}));
  EXPECT_THAT(all<FenceWorker>(say(Tick{Time{heard + 2 * silence}})), IsEmpty());
  EXPECT_THAT(all<FenceWorker>(say(Tick{Time{heard + 2 * silence + moment}})), ElementsAre(FenceWorker{WorkerId{2}}));
}

INSTANTIATE_TEST_SUITE_P(AsConfigured, SilenceTest,
                         testing::Values(std::chrono::milliseconds(200), std::chrono::seconds(10), std::chrono::hours(24)));

TEST_F(SchedulerTest, KeepsAScatteredValueForWhatMayHaveToBeComputedAgain) {
  join(1);
  say(ValueScattered{client, task(1), 10});
  say(ValueAdded{WorkerId{1}, task(1), Attempt{0}, 10});
  join(2);
  submit(2, {1}, {.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w2", "w3"}})});
  finish(2);
  EXPECT_THAT(all<FreeValue>(say(TasksReleased{client, {task(1)}})), IsEmpty());
  join(3);
  EXPECT_THAT(ran(lose(2)), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, AsksForAScatteredValueAgainWhileItsClientHasIt) {
  join(1);
  say(ValueScattered{client, task(1), 10});
  say(ValueAdded{WorkerId{1}, task(1), Attempt{0}, 10});
  submit(2, {1});
  lose(1);
  EXPECT_THAT(all<PlaceValue>(join(2)), ElementsAre(PlaceValue{client, task(1), WorkerId{2}}));
  EXPECT_THAT(ran(say(ValueAdded{WorkerId{2}, task(1), Attempt{0}, 10})), ElementsAre(task(2)));
}

TEST_F(SchedulerTest, LosesAScatteredValueForGoodThatItsClientGaveUp) {
  join(1);
  say(ValueScattered{client, task(1), 10});
  say(ValueAdded{WorkerId{1}, task(1), Attempt{0}, 10});
  submit(2, {1});
  lose(1);
  const auto ended = all<TaskEnded>(say(ValueUnavailable{.client = client, .id = task(1), .worker = WorkerId{1}}));
  ASSERT_THAT(ended, SizeIs(2));
  EXPECT_EQ(ended[1].failure->kind, Failure::Kind::data_lost);
}

TEST_F(SchedulerTest, SendsAScatteredValueElsewhereWhenItsWorkerIsLostFirst) {
  join(1);
  ASSERT_THAT(all<PlaceValue>(say(ValueScattered{client, task(1), 10})), SizeIs(1));
  EXPECT_THAT(all<PlaceValue>(lose(1)), IsEmpty());
  EXPECT_THAT(all<PlaceValue>(join(2)), ElementsAre(PlaceValue{client, task(1), WorkerId{2}}));
}

TEST_F(SchedulerTest, ReplacesALostReplica) {
  join(1), join(2), join(3);
  submit(1);
  finish(1);
  const auto fetch = all<FetchValue>(say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2}));
  ASSERT_THAT(fetch, SizeIs(1));
  EXPECT_THAT(all<RequestDone>(say(ValueAdded{fetch[0].worker, task(1), Attempt{1}, 8})), SizeIs(1));
  EXPECT_THAT(all<FetchValue>(lose(static_cast<std::uint32_t>(where(1)))), SizeIs(1));
}

TEST_F(SchedulerTest, BlamesNoTaskThatWasOnlyOnItsWay) {
  submit(1);
  for (std::uint32_t worker = 1; worker <= 50; ++worker) {
    join(worker);
    EXPECT_FALSE(last_run.at(task(1)).alone);
    EXPECT_THAT(all<TaskEnded>(lose(worker, std::nullopt)), IsEmpty());
  }
  join(51);
  EXPECT_EQ(last_run.at(task(1)).attempt, Attempt{51});
}

TEST_F(SchedulerTest, GivesUpATaskThatNobodyLivesToBegin) {
  submit(1);
  std::uint32_t worker = 0;
  std::vector<TaskEnded> ended;
  while (ended.empty() && worker < 200) {
    join(++worker);
    ended = all<TaskEnded>(lose(worker, std::nullopt));
  }
  EXPECT_EQ(worker, Settings().allowed_losses);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::worker_lost);
  EXPECT_EQ(ended[0].failure->message, "100 workers died before they had begun it");
}

TEST_F(SchedulerTest, LetsATaskSayHowManyDeathsItMayCause) {
  for (const std::uint8_t allowed : {1, 2, 5}) {
    const std::uint64_t number = 10 + allowed;
    submit(number, {}, {.options = std::make_shared<TaskOptions>(TaskOptions{.allowed_deaths = allowed})});
    for (std::uint32_t death = 1; death <= allowed; ++death) {
      const std::uint32_t worker = allowed * 100 + death;
      join(worker);
      say(TaskStarted{WorkerId{worker}, task(number), Attempt{death}});
      EXPECT_THAT(all<TaskEnded>(lose(worker, std::nullopt)), SizeIs(death == allowed ? 1 : 0));
    }
  }
}

TEST_F(SchedulerTest, SaysWhatWasLostWithItsLastHolder) {
  join(1);
  say(ValueScattered{.client = client, .id = task(1), .bytes = 10, .what = "Matrix"});
  say(ValueAdded{WorkerId{1}, task(1), Attempt{0}, 10});
  submit(2, {1});
  say(TasksReleased{client, {task(1)}});
  const auto ended = all<TaskEnded>(lose(1));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].id, task(2));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::data_lost);
  EXPECT_THAT(ended[0].failure->message, HasSubstr("Matrix (10 bytes): it was lost with w1, "));
}

TEST_F(SchedulerTest, FailsWhoNeedsAScatteredValueThatItsWorkerDoesNotTake) {
  join(1);
  say(ValueScattered{.client = client, .id = task(1), .bytes = 10, .what = "Matrix"});
  submit(2, {1});
  const auto ended = all<TaskEnded>(
      say(ValueUnavailable{.client = client, .id = task(1), .worker = WorkerId{1}, .reason = "no memory"}));
  ASSERT_THAT(ended, SizeIs(2));
  EXPECT_EQ(ended[1].id, task(2));
  EXPECT_EQ(ended[1].failure->message, "Matrix (10 bytes): no memory");
}

TEST_F(SchedulerTest, AnswersARequestForCopiesThatAreRefused) {
  join(1), join(2);
  submit(1);
  finish(1);
  const auto fetch = all<FetchValue>(say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2}));
  ASSERT_THAT(fetch, SizeIs(1));
  const auto answer = say(FetchFailed{fetch[0].worker, {task(1), Attempt{1}, where(1), false, "no memory"}});
  ASSERT_THAT(all<RequestDone>(answer), SizeIs(1));
  EXPECT_THAT(all<RequestDone>(answer)[0].error, HasSubstr("could not be brought to w2: no memory"));
  EXPECT_THAT(all<FetchValue>(say(Tick{})), IsEmpty());  // it is not tried again
}

}  // namespace
}  // namespace dflow::core
