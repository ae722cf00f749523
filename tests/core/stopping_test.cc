// Bodies that nobody wants any more and that run on: what they have of their workers is nobody else's.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Stopping : public SchedulerTest {
 protected:
  explicit Stopping(Settings settings = few_ahead()) : SchedulerTest(settings) { bodies_stop = false; }

  std::vector<Action> cancel(std::uint64_t number, bool force = false) { return say(TasksCancelled{client, {task(number)}, force}); }
  std::vector<Action> stopped(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskStopped{run.worker, run.id, run.attempt});
  }
  std::vector<Action> out_of_time(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    const auto failure = std::make_shared<Failure>(Failure{.kind = Failure::Kind::timeout, .origin = run.id});
    return say(TaskFailed{run.worker, run.id, run.attempt, failure, false, true});
  }
  /// Of two threads, with one gpu.
  void join_with_gpu() {
    say(WorkerJoined{.worker = WorkerId{1}, .name = "w1", .threads = 2, .resources = {{"gpu", 1}}});
  }
  std::vector<Action> submit_for_gpu(std::uint64_t number) {
    return submit(number, {}, {.options = std::make_shared<TaskOptions>(TaskOptions{.resources = {{"gpu", 1}}})});
  }
};

TEST_F(Stopping, ACancelledBodyKeepsItsThreadUntilItHasEnded) {
  join(1), join(2);
  submit(1);
  const WorkerId other = where(1) == WorkerId{1} ? WorkerId{2} : WorkerId{1};
  cancel(1);
  submit(2), submit(3);
  EXPECT_EQ(where(2), other);
  EXPECT_FALSE(last_run.contains(task(3)));
  EXPECT_THAT(ran(finish(2)), ElementsAre(task(3)));
  EXPECT_EQ(where(3), other);
  EXPECT_THAT(ran(submit(4)), IsEmpty());
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(4)));
}

TEST_F(Stopping, OneOfTwoThreadsIsLeft) {
  join(1, 2);
  submit(1), cancel(1);
  EXPECT_THAT(ran(submit(2)), ElementsAre(task(2)));
  EXPECT_THAT(ran(submit(3)), IsEmpty());
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(3)));
}

TEST_F(Stopping, ADroppedBodyKeepsItsThreadToo) {
  join(1);
  submit(1, {}, {.pure = true});
  EXPECT_THAT(all<CancelTask>(say(TasksReleased{client, {task(1)}})), SizeIs(1));
  EXPECT_THAT(ran(submit(2)), IsEmpty());
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(2)));
}

class SentAhead : public Stopping {
 protected:
  SentAhead() : Stopping(Settings{}) {}
};

TEST_F(SentAhead, AllThatWasSentBehindItIsTakenForAnIdleWorker) {
  join(1);
  submit(1), submit(2), submit(3);
  ASSERT_EQ(where(3), WorkerId{1});
  cancel(1);
  auto asked = all<RevokeTask>(join(2));
  for (int left = 2; left > 0; --left) {
    ASSERT_THAT(asked, SizeIs(1)) << left;
    const auto taken = say(TaskRevoked{WorkerId{1}, asked[0].id, asked[0].attempt, true});
    ASSERT_EQ(ran(taken), std::vector{asked[0].id});
    EXPECT_EQ(last_run.at(asked[0].id).worker, WorkerId{2});
    asked = all<RevokeTask>(say(TaskFinished{WorkerId{2}, asked[0].id, last_run.at(asked[0].id).attempt, 8}));
  }
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Stopping, ACancelledBodyKeepsItsResourcesUntilItHasEnded) {
  join_with_gpu();
  submit_for_gpu(1), cancel(1);
  EXPECT_THAT(ran(submit_for_gpu(2)), IsEmpty());
  EXPECT_THAT(ran(submit(3)), ElementsAre(task(3)));
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(2)));
}

TEST_F(Stopping, WhateverEndsTheAttemptEndsIt) {
  join_with_gpu();
  const auto ends = [&](std::uint64_t number, auto&& report) {
    submit_for_gpu(number), cancel(number);
    EXPECT_THAT(ran(submit_for_gpu(number + 1)), IsEmpty());
    EXPECT_THAT(ran(say(report(last_run.at(task(number))))), ElementsAre(task(number + 1)));
    finish(number + 1);
  };
  ends(10, [](const RunTask& run) { return TaskFinished{run.worker, run.id, run.attempt, 8}; });
  ends(20, [](const RunTask& run) { return TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>()}; });
  ends(30, [](const RunTask& run) { return TaskReturned{run.worker, run.id, run.attempt, {}}; });
  ends(40, [](const RunTask& run) { return TaskRevoked{run.worker, run.id, run.attempt, true}; });
}

TEST_F(Stopping, WhatSaysThatItRunsOnDoesNotEndIt) {
  join_with_gpu();
  submit_for_gpu(1), cancel(1), submit_for_gpu(2);
  EXPECT_THAT(ran(out_of_time(1)), IsEmpty());
  const RunTask& run = last_run.at(task(1));
  EXPECT_THAT(ran(say(TaskRevoked{run.worker, run.id, run.attempt, false})), IsEmpty());
  EXPECT_THAT(ran(say(TaskStopped{run.worker, run.id, Attempt{99}})), IsEmpty());
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(2)));
}

TEST_F(Stopping, ABodyOverItsTimeLimitKeepsWhatItHas) {
  join_with_gpu();
  submit_for_gpu(1);
  EXPECT_THAT(all<TaskEnded>(out_of_time(1)), SizeIs(1));
  EXPECT_THAT(ran(submit_for_gpu(2)), IsEmpty());
  EXPECT_THAT(ran(stopped(1)), ElementsAre(task(2)));
}

TEST_F(Stopping, OneThatWaitsForOthersHasNoThread) {
  join(1);
  submit(1);
  const RunTask run = last_run.at(task(1));
  say(TaskSuspended{run.worker, run.id, run.attempt});
  cancel(1);
  EXPECT_THAT(ran(submit(2)), ElementsAre(task(2)));
  say(TaskResumed{run.worker, run.id, run.attempt});
  finish(2);
  EXPECT_THAT(ran(submit(3)), IsEmpty());
  EXPECT_THAT(ran(say(TaskSuspended{run.worker, run.id, run.attempt})), ElementsAre(task(3)));
}

TEST_F(Stopping, ForceEndsItWhereItRunsOn) {
  join(1), join(2);
  submit(1), submit(2);
  cancel(1), out_of_time(2);
  EXPECT_THAT(all<ReplaceWorker>(cancel(1, true)), ElementsAre(ReplaceWorker{where(1)}));
  EXPECT_THAT(all<ReplaceWorker>(cancel(2, true)), ElementsAre(ReplaceWorker{where(2)}));
}

TEST_F(Stopping, ForceEndsNothingThatHasEndedAlready) {
  join(1);
  submit(1), cancel(1), stopped(1);
  EXPECT_THAT(cancel(1, true), IsEmpty());
}

TEST_F(Stopping, AWorkersLossEndsIt) {
  join_with_gpu();
  submit_for_gpu(1), cancel(1), submit_for_gpu(2);
  lose(1);
  say(WorkerJoined{.worker = WorkerId{2}, .name = "w1", .threads = 1, .resources = {{"gpu", 1}}});
  EXPECT_EQ(where(2), WorkerId{2});
  EXPECT_THAT(ran(stopped(1)), IsEmpty());
}

}  // namespace
}  // namespace dflow::core
