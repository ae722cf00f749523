#include "tests/core/worker_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class WorkerTest : public WorkerFixture {
 protected:
  Actions run(std::uint64_t number, std::vector<Input> inputs = {}, std::int32_t priority = 0) {
    RunTask order{.worker = self, .id = task(number), .attempt = Attempt{1}, .inputs = std::move(inputs)};
    order.rank = {priority, 0, number};
    return say(order);
  }
};

TEST_F(WorkerTest, FetchesInputsThenRuns) {
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {peer})})),
              ElementsAre(StartFetch{task(9), Attempt{1}, peer, 8}));
  const auto arrived = say(FetchSucceeded{task(9), Attempt{1}, peer, 8});
  EXPECT_THAT(all<ValueAdded>(arrived), SizeIs(1));
  EXPECT_THAT(all<StartBody>(arrived), SizeIs(1));
}

TEST_F(WorkerTest, FetchesAValueOnceForAllItsReaders) {
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {peer}), from(9, {peer})})), SizeIs(1));
  EXPECT_THAT(all<StartFetch>(run(2, {from(9, {peer})})), IsEmpty());
}

TEST_F(WorkerTest, RefetchesFromSecondHolderWhenPeerIsLost) {
  run(1, {from(9, {peer, other})});
  EXPECT_THAT(all<StartFetch>(say(FetchBroken{task(9), Attempt{1}, peer, false})),
              ElementsAre(StartFetch{task(9), Attempt{1}, other, 8}));
}

TEST_F(WorkerTest, RunsASuspectAlone) {
  Worker wide{self, {.threads = 2}};
  const auto say_wide = [&](const WorkerEvent& event) {
    auto actions = wide.apply(event);
    wide.check_invariants();
    return all<StartBody>(actions);
  };
  const auto order = [](std::uint64_t number, bool alone) {
    RunTask one{.worker = self, .id = task(number), .attempt = Attempt{1}};
    one.rank = {0, 0, number};
    one.alone = alone;
    return one;
  };
  EXPECT_THAT(say_wide(order(1, false)), SizeIs(1));
  EXPECT_THAT(say_wide(order(2, true)), IsEmpty());
  EXPECT_THAT(say_wide(order(3, false)), IsEmpty());
  const auto suspect = say_wide(BodyReturned{.id = task(1), .attempt = Attempt{1}});
  ASSERT_THAT(suspect, SizeIs(1));
  EXPECT_EQ(suspect[0].id, task(2));
  EXPECT_THAT(say_wide(BodyReturned{.id = task(2), .attempt = Attempt{1}}), SizeIs(1));
}

TEST_F(WorkerTest, SaysSoWhenAValueIsSentAgainThatItHas) {
  say(ValuePushed{task(9), Attempt{0}, 8});
  EXPECT_THAT(all<ValueAdded>(say(ValuePushed{task(9), Attempt{0}, 8})), SizeIs(1));
  run(1, {{.id = task(9), .version = Attempt{0}, .bytes = 8, .holders = {self}}});
  say(FreeValue{self, task(9), Attempt{0}});
  EXPECT_THAT(all<ValueAdded>(say(ValuePushed{task(9), Attempt{0}, 8})), SizeIs(1));
  EXPECT_THAT(all<DropValue>(say(BodyReturned{.id = task(1), .attempt = Attempt{1}})), IsEmpty());
}

TEST_F(WorkerTest, GivesATaskBackWhenNobodyHasItsInput) {
  run(1, {from(9, {peer})});
  const auto returned = all<TaskReturned>(say(FetchBroken{task(9), Attempt{1}, peer, true}));
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_THAT(returned[0].missing, ElementsAre(MissingInput{task(9), Attempt{1}, peer, true}));
  EXPECT_EQ(worker.tasks() + worker.values(), 0u);
}

TEST_F(WorkerTest, AsksACancelledBodyToStopOnce) {
  run(1);
  EXPECT_THAT(all<StopBody>(say(CancelTask{self, task(1), Attempt{1}})), SizeIs(1));
  EXPECT_THAT(all<StopBody>(say(CancelTask{self, task(1), Attempt{1}})), IsEmpty());
}

TEST_F(WorkerTest, TellsNothingOfACancelledBodyThatThrew) {
  run(1);
  say(CancelTask{self, task(1), Attempt{1}});
  EXPECT_THAT(all<TaskFailed>(say(BodyThrew{.id = task(1), .attempt = Attempt{1}})), IsEmpty());
  EXPECT_EQ(worker.tasks(), 0u);
}

TEST_F(WorkerTest, TellsNothingOfATimeLimitThatNobodyWaitsFor) {
  RunTask order{.worker = self, .id = task(1), .attempt = Attempt{1}};
  order.options = std::make_shared<TaskOptions>(TaskOptions{.timeout = std::chrono::milliseconds(10)});
  say(order);
  say(CancelTask{self, task(1), Attempt{1}});
  EXPECT_THAT(all<TaskFailed>(tick(20)), IsEmpty());
}

TEST_F(WorkerTest, KeepsWhatTheSchedulerAskedForAfterItWasFreed) {
  say(ValuePushed{task(9), Attempt{1}, 8});
  run(1, {from(9, {self})});
  say(FreeValue{self, task(9), Attempt{1}});
  EXPECT_THAT(all<ValueAdded>(say(FetchValue{self, from(9, {peer})})), SizeIs(1));
  say(BodyReturned{.id = task(1), .attempt = Attempt{1}});
  EXPECT_TRUE(worker.stored(task(9), Attempt{1}));
}

TEST_F(WorkerTest, TakesNoAnswerOfAHolderThatItDoesNotAsk) {
  run(1, {from(9, {peer, other})});
  say(FetchBroken{task(9), Attempt{1}, peer, false});
  EXPECT_THAT(say(FetchSucceeded{task(9), Attempt{1}, peer, 8}), IsEmpty());
  EXPECT_THAT(all<StartBody>(say(FetchSucceeded{task(9), Attempt{1}, other, 8})), SizeIs(1));
}

TEST_F(WorkerTest, DropsWhatComesAfterItWasPushedAndFreed) {
  run(1, {from(9, {peer})});
  say(ValuePushed{task(9), Attempt{1}, 8});
  say(BodyReturned{.id = task(1), .attempt = Attempt{1}});
  say(FreeValue{self, task(9), Attempt{1}});
  EXPECT_THAT(all<DropValue>(say(FetchSucceeded{task(9), Attempt{1}, peer, 8})), ElementsAre(DropValue{task(9), Attempt{1}}));
  EXPECT_EQ(worker.values(), 1u) << "that of the task alone";
}

TEST_F(WorkerTest, TakesAnAnswerThatComesWhenItAsksSomebodyElseAlready) {
  run(1, {from(9, {peer})});
  say(ValuePushed{task(9), Attempt{1}, 8});
  say(BodyReturned{.id = task(1), .attempt = Attempt{1}});
  say(FreeValue{self, task(9), Attempt{1}});
  run(2, {from(9, {other})});
  EXPECT_THAT(all<StartBody>(say(FetchSucceeded{task(9), Attempt{1}, peer, 8})), SizeIs(1));
}

TEST_F(WorkerTest, KeepsTheCopyOfAValueWhoseSecondBodyIsUnwelcome) {
  say(ValuePushed{task(1), Attempt{1}, 8});
  run(1);
  say(CancelTask{self, task(1), Attempt{1}});
  EXPECT_THAT(all<DropValue>(say(BodyReturned{.id = task(1), .attempt = Attempt{1}})), IsEmpty());
  EXPECT_TRUE(worker.stored(task(1), Attempt{1}));
}

TEST_F(WorkerTest, HopesNoLongerThanItsHoldersDo) {
  run(1, {from(9, {peer})});
  say(FetchBroken{task(9), Attempt{1}, peer, false});
  ASSERT_THAT(all<StartFetch>(tick(1000)), SizeIs(1));
  const auto returned = all<TaskReturned>(say(FetchBroken{task(9), Attempt{1}, peer, true}));
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_THAT(returned[0].missing, SizeIs(1));
}

TEST_F(WorkerTest, ForgetsAPauseWithWhomItIsFor) {
  run(1, {from(9, {peer})});
  say(FetchBroken{task(9), Attempt{1}, peer, false});
  say(CancelTask{self, task(1), Attempt{1}});
  EXPECT_EQ(worker.values(), 0u);
  EXPECT_THAT(all<StartFetch>(tick(1000)), IsEmpty());
}

TEST_F(WorkerTest, FailsATaskWhoseInputItCannotTake) {
  run(1, {from(9, {peer})});
  for (int round = 1; round <= 2; ++round) {
    EXPECT_THAT(say(FetchBroken{task(9), Attempt{1}, peer, false, "no memory"}), IsEmpty());  // there may be later
    tick(round * 1000);
  }
  const auto failed = all<TaskFailed>(say(FetchBroken{task(9), Attempt{1}, peer, false, "no memory"}));
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].failure->message, "an input could not be brought to it: no memory");
  EXPECT_FALSE(failed[0].retry);
  EXPECT_EQ(worker.tasks() + worker.values(), 0u);
}

TEST_F(WorkerTest, AsksAnUnreachablePeerAgainAfterAPause) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(say(FetchBroken{task(9), Attempt{1}, peer, false}), IsEmpty());
  EXPECT_THAT(all<StartFetch>(tick(50)), IsEmpty());
  EXPECT_THAT(all<StartFetch>(tick(500)), SizeIs(1));
  say(FetchBroken{task(9), Attempt{1}, peer, false});
  tick(5000);
  EXPECT_THAT(all<TaskReturned>(say(FetchBroken{task(9), Attempt{1}, peer, false})), SizeIs(1));
}

TEST_F(WorkerTest, RunsTheBestRankFirstAndNoMoreThanThreads) {
  run(1);
  EXPECT_THAT(all<StartBody>(run(2)), IsEmpty());
  run(3, {}, 7);
  const auto next = all<StartBody>(say(BodyReturned{task(1), Attempt{1}, 8, {}, {}}));
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].id, task(3));
}

TEST_F(WorkerTest, ABlockedBodyStarvesNobodyAndGoesOnBeforeOthersBegin) {
  run(1);
  run(2), run(3);
  EXPECT_THAT(all<StartBody>(say(BodyBlocked{task(1), Attempt{1}})), SizeIs(1));
  EXPECT_THAT(all<ResumeBody>(say(BodyUnblocked{task(1), Attempt{1}})), IsEmpty());
  const auto next = say(BodyReturned{task(2), Attempt{1}, 8, {}, {}});
  EXPECT_THAT(all<ResumeBody>(next), SizeIs(1));
  EXPECT_THAT(all<StartBody>(next), IsEmpty());
}

TEST_F(WorkerTest, GivesUpWhatHasNotBegunAndKeepsWhatHas) {
  run(1), run(2);
  EXPECT_FALSE(all<TaskRevoked>(say(RevokeTask{self, task(1), Attempt{1}})).at(0).given_up);
  EXPECT_TRUE(all<TaskRevoked>(say(RevokeTask{self, task(2), Attempt{1}})).at(0).given_up);
  EXPECT_FALSE(all<TaskRevoked>(say(RevokeTask{self, task(3), Attempt{1}})).at(0).given_up);
}

TEST_F(WorkerTest, StopsACancelledBodyAndDropsItsValue) {
  run(1);
  EXPECT_THAT(all<StopBody>(say(CancelTask{self, task(1), Attempt{1}})), SizeIs(1));
  const auto end = say(BodyReturned{task(1), Attempt{1}, 8, {}, {}});
  EXPECT_THAT(all<DropValue>(end), SizeIs(1));
  EXPECT_THAT(all<TaskFinished>(end), IsEmpty());
}

TEST_F(WorkerTest, ReportsATimeoutAtOnceAndDropsWhatComesLater) {
  RunTask order{.worker = self, .id = task(1), .attempt = Attempt{1}};
  order.options = std::make_shared<TaskOptions>(TaskOptions{.timeout = std::chrono::seconds(1)});
  say(order);
  EXPECT_THAT(all<TaskFailed>(tick(900)), IsEmpty());
  const auto late = all<TaskFailed>(tick(1100));
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_EQ(late[0].failure->kind, Failure::Kind::timeout);
  EXPECT_EQ(late[0].failure->message, "ran longer than its limit of 1000 ms");
  EXPECT_THAT(all<TaskFinished>(say(BodyReturned{task(1), Attempt{1}, 8, {}, {}})), IsEmpty());
}

TEST_F(WorkerTest, SaysWhenACancelledBodyHasEnded) {
  run(1), run(2);
  const auto stopped = [](const Actions& actions) { return all<TaskStopped>(actions); };
  EXPECT_THAT(stopped(say(CancelTask{self, task(2), Attempt{1}})), ElementsAre(TaskStopped{self, task(2), Attempt{1}}));
  EXPECT_THAT(stopped(say(CancelTask{self, task(9), Attempt{1}})), ElementsAre(TaskStopped{self, task(9), Attempt{1}}));
  EXPECT_THAT(stopped(say(CancelTask{self, task(1), Attempt{1}})), IsEmpty());
  EXPECT_THAT(stopped(say(BodyReturned{task(1), Attempt{1}, 8, {}, {}})), ElementsAre(TaskStopped{self, task(1), Attempt{1}}));
  run(3);
  say(CancelTask{self, task(3), Attempt{1}});
  EXPECT_THAT(stopped(say(BodyThrew{.id = task(3), .attempt = Attempt{1}})), SizeIs(1));
}

TEST_F(WorkerTest, SaysWhenABodyOverItsTimeLimitHasEnded) {
  run(1), run(2);
  const auto late = all<TaskFailed>(say(BodyTimedOut{task(1), Attempt{1}, std::make_shared<Failure>()}));
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_TRUE(late[0].runs_on);
  EXPECT_FALSE(late[0].retry);
  EXPECT_THAT(say(BodyTimedOut{task(1), Attempt{1}, std::make_shared<Failure>()}), IsEmpty());
  const auto end = say(BodyThrew{.id = task(1), .attempt = Attempt{1}});
  EXPECT_THAT(all<TaskStopped>(end), ElementsAre(TaskStopped{self, task(1), Attempt{1}}));
  EXPECT_THAT(all<StartBody>(end), SizeIs(1));
}

TEST_F(WorkerTest, TellsANewSchedulerOfBodiesThatRunOn) {
  RunTask order{.worker = self, .id = task(1), .attempt = Attempt{1}};
  order.options = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1}}});
  say(order);
  say(CancelTask{self, task(1), Attempt{1}});
  WorkerReturned all_there;
  worker.report_all(all_there);
  EXPECT_THAT(all_there.tasks, ElementsAre(HeldTask{task(1), Attempt{1}, true, false, true, {{"gpu", 1}}}));
}

TEST_F(WorkerTest, KeepsAFreedValueUntilItsReadersHaveEnded) {
  run(1);
  say(BodyReturned{task(1), Attempt{1}, 8, {}, {}});
  run(2, {from(1, {self})});
  EXPECT_THAT(all<DropValue>(say(FreeValue{self, task(1), Attempt{1}})), IsEmpty());
  EXPECT_THAT(all<DropValue>(say(BodyReturned{task(2), Attempt{1}, 8, {}, {}})),
              ElementsAre(DropValue{task(1), Attempt{1}}));
}

class SharedInputs : public WorkerFixture {
 protected:
  static constexpr std::uint64_t kFirst = 100;
  static SharedList<Input> eight() {
    std::vector<Input> inputs;
    for (std::uint64_t i = 0; i < 8; ++i) inputs.push_back(from(kFirst + i, {peer}));
    return inputs;
  }
  Actions run(std::uint64_t number) {
    return say(RunTask{.worker = self, .id = task(number), .attempt = Attempt{1}, .inputs = inputs_, .rank = {0, 0, number}});
  }
  Actions end(std::uint64_t number) { return say(BodyReturned{.id = task(number), .attempt = Attempt{1}}); }
  void arrive() {
    for (std::uint64_t i = 0; i < 8; ++i) say(FetchSucceeded{task(kFirst + i), Attempt{1}, peer, 8});
  }

  SharedList<Input> inputs_ = eight();
};

TEST_F(SharedInputs, AreReadByEachOfTheTasks) {
  EXPECT_THAT(all<StartFetch>(run(1)), SizeIs(8));
  EXPECT_THAT(all<StartFetch>(run(2)), IsEmpty());
  arrive();
  EXPECT_THAT(all<StartFetch>(run(3)), IsEmpty());
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_THAT(all<DropValue>(say(FreeValue{self, task(kFirst + i), Attempt{1}})), IsEmpty());
  EXPECT_THAT(all<DropValue>(end(1)), IsEmpty());
  EXPECT_THAT(all<DropValue>(end(2)), IsEmpty());
  EXPECT_THAT(all<DropValue>(end(3)), SizeIs(8));
}

TEST_F(SharedInputs, AreAskedForAgainWhenTheTaskBeforeHasGoneWithThem) {
  run(1);
  arrive();
  for (std::uint64_t i = 0; i < 8; ++i) say(FreeValue{self, task(kFirst + i), Attempt{1}});
  EXPECT_THAT(all<DropValue>(end(1)), SizeIs(8));
  EXPECT_THAT(all<StartFetch>(run(2)), SizeIs(8));
}

TEST_F(SharedInputs, AreAskedForAgainWhereOneIsLostUnderATaskThatRuns) {
  run(1);
  arrive();
  say(ValueSpoilt{task(kFirst), Attempt{1}});
  EXPECT_THAT(all<StartFetch>(run(2)), ElementsAre(StartFetch{task(kFirst), Attempt{1}, peer, 8}));
}

TEST(WorkerWithoutLimit, TakesAResultOfAnySize) {
  Worker worker(self, {.threads = 1, .strict = true});
  (void)worker.apply(RunTask{.worker = self, .id = task(1), .attempt = Attempt{1}});
  const auto ended = worker.apply(BodyReturned{.id = task(1), .attempt = Attempt{1}, .bytes = 1});
  EXPECT_THAT(all<TaskFinished>(ended), SizeIs(1));
}

TEST_F(WorkerTest, FreesNoLaterVersion) {
  say(ValuePushed{task(1), Attempt{2}, 8});
  EXPECT_THAT(all<DropValue>(say(FreeValue{self, task(1), Attempt{1}})), IsEmpty());
  EXPECT_TRUE(worker.stored(task(1), Attempt{2}));
}

}  // namespace
}  // namespace dflow::core
