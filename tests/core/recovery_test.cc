// A scheduler that takes a killed one's place.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Attempt kLater{1 << 20};

class Recovery : public SchedulerTest {
 protected:
  Recovery() : SchedulerTest(with_journal()) {}

  static Settings with_journal() {
    Settings settings = few_ahead();
    settings.journal = true;
    settings.epoch = static_cast<std::uint32_t>(kLater);
    settings.recovery = std::chrono::seconds(5);
    return settings;
  }

  std::vector<Action> tell(const Event& event) {
    auto actions = another.apply(event);
    another.check_invariants();
    return actions;
  }
  /// Its journal says that `client` is there and has submitted these, and that these workers were there.
  void restart(std::vector<TaskSpec> tasks, std::vector<std::uint32_t> workers = {1}, const std::vector<Event>& more = {}) {
    tell(Tick{Time{}});
    tell(RecoveryBegan{});
    for (const std::uint32_t worker : workers) tell(WorkerAwaited{WorkerId{worker}});
    tell(ClientAwaited{client, {}});
    tell(TasksSubmitted{client, std::move(tasks)});
    for (const Event& event : more) tell(event);
    tell(JournalRead{});
  }
  std::vector<Action> come_back(std::uint32_t worker, std::vector<HeldValue> values = {}, std::vector<HeldTask> tasks = {}) {
    return tell(WorkerReturned{.self = {.worker = WorkerId{worker}, .name = "w", .threads = 1},
                               .values = std::move(values),
                               .tasks = std::move(tasks)});
  }
  static TaskSpec spec(std::uint64_t number, std::vector<std::uint64_t> inputs = {}) {
    TaskSpec made{.id = task(number)};
    made.inputs = tasks(inputs);
    return made;
  }
  static FailureRef failure_of(const std::vector<Action>& actions) {
    const auto ended = all<TaskEnded>(actions);
    return ended.empty() ? nullptr : ended.front().failure;
  }

  Scheduler another{with_journal()};
};

TEST_F(Recovery, WaitsForWhatWorkersHoldAndDoesNotComputeItAgain) {
  restart({spec(0), spec(1, {0})}, {1, 2});
  EXPECT_THAT(come_back(1), IsEmpty());
  const auto actions = come_back(2, {{task(0), Attempt{7}, 8}});
  EXPECT_THAT(ran(actions), ElementsAre(task(1)));
  EXPECT_EQ(all<RunTask>(actions)[0].inputs[0].version, Attempt{7});
  EXPECT_EQ(all<TaskDone>(actions)[0].value.id, task(0));
}

TEST_F(Recovery, LetsARunningBodyGoOn) {
  restart({spec(0)});
  EXPECT_THAT(ran(come_back(1, {}, {{task(0), Attempt{2}, true, false}})), IsEmpty());
  const auto actions = tell(TaskFinished{WorkerId{1}, task(0), Attempt{2}, 8});
  EXPECT_EQ(all<TaskDone>(actions).size(), 1u);
  EXPECT_EQ(all<TaskRan>(actions).size(), 1u);
}

TEST_F(Recovery, CountsOnWhereTheOtherStopped) {
  TaskSpec twice = spec(0);
  twice.retries = 2;
  submit(0, {}, {.retries = 2});
  join(1);
  const auto thrown = [&](std::uint32_t worker, Attempt attempt) { return TaskFailed{WorkerId{worker}, task(0), attempt, {}, true}; };
  const auto tried = all<TaskTried>(say(thrown(1, last_run.at(task(0)).attempt)));
  EXPECT_THAT(tried, ElementsAre(TaskTried{task(0), 1, 0, 0}));
  restart({twice}, {1}, {tried[0]});
  auto actions = come_back(1);
  EXPECT_EQ(failure_of(actions = tell(thrown(1, all<RunTask>(actions).at(0).attempt))), nullptr);
  EXPECT_NE(failure_of(tell(thrown(1, all<RunTask>(actions).at(0).attempt))), nullptr);
}

TEST_F(Recovery, CountsWorkersThatDiedUnderATaskBefore) {
  join(1), join(2);
  submit(0);
  say(TaskStarted{where(0), task(0), last_run.at(task(0)).attempt});
  const auto tried = all<TaskTried>(lose(static_cast<std::uint32_t>(where(0)), {{task(0)}}));
  EXPECT_THAT(tried, ElementsAre(TaskTried{task(0), 0, Task::kSuspicion, 0}));
  restart({spec(0)}, {1}, {TaskTried{task(0), 0, 2 * Task::kSuspicion, 0}});
  come_back(1);
  EXPECT_EQ(failure_of(tell(WorkerLost{WorkerId{1}, {.kind = WorkerEnd::Kind::signalled, .code = 11}, {{task(0)}}}))->kind,
            Failure::Kind::worker_lost);
}

TEST_F(Recovery, ComputesAgainWhatNobodyHas) {
  restart({spec(0), spec(1, {0})}, {1}, {TaskRan{task(0), Attempt{1}, 8}, TasksReleased{client, {task(0)}}});
  const auto actions = come_back(1);
  EXPECT_THAT(ran(actions), ElementsAre(task(0)));
  EXPECT_GT(all<RunTask>(actions)[0].attempt, kLater);
}

TEST_F(Recovery, DoesNotRunAgainWhatRanAndIsNotNeeded) {
  restart({spec(0), spec(1, {0})}, {1},
          {TaskRan{task(0), Attempt{1}, 8}, TaskRan{task(1), Attempt{1}, 8}, TasksReleased{client, {task(0)}}});
  EXPECT_THAT(ran(come_back(1, {{task(1), Attempt{1}, 8}})), IsEmpty());
}

TEST_F(Recovery, OfTwoVersionsTheLaterCountsAndTheOtherGoes) {
  restart({spec(0)}, {1, 2});
  come_back(1, {{task(0), Attempt{1}, 8}});
  const auto actions = come_back(2, {{task(0), Attempt{2}, 8}});
  EXPECT_THAT(all<FreeValue>(actions), ElementsAre(FreeValue{WorkerId{1}, task(0), Attempt{1}}));
  EXPECT_EQ(all<TaskDone>(actions)[0].value.version, Attempt{2});
}

TEST_F(Recovery, WhatItsWorkerHasNoResourcesForStops) {
  TaskSpec heavy = spec(0);
  heavy.options = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1.0}}});
  restart({heavy});
  const auto actions = come_back(1, {}, {{task(0), Attempt{2}, true, false}});  // who has no gpu, or no longer
  EXPECT_THAT(all<CancelTask>(actions), ElementsAre(CancelTask{WorkerId{1}, task(0), Attempt{2}}));
  EXPECT_THAT(ran(tell(WorkerJoined{.worker = WorkerId{2}, .name = "g", .threads = 1, .resources = {{"gpu", 1.0}}})),
              ElementsAre(task(0)));
}

TEST_F(Recovery, OfTwoBodiesOneStops) {
  restart({spec(0)}, {1, 2});
  come_back(1, {}, {{task(0), Attempt{1}, true, false}});
  const auto actions = come_back(2, {}, {{task(0), Attempt{2}, true, false}});
  EXPECT_THAT(all<CancelTask>(actions), ElementsAre(CancelTask{WorkerId{1}, task(0), Attempt{1}}));
  EXPECT_THAT(all<TaskDone>(tell(TaskFinished{WorkerId{1}, task(0), Attempt{1}, 8})), IsEmpty());
}

TEST_F(Recovery, WhatWorkersHaveOfUnknownTasksGoes) {
  restart({});
  const auto actions = come_back(1, {{task(3), Attempt{1}, 8}}, {{task(4), Attempt{1}, true, false}});
  EXPECT_THAT(all<FreeValue>(actions), ElementsAre(FreeValue{WorkerId{1}, task(3), Attempt{1}}));
  EXPECT_THAT(all<CancelTask>(actions), ElementsAre(CancelTask{WorkerId{1}, task(4), Attempt{1}}));
}

TEST_F(Recovery, GivesUpWhoDoesNotComeBack) {
  restart({spec(0)}, {1, 2});
  come_back(1);
  tell(Tick{Time{std::chrono::seconds(1)}});
  EXPECT_TRUE(another.recovering());
  const auto actions = tell(Tick{Time{std::chrono::seconds(7)}});
  EXPECT_THAT(all<FenceWorker>(actions), ElementsAre(FenceWorker{WorkerId{2}}));
  EXPECT_THAT(ran(actions), ElementsAre(task(0)));
  EXPECT_THAT(all<FenceWorker>(come_back(2)), ElementsAre(FenceWorker{WorkerId{2}}));
}

TEST_F(Recovery, WaitsForNobodyWhoIsKnownToBeDead) {
  restart({spec(0)}, {1, 2});
  come_back(1);
  EXPECT_THAT(ran(tell(WorkerLost{WorkerId{2}, {}, {}})), ElementsAre(task(0)));
}

TEST_F(Recovery, WhatIsSaidMeanwhileIsHeardAfterwards) {
  restart({spec(0)}, {1, 2});
  come_back(1, {}, {{task(0), Attempt{2}, true, false}});
  EXPECT_THAT(tell(TaskFinished{WorkerId{1}, task(0), Attempt{2}, 8}), IsEmpty());
  EXPECT_THAT(tell(TasksSubmitted{client, {spec(1, {0})}}), IsEmpty());
  const auto actions = come_back(2);
  EXPECT_EQ(all<TaskDone>(actions).size(), 1u);
  EXPECT_THAT(ran(actions), ElementsAre(task(1)));
}

TEST_F(Recovery, FailuresAreToldAgain) {
  const auto failure = std::make_shared<Failure>(Failure{.origin = task(0), .message = "thrown"});
  restart({spec(0), spec(1, {0})}, {1}, {TaskGone{task(0), failure, {}}});
  const auto actions = come_back(1);
  ASSERT_EQ(all<TaskEnded>(actions).size(), 2u);
  EXPECT_EQ(all<TaskEnded>(actions)[1].failure->message, "thrown");
  EXPECT_EQ(all<TaskEnded>(tell(ClientReturned{client})).size(), 2u);
}

TEST_F(Recovery, AFailureIsToldWithEachTask) {  // where it began may be forgotten before the last that needed it fails
  restart({spec(0), spec(1, {0}), spec(2, {1})});
  const RunTask order = all<RunTask>(come_back(1)).at(0);
  const auto failure = std::make_shared<Failure>(Failure{.origin = task(0), .message = "thrown"});
  const auto gone = all<TaskGone>(tell(TaskFailed{WorkerId{1}, order.id, order.attempt, failure, false}));
  ASSERT_EQ(gone.size(), 3u);
  for (const TaskGone& each : gone) EXPECT_EQ(each.failure->message, "thrown");
}

TEST_F(Recovery, AScatteredValueThatItsClientHasLetGoOfIsAskedForOnceItIsBack) {
  restart({}, {1}, {ValueScattered{client, task(0), 8}, TasksSubmitted{client, {spec(1, {0})}}, TasksReleased{client, {task(0)}}});
  come_back(1);  // who is asked now does not hear it
  const PlaceValue asked{client, task(0), WorkerId{1}};
  EXPECT_THAT(all<PlaceValue>(tell(ClientReturned{client})), ElementsAre(asked));
  const auto actions = tell(ValueUnavailable{.client = client, .id = task(0), .worker = WorkerId{1}, .gone = true});
  ASSERT_NE(failure_of(actions), nullptr);
  EXPECT_EQ(failure_of(actions)->kind, Failure::Kind::data_lost);
}

TEST_F(Recovery, AScatteredValueThatNobodyHasIsAskedForAgain) {
  restart({}, {1}, {ValueScattered{client, task(0), 8}});
  EXPECT_THAT(all<PlaceValue>(come_back(1)), ElementsAre(PlaceValue{client, task(0), WorkerId{1}}));
  EXPECT_EQ(all<TaskDone>(tell(ValueAdded{WorkerId{1}, task(0), Attempt{0}, 8})).size(), 1u);
}

TEST_F(Recovery, WhatWasCancelledStaysSoThoughAWorkerHasItsValue) {  // killed before it told the worker or noted more
  restart({spec(0)}, {1}, {ValueScattered{client, task(1), 8}, TasksCancelled{client, {task(0), task(1)}, false}});
  const auto actions = come_back(1, {{task(0), Attempt{7}, 8}, {task(1), Attempt{0}, 8}});
  EXPECT_EQ(all<FreeValue>(actions).size(), 2u);
  EXPECT_THAT(all<TaskDone>(actions), IsEmpty());
  EXPECT_EQ(all<TaskEnded>(tell(ClientReturned{client})).size(), 2u);
}

TEST_F(Recovery, WhatMayRunOnceDoesNotRunAgain) {
  TaskSpec once = spec(0);
  once.once = true;
  restart({once}, {1}, {OnceGiven{task(0)}});
  const auto actions = come_back(1);
  EXPECT_THAT(ran(actions), IsEmpty());
  EXPECT_EQ(failure_of(actions)->kind, Failure::Kind::may_have_run);
}

TEST_F(Recovery, WhatMayRunOnceAndRunsGoesOn) {
  TaskSpec once = spec(0);
  once.once = true;
  restart({once}, {1}, {OnceGiven{task(0)}});
  EXPECT_THAT(come_back(1, {}, {{task(0), Attempt{1}, true, false}}), IsEmpty());
  EXPECT_EQ(all<TaskDone>(tell(TaskFinished{WorkerId{1}, task(0), Attempt{1}, 8})).size(), 1u);
}

TEST_F(Recovery, WhatMayRunOnceAndIsSubmittedAgainMayHaveRun) {
  restart({});
  come_back(1);
  tell(ClientReturned{client, 2});
  const auto submit_again = [&](std::uint64_t number) {
    TaskSpec once = spec(number);
    once.once = true;
    return tell(TasksSubmitted{client, {once, spec(number + 100)}});
  };
  tell(TasksReleased{client, {task(77)}});  // counts, though it is of one that is not known
  const auto second = submit_again(1), third = submit_again(2);
  EXPECT_EQ(failure_of(second)->kind, Failure::Kind::may_have_run);
  EXPECT_THAT(ran(second), ElementsAre(task(101)));
  EXPECT_EQ(failure_of(third), nullptr);
}

TEST_F(Recovery, WhatIsSubmittedAgainMeanwhileCountsToo) {
  restart({});
  tell(ClientReturned{client, 1});
  TaskSpec once = spec(1);
  once.once = true;
  tell(TasksSubmitted{client, {once}});
  EXPECT_EQ(failure_of(come_back(1))->kind, Failure::Kind::may_have_run);
}

TEST_F(Recovery, ABodyThatRunsOnKeepsWhatItHas) {
  TaskSpec needs_gpu = spec(1);
  needs_gpu.options = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1}}});
  restart({needs_gpu});
  const HeldTask body{task(0), Attempt{7}, true, false, true, {{"gpu", 1}}};
  const auto back = tell(WorkerReturned{
      .self = {.worker = WorkerId{1}, .name = "w", .threads = 2, .resources = {{"gpu", 1}}}, .tasks = {body}});
  EXPECT_THAT(back, IsEmpty());
  EXPECT_THAT(ran(tell(TaskStopped{WorkerId{1}, task(0), Attempt{7}})), ElementsAre(task(1)));
}

TEST_F(Recovery, WhatRunsAndIsNotWantedKeepsItsThreadUntilItHasEnded) {
  restart({spec(1)});
  const auto back = come_back(1, {}, {{task(0), Attempt{7}, true, false}});
  EXPECT_THAT(all<CancelTask>(back), ElementsAre(CancelTask{WorkerId{1}, task(0), Attempt{7}}));
  EXPECT_THAT(ran(back), IsEmpty());
  EXPECT_THAT(ran(tell(TaskStopped{WorkerId{1}, task(0), Attempt{7}})), ElementsAre(task(1)));
}

/// A time limit was over while there was no scheduler: the worker says again that it failed, and that the body runs on.
TEST_F(Recovery, WhatIsToldToHaveFailedMeanwhileMayRunOn) {
  restart({spec(0), spec(1)});
  const HeldTask runs_on{task(0), Attempt{7}, true, false, true};
  EXPECT_THAT(ran(come_back(1, {}, {runs_on, {task(0), Attempt{7}, true, false}})), IsEmpty());
  EXPECT_THAT(ran(tell(TaskFailed{WorkerId{1}, task(0), Attempt{7}, std::make_shared<Failure>(), false, true})), IsEmpty());
  EXPECT_THAT(ran(tell(TaskStopped{WorkerId{1}, task(0), Attempt{7}})), ElementsAre(task(1)));
}

class Once : public Recovery {
 protected:
  Once() { join(1); }
  std::vector<Action> submit_once(std::uint64_t number) { return submit(number, {}, {.once = true}); }
};

TEST_F(Once, IsNotedBeforeItIsGivenToAWorker) {
  const auto actions = submit_once(0);
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(std::get<OnceGiven>(actions[0]), OnceGiven{task(0)});
  EXPECT_TRUE(std::holds_alternative<RunTask>(actions[1]));
}

TEST_F(Once, FailsWithItsWorker) {
  submit_once(0);
  join(2);
  const auto actions = lose(1);
  EXPECT_THAT(ran(actions), IsEmpty());
  EXPECT_EQ(failure_of(actions)->kind, Failure::Kind::may_have_run);
}

TEST_F(Once, RunsElsewhereIfItsWorkerGaveItBack) {
  submit_once(0);
  join(2);
  const RunTask first = last_run.at(task(0));
  const auto actions = say(TaskReturned{first.worker, first.id, first.attempt, {}});
  EXPECT_THAT(ran(actions), ElementsAre(task(0)));
  EXPECT_THAT(all<OnceGiven>(actions), ElementsAre(OnceGiven{task(0), false}, OnceGiven{task(0), true}));
}

class OnceCalledBack : public SchedulerTest {
 protected:
  OnceCalledBack() : SchedulerTest(Settings{.journal = true}) {}
};

TEST_F(OnceCalledBack, IsNotedAsNotGivenIfItHasNotBegun) {
  join(1);
  submit(0, {}, {.once = true}), submit(1, {}, {.once = true});
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_EQ(asked.size(), 1u);
  const auto actions = say(TaskRevoked{WorkerId{1}, asked[0].id, asked[0].attempt, true});
  EXPECT_THAT(all<OnceGiven>(actions), ElementsAre(OnceGiven{asked[0].id, false}, OnceGiven{asked[0].id, true}));
}

TEST_F(Once, ALostValueIsNotComputedAgain) {
  submit_once(0);
  finish(0);
  submit(1, {0});
  finish(1);
  say(TasksReleased{client, {task(0)}});  // still kept, for task 1 may need it again
  const auto actions = lose(1);
  EXPECT_EQ(failure_of(actions)->kind, Failure::Kind::ran_and_lost);
  EXPECT_EQ(failure_of(actions)->origin, task(0));
}

TEST_F(Once, GoesNotWithRetries) {
  EXPECT_EQ(failure_of(submit(0, {}, {.retries = 1, .once = true}))->kind, Failure::Kind::invalid);
}

}  // namespace
}  // namespace dflow::core
