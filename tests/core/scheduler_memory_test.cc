// Workers that are paused for want of memory.
#include <csignal>

#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class PausedWorkers : public SchedulerTest {
 protected:
  std::vector<Action> pause(std::uint32_t worker) {
    return say(Heartbeat{.worker = WorkerId{worker}, .paused = true});
  }
  std::vector<Action> let_go(std::uint32_t worker) { return say(Heartbeat{.worker = WorkerId{worker}}); }
};

TEST_F(PausedWorkers, AreGivenNothingWhileOthersAreNot) {
  join(1), join(2);
  pause(1);
  submit(1), submit(2);
  EXPECT_EQ(where(1), WorkerId{2});
  EXPECT_THAT(ran(say(Tick{})), IsEmpty());
  EXPECT_THAT(ran(let_go(1)), ElementsAre(task(2)));
}

TEST_F(PausedWorkers, TakeOneTaskAtATimeWhenAllAre) {
  join(1, 2), join(2, 2);
  pause(1), pause(2);
  submit(1), submit(2);
  EXPECT_THAT(ran(submit(3)), IsEmpty());
  EXPECT_NE(where(1), where(2));
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(3)));
}

TEST_F(PausedWorkers, TakeWhatOnlyTheyMayRun) {
  join(1), join(2);
  pause(1);
  TaskSpec spec;
  spec.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w1"}});
  EXPECT_THAT(ran(submit(1, {}, spec)), ElementsAre(task(1)));
  EXPECT_THAT(ran(submit(2, {}, spec)), IsEmpty());
}

TEST_F(PausedWorkers, GiveUpWhatOthersHaveAsWell) {
  join(1), join(2);
  submit(1), submit(2);
  finish(1), finish(2);
  const Attempt version{1};
  ASSERT_EQ(where(1), WorkerId{1});
  say(ValueAdded{WorkerId{2}, task(1), version, 8});
  EXPECT_THAT(all<FreeValue>(pause(1)), ElementsAre(FreeValue{WorkerId{1}, task(1), version}));
  EXPECT_THAT(all<FreeValue>(pause(2)), IsEmpty());  // the last copies
  EXPECT_EQ(scheduler.counts().tasks[TaskState::stored], 2u);
}

TEST_F(PausedWorkers, KeepTheCopiesThatAreAskedFor) {
  join(1), join(2);
  submit(1);
  finish(1);
  say(ReplicateRequested{client, RequestId{1}, {task(1)}, 2});
  say(ValueAdded{WorkerId{2}, task(1), Attempt{1}, 8});
  EXPECT_THAT(all<FreeValue>(pause(1)), IsEmpty());
}

TEST_F(PausedWorkers, TakeWhatWasWaitingWhenTheLastOneIsPaused) {
  join(1);
  submit(1), submit(2);
  pause(1);
  EXPECT_THAT(ran(finish(1)), ElementsAre(task(2)));
}

TEST_F(PausedWorkers, LoseWhatHasNotBegunThere) {
  join(1, 3);
  for (std::uint64_t i = 1; i <= 3; ++i) submit(i);
  say(TaskStarted{WorkerId{1}, task(1), last_run.at(task(1)).attempt});
  pause(1);
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_NE(asked[0].id, task(1));
}

TEST_F(PausedWorkers, AreGivenScatteredValuesLast) {
  join(1), join(2);
  pause(1);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto placed = all<PlaceValue>(say(ValueScattered{.client = client, .id = task(i), .bytes = 8}));
    EXPECT_THAT(placed, ElementsAre(PlaceValue{client, task(i), WorkerId{2}}));
  }
}

class LargeResults : public SchedulerTest {
 protected:
  static constexpr std::uint64_t kLimit = 1000;

  /// A worker that may have so much in memory has made task 1's result, of so many bytes.
  void make(std::uint32_t worker, std::uint64_t bytes, std::uint64_t spilled = 0) {
    join(worker);
    say(Heartbeat{.worker = WorkerId{worker}, .spilled = spilled, .limit = kLimit});
    if (worker == 1) submit(1);
    finish(1, bytes);
  }
  std::vector<Action> kill(std::uint32_t worker, int signal = SIGKILL) {
    return say(WorkerLost{WorkerId{worker}, {.kind = WorkerEnd::Kind::signalled, .code = signal}, std::vector<TaskId>{}});
  }
};

TEST_F(LargeResults, FailAfterThreeWorkersThatWereKilledForThem) {
  for (const std::uint32_t worker : {1, 2}) {
    make(worker, 900);
    EXPECT_THAT(all<TaskEnded>(kill(worker)), IsEmpty());
  }
  make(3, 900);
  const auto ended = all<TaskEnded>(kill(3));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::worker_lost);
  EXPECT_EQ(ended[0].failure->origin, task(1));
  EXPECT_THAT(ended[0].failure->message, testing::HasSubstr("its result of 900 bytes"));
  EXPECT_THAT(ended[0].failure->message, testing::HasSubstr("a memory of 1000 bytes"));
}

TEST_F(LargeResults, AreNotToBlameForOtherDeaths) {
  std::uint32_t worker = 0;
  for (int i = 0; i < 4; ++i) {
    make(++worker, 400);  // small
    kill(worker);
    make(++worker, 900, 900);  // on the disk
    kill(worker);
    make(++worker, 900);  // of something else
    EXPECT_THAT(all<TaskEnded>(kill(worker, SIGSEGV)), IsEmpty());
  }
  join(++worker);
  EXPECT_EQ(where(1), WorkerId{worker});
}

TEST_F(LargeResults, AreNotToBlameWhileABodyRuns) {
  join(1);
  say(Heartbeat{.worker = WorkerId{1}, .limit = kLimit});
  TaskSpec spec;
  spec.options = std::make_shared<TaskOptions>(TaskOptions{.allowed_deaths = 1});
  submit(1, {}, spec);
  finish(1, 900);
  submit(2);
  say(TaskStarted{WorkerId{1}, task(2), last_run.at(task(2)).attempt});
  const Event killed = WorkerLost{WorkerId{1}, {.kind = WorkerEnd::Kind::signalled, .code = SIGKILL}, std::vector{task(2)}};
  EXPECT_THAT(all<TaskEnded>(say(killed)), IsEmpty());
}

class ManyResults : public LargeResults {
 protected:
  static constexpr std::uint64_t kMany = 200;

  /// A worker that may have so much in memory has made all results, each of so many bytes; then it ends.
  std::vector<TaskEnded> fill_and_end(std::uint32_t worker, std::uint64_t bytes, std::uint64_t limit, int signal = SIGKILL) {
    join(worker);
    say(Heartbeat{.worker = WorkerId{worker}, .limit = limit});
    for (std::uint64_t i = 1; i <= kMany; ++i) {
      if (worker == 1) submit(i);
    }
    for (std::uint64_t i = 1; i <= kMany; ++i) finish(i, bytes);
    return all<TaskEnded>(kill(worker, signal));
  }
};

TEST_F(ManyResults, FailAfterThreeWorkersThatWereFullOfThem) {
  for (const std::uint32_t worker : {1, 2}) EXPECT_THAT(fill_and_end(worker, 100, 270'000), IsEmpty());
  const auto ended = fill_and_end(3, 100, 270'000);
  ASSERT_THAT(ended, SizeIs(kMany));
  EXPECT_EQ(ended[0].failure->kind, Failure::Kind::worker_lost);
  EXPECT_EQ(ended[0].failure->origin, ended[0].id);
  for (const char* part : {"3 workers died that had its result and many others", "200 results in a memory of 270000 bytes",
                           "20000 bytes of them too small to be written to a disk"}) {
    EXPECT_THAT(ended[0].failure->message, testing::HasSubstr(part));
  }
}

TEST_F(ManyResults, AreNotToBlameWhereTheyHadRoom) {
  for (std::uint32_t worker = 1; worker <= 4; ++worker) EXPECT_THAT(fill_and_end(worker, 100, 290'000), IsEmpty());
}

TEST_F(ManyResults, AreNotToBlameWhereTheDiskTakesThem) {
  for (std::uint32_t worker = 1; worker <= 4; ++worker) EXPECT_THAT(fill_and_end(worker, 2000, 270'000), IsEmpty());
}

TEST_F(ManyResults, AreNotToBlameForOtherDeaths) {
  for (std::uint32_t worker = 1; worker <= 4; ++worker) EXPECT_THAT(fill_and_end(worker, 100, 270'000, SIGSEGV), IsEmpty());
}

}  // namespace
}  // namespace dflow::core
