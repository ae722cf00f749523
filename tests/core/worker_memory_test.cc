// A worker whose memory has 1000 bytes, of which values of 10 and more may be spilled.
#include "tests/core/worker_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using How = SpillEnded::How;

class WorkerMemory : public WorkerFixture {
 protected:
  WorkerMemory() : WorkerFixture({.threads = 2, .memory = 1000, .strict = true}, {.smallest_spilled = 10}) {}
  Actions put(std::uint64_t number, std::uint64_t bytes) {
    return say(ValuePushed{task(number), version, bytes});
  }
  Actions written(std::uint64_t number, How how = How::written) {
    return say(SpillEnded{task(number), version, how});
  }
  Actions measure(std::uint64_t bytes) { return say(MemoryMeasured{bytes}); }
  Actions run(std::uint64_t number, std::vector<std::pair<std::uint64_t, std::uint64_t>> inputs = {}) {
    std::vector<Input> needed;
    for (const auto& [input, bytes] : inputs) needed.push_back({task(input), version, bytes, {peer}});
    return say(RunTask{.worker = self,
                       .id = task(number),
                       .attempt = Attempt{1},
                       .inputs = std::move(needed),
                       .rank = {0, 0, number}});
  }
  Actions end(std::uint64_t number, std::uint64_t bytes = 0) {
    return say(BodyReturned{task(number), Attempt{1}, bytes, {}, {}});
  }
  static std::vector<TaskId> spilled(const Actions& actions) {
    std::vector<TaskId> ids;
    for (const SpillValue& each : all<SpillValue>(actions)) ids.push_back(each.id);
    return ids;
  }

  static constexpr Attempt version{1};
};

TEST_F(WorkerMemory, SpillsWhatIsUnusedLongestUntilHalfIsLeft) {
  put(1, 300), put(2, 300);
  EXPECT_THAT(spilled(put(3, 300)), ElementsAre(task(1), task(2)));
  EXPECT_EQ(worker.memory(), 900u) << "it is in memory until it is written";
  EXPECT_THAT(all<UnloadValue>(written(1)), ElementsAre(UnloadValue{task(1), version}));
  written(2);
  EXPECT_EQ(worker.memory(), 300u);
  EXPECT_EQ(worker.spilled(), 600u);
}

TEST_F(WorkerMemory, KeepsToALimitThatWasSaidWhateverTheShare) {
  put(1, 500);
  EXPECT_THAT(spilled(say(MemoryMeasured{500, 100})), IsEmpty());
}

class WorkerShare : public WorkerFixture {
 protected:
  WorkerShare() : WorkerFixture({.threads = 2, .memory = 1000}, {.smallest_spilled = 10}) {}
};

TEST_F(WorkerShare, SpillsAndPausesByWhatItIsNow) {
  say(ValuePushed{task(1), Attempt{1}, 500});
  EXPECT_THAT(all<SpillValue>(say(MemoryMeasured{500})), IsEmpty());
  EXPECT_THAT(all<SpillValue>(say(MemoryMeasured{500, 600})), SizeIs(1));
  EXPECT_TRUE(worker.paused());
  say(SpillEnded{task(1), Attempt{1}, How::written});
  say(MemoryMeasured{400, 2000});
  EXPECT_FALSE(worker.paused());
  say(ValuePushed{task(2), Attempt{1}, 700});
  EXPECT_THAT(all<SpillValue>(say(MemoryMeasured{1100})), IsEmpty()) << "other programs have ended";
}

TEST_F(WorkerMemory, SpillsNothingUpToSixtyPercent) {
  put(1, 300);
  EXPECT_THAT(spilled(put(2, 300)), IsEmpty());
  EXPECT_THAT(spilled(measure(590)), IsEmpty());
  EXPECT_THAT(spilled(measure(610)), ElementsAre(task(1)));
}

TEST_F(WorkerMemory, CountsWhatComesBetweenMeasurements) {
  measure(500);
  EXPECT_THAT(spilled(put(1, 90)), IsEmpty());
  EXPECT_THAT(spilled(put(2, 90)), ElementsAre(task(1), task(2)));
}

TEST_F(WorkerMemory, KeepsSmallValues) {
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_THAT(spilled(put(i, 9)), IsEmpty());
}

TEST_F(WorkerMemory, KeepsWhatABodyReadsUntilItHasEnded) {
  put(1, 300);
  run(2, {{1, 300}});
  EXPECT_THAT(spilled(put(3, 400)), ElementsAre(task(3)));
  written(3);
  EXPECT_THAT(spilled(put(4, 400)), ElementsAre(task(4)));
  EXPECT_THAT(spilled(end(2)), IsEmpty()) << "enough is being written";
  written(4);
  run(5, {{1, 300}});
  EXPECT_THAT(spilled(measure(990)), IsEmpty());
  EXPECT_THAT(spilled(end(5)), ElementsAre(task(1)));
}

TEST_F(WorkerMemory, SpillsWhatWaitsForABodyLast) {
  run(1), run(2);  // the threads are busy
  put(3, 300);
  run(4, {{3, 300}});
  EXPECT_THAT(spilled(put(5, 350)), ElementsAre(task(5)));
}

TEST_F(WorkerMemory, KeepsInMemoryWhatABodyBeginsToReadWhileItIsWritten) {
  put(1, 300), put(2, 301);
  run(3, {{1, 300}});
  EXPECT_THAT(all<UnloadValue>(written(1)), IsEmpty());
  EXPECT_EQ(worker.memory(), 601u);
}

TEST_F(WorkerMemory, NeverTriesAgainWhatCannotBeWritten) {
  put(1, 601);
  EXPECT_THAT(spilled(written(1, How::unwritable)), IsEmpty());
  EXPECT_THAT(spilled(measure(990)), IsEmpty());
}

TEST_F(WorkerMemory, PausesAboveEightyPercentUntilSeventy) {
  const auto above = measure(801);
  ASSERT_THAT(all<Heartbeat>(above), SizeIs(1));
  EXPECT_TRUE(all<Heartbeat>(above)[0].paused);
  EXPECT_THAT(all<StartBody>(run(1)), SizeIs(1)) << "one body may run, however little memory there is";
  EXPECT_THAT(all<StartBody>(run(2)), IsEmpty());
  EXPECT_THAT(measure(750), IsEmpty());
  const auto below = measure(700);
  EXPECT_THAT(all<StartBody>(below), SizeIs(1));
  EXPECT_FALSE(all<Heartbeat>(below).at(0).paused);
}

TEST_F(WorkerMemory, StartsOneBodyAfterTheOtherWhileItIsPaused) {
  measure(900);
  run(1), run(2);
  EXPECT_THAT(all<StartBody>(end(1)), SizeIs(1));
}

TEST_F(WorkerMemory, WaitsForTheDiskBeforeTheNextBodyWhileItIsPaused) {
  put(1, 850);
  EXPECT_TRUE(worker.paused());
  EXPECT_THAT(all<StartBody>(run(2)), IsEmpty());
  EXPECT_THAT(all<StartBody>(written(1)), SizeIs(1));
}

TEST_F(WorkerMemory, HoldsABodyBackThatWouldReadTooMuchBack) {
  put(1, 700);
  written(1);
  run(2);
  measure(200);
  EXPECT_THAT(all<StartBody>(run(3, {{1, 700}})), IsEmpty());
  EXPECT_THAT(all<StartBody>(end(2)), SizeIs(1));
}

TEST_F(WorkerMemory, HoldsABodyBackWhoseRoomIsForWhatComes) {
  put(1, 700);
  written(1);
  run(2);
  measure(50);
  EXPECT_THAT(all<StartFetch>(run(10, {{5, 100}})), SizeIs(1));
  EXPECT_THAT(all<StartBody>(run(3, {{1, 700}})), IsEmpty());
  EXPECT_THAT(all<StartBody>(say(FetchBroken{task(5), version, peer, false})), SizeIs(1));
}

TEST_F(WorkerMemory, PausesAboveSixtyPercentWhileTheDiskIsFullAndTriesItAgain) {
  tick(0);
  put(1, 301), put(2, 300);
  EXPECT_TRUE(all<Heartbeat>(written(1, How::no_room)).at(0).paused);
  EXPECT_THAT(spilled(put(3, 301)), IsEmpty());
  EXPECT_THAT(spilled(tick(900)), IsEmpty());
  EXPECT_THAT(spilled(tick(1100)), ElementsAre(task(1)));
  EXPECT_THAT(spilled(tick(1200)), IsEmpty()) << "one at a time";
  EXPECT_THAT(spilled(written(1)), ElementsAre(task(2)));
  EXPECT_FALSE(worker.paused());
}

TEST_F(WorkerMemory, StartsOneBodyForEachTimeThatAFullDiskWasTried) {
  tick(0);
  put(1, 850);
  written(1, How::no_room);
  EXPECT_THAT(all<StartBody>(run(2)), SizeIs(1));
  run(3);
  EXPECT_THAT(all<StartBody>(end(2)), IsEmpty());
  EXPECT_THAT(spilled(tick(1100)), ElementsAre(task(1)));
  EXPECT_THAT(all<StartBody>(written(1, How::no_room)), SizeIs(1));
}

TEST_F(WorkerMemory, GoesOnWhenThereIsNothingToTryAFullDiskWith) {
  tick(0);
  put(1, 850);
  written(1, How::no_room);
  say(FreeValue{self, task(1), version});
  measure(900);
  run(2), run(3);
  EXPECT_THAT(all<StartBody>(end(2)), IsEmpty());
  EXPECT_THAT(all<StartBody>(tick(1100)), SizeIs(1));
}

TEST_F(WorkerMemory, GivesATaskBackWhoseInputIsDamaged) {
  put(1, 700);
  written(1);
  EXPECT_THAT(all<StartBody>(run(2, {{1, 700}})), SizeIs(1));
  EXPECT_THAT(all<ValueRemoved>(say(ValueSpoilt{task(1), version})),
              ElementsAre(ValueRemoved{self, task(1), version}));
  const auto back = all<TaskReturned>(say(BodyUnstarted{task(2), Attempt{1}, task(1), version}));
  ASSERT_THAT(back, SizeIs(1));
  EXPECT_THAT(back[0].missing, ElementsAre(MissingInput{task(1), version, self, true, {}}));
  EXPECT_EQ(worker.tasks() + worker.values(), 0u);
}

TEST_F(WorkerMemory, GivesWaitingTasksBackWhenAPeerFindsTheirInputDamaged) {
  run(1), run(2);
  put(3, 700);
  written(3);
  run(4, {{3, 700}});
  EXPECT_THAT(all<TaskReturned>(say(ValueSpoilt{task(3), version})), SizeIs(1));
  EXPECT_EQ(worker.values(), 0u);
}

TEST_F(WorkerMemory, LetsAQuarterComeAtOnce) {
  EXPECT_THAT(all<StartFetch>(run(10, {{1, 150}, {2, 100}, {3, 1}})), SizeIs(2));
  EXPECT_THAT(all<StartFetch>(say(FetchSucceeded{task(1), version, peer, 150})), SizeIs(1));
}

TEST_F(WorkerMemory, LetsALargeValueComeAlone) {
  EXPECT_THAT(all<StartFetch>(run(10, {{1, 900}, {2, 1}})), SizeIs(1));
  EXPECT_THAT(all<StartFetch>(say(FetchBroken{task(1), version, peer, false})), SizeIs(1));
}

TEST_F(WorkerMemory, LetsValuesComeOneByOneWhenThereIsNoRoom) {
  measure(950);
  EXPECT_THAT(all<StartFetch>(run(10, {{1, 1}, {2, 1}})), SizeIs(1));
  EXPECT_THAT(all<StartFetch>(say(FetchSucceeded{task(1), version, peer, 1})), SizeIs(1));
}

TEST_F(WorkerMemory, AsksForNothingThatNobodyWantsAnyMore) {
  run(10, {{1, 200}}), run(11, {{2, 200}});
  EXPECT_THAT(all<StartFetch>(say(CancelTask{self, task(11), Attempt{1}})), IsEmpty());
  EXPECT_THAT(all<StartFetch>(say(FetchSucceeded{task(1), version, peer, 200})), IsEmpty());
}

TEST_F(WorkerMemory, NamesBothSizesWhenAnInputIsLargerThanItsLimit) {
  const auto failed = all<TaskFailed>(run(2, {{1, 1001}}));
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(
      failed[0].failure->message,
      "an input could not be brought to it: its 1001 bytes are more than the memory limit of 1000 bytes");
}

TEST_F(WorkerMemory, NamesBothSizesWhenAResultIsLargerThanItsLimit) {
  run(1);
  const auto ended = end(1, 1001);
  EXPECT_THAT(all<DropValue>(ended), SizeIs(1));
  ASSERT_THAT(all<TaskFailed>(ended), SizeIs(1));
  EXPECT_EQ(all<TaskFailed>(ended)[0].failure->message,
            "its result has 1001 bytes, more than the memory limit of 1000 bytes");
}

TEST_F(WorkerMemory, TellsWhatItHas) {
  put(1, 700);
  written(1);
  measure(250);
  EXPECT_EQ(all<Heartbeat>(tick(10'000)).at(0), (Heartbeat{self, 250, false, 700, 1000}));
}

}  // namespace
}  // namespace dflow::core
