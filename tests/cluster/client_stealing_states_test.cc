// Cases of distributed's test_steal by name, on the scheduler's brain alone: what is moved between workers, and what is not.
#include "tests/cluster/stealing_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(StealingStates, NewWorkerSteals) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  EXPECT_THAT(all<RevokeTask>(join(2)), SizeIs(1));
}

TEST_F(StealingStates, StealTwice) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto first = all<RevokeTask>(join(2));
  ASSERT_THAT(first, SizeIs(1));
  revoked(first[0]);
  EXPECT_EQ(last_run.at(first[0].id).worker, w(2));
  const auto second = all<RevokeTask>(join(3));
  ASSERT_THAT(second, SizeIs(1));
  revoked(second[0]);
  EXPECT_EQ(last_run.at(second[0].id).worker, w(3));
}

TEST_F(StealingStates, WorkstealManyThieves) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  std::set<TaskId> stolen;
  for (std::uint32_t thief = 2; thief <= 5; ++thief) {
    for (const RevokeTask& each : all<RevokeTask>(join(thief))) EXPECT_TRUE(stolen.insert(each.id).second);
  }
  EXPECT_THAT(stolen, SizeIs(4));
}

TEST_F(StealingStates, DontStealExecutingTasks) {
  join(1);
  submit(1, {}, of(1)), submit(2, {}, of(1));
  started(2);
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].id, task(1));
}

TEST_F(StealingStates, DontStealExecutingTasks2) {
  join(1);
  submit(1, {}, of(1));
  started(1);
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(StealingStates, DontStealLongRunningTasks) {
  join(1);
  submit(1, {}, of(1)), submit(2, {}, of(1)), submit(3, {}, of(1));
  started(1), started(2), started(3);
  const RunTask run = last_run.at(task(3));
  say(TaskSuspended{run.worker, run.id, run.attempt});
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(StealingStates, DontStealExpensiveDataFastComputation) {
  join(1);
  learn(1, 1, 1ms, std::uint64_t{1} << 33);  // seconds on the way
  learn(2, 2, 20us);
  for (std::uint64_t i = 3; i <= 30; ++i) submit(i, {1}, of(2));
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(StealingStates, StealExpensiveDataSlowComputation) {
  join(1);
  learn(1, 1, 1ms, 10'000'000);  // 10 ms on the way
  learn(2, 2, 10s);
  submit(3, {1}, of(2)), submit(4, {1}, of(2));
  join(2);
  EXPECT_THAT((std::set{where(3), where(4)}), ElementsAre(w(1), w(2)));
}

TEST_F(StealingStates, DontStealFastTasksComputeTime) {
  join(1);
  learn(1, 1, 10us);
  submit(2, {}, of(1)), submit(3, {}, of(1));
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());  // to ask takes longer than to wait
}

TEST_F(StealingStates, EventuallyStealUnknownFunctions) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(i));
  EXPECT_THAT(all<RevokeTask>(join(2)), SizeIs(1));
}

TEST_F(StealingStates, AllowTasksStolenBeforeFirstCompletes) {
  join(1);
  learn(1, 1, 100ms);
  for (std::uint64_t i = 2; i <= 6; ++i) submit(i, {}, of(1));
  started(2);
  EXPECT_THAT(ran(join(2)), SizeIs(testing::Ge(1u)));  // what was held back goes to the newcomer at once
}

TEST_F(StealingStates, DontStealWorkerRestrictions) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.workers = {"w1"}}));
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(StealingStates, StealWorkerRestrictions) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.workers = {"w1", "w2"}}));
  EXPECT_THAT(all<RevokeTask>(join(3)), IsEmpty());
  EXPECT_THAT(all<RevokeTask>(join(2)), SizeIs(1));
}

TEST_F(StealingStates, WorkStealAllowOtherWorkers) {
  join(2);
  submit(1, {}, of(1, {.workers = {"w1"}, .other_workers = true}));
  EXPECT_EQ(where(1), w(2));
}

TEST_F(StealingStates, DontStealHostRestrictions) {
  say(WorkerJoined{.worker = w(1), .name = "w1", .host = "here"});
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.workers = {"here"}}));
  EXPECT_THAT(all<RevokeTask>(say(WorkerJoined{.worker = w(2), .name = "w2", .host = "there"})), IsEmpty());
}

TEST_F(StealingStates, StealHostRestrictions) {
  say(WorkerJoined{.worker = w(1), .name = "w1", .host = "here"});
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.workers = {"here"}}));
  EXPECT_THAT(all<RevokeTask>(say(WorkerJoined{.worker = w(2), .name = "w2", .host = "here"})), SizeIs(1));
}

TEST_F(StealingStates, DontStealResourceRestrictions) {
  say(WorkerJoined{.worker = w(1), .name = "w1", .resources = {{"A", 10}}});
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.resources = {{"A", 1}}}));
  EXPECT_THAT(all<RevokeTask>(join(2)), IsEmpty());
}

TEST_F(StealingStates, StealResourceRestrictions) {
  say(WorkerJoined{.worker = w(1), .name = "w1", .resources = {{"A", 10}}});
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.resources = {{"A", 1}}}));
  EXPECT_THAT(all<RevokeTask>(say(WorkerJoined{.worker = w(2), .name = "w2", .resources = {{"A", 10}}})), SizeIs(1));
}

TEST_F(StealingStates, StealResourceRestrictionsAsymDiff) {
  say(WorkerJoined{.worker = w(1), .name = "w1", .resources = {{"A", 10}, {"B", 1}}});
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1, {.resources = {{"A", 1}}}));
  EXPECT_THAT(all<RevokeTask>(say(WorkerJoined{.worker = w(2), .name = "w2", .resources = {{"A", 10}}})), SizeIs(1));
}

TEST_F(StealingStates, StealRescheduleResetInFlightOccupancy) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  const auto lost = lose(1);
  EXPECT_THAT(ran(lost), SizeIs(10));  // the fixture checks that all counts are right
  EXPECT_THAT(revoked(asked[0]), testing::Contains(testing::VariantWith<FenceWorker>(testing::_)));
}

TEST_F(StealingStates, LoseTask) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  say(TasksCancelled{client, {asked[0].id}});
  EXPECT_THAT(ran(revoked(asked[0])), IsEmpty());
}

TEST_F(StealingStates, DontStealAlreadyReleased) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) {
    TaskSpec spec = of(1);
    spec.pure = true;
    submit(i, {}, spec);
  }
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  say(TasksReleased{client, {asked[0].id}});
  EXPECT_THAT(ran(revoked(asked[0])), IsEmpty());
}

TEST_F(StealingStates, StealWorkerDiesSameIp) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  lose(2);
  join(3);  // the same host, another life
  revoked(asked[0]);
  EXPECT_NE(last_run.at(asked[0].id).worker, w(2));
}

TEST_F(StealingStates, RescheduleConcurrentRequestsDeadlock) {
  join(1);
  submit(1, {}, of(1)), submit(2, {}, of(1)), submit(3, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_THAT(all<RevokeTask>(say(Tick{})), IsEmpty());  // asked once is enough
  revoked(asked[0], false);
  revoked(asked[0], false);  // said twice
  finish(1), finish(2), finish(3);
  EXPECT_THAT(scheduler.counts().tasks.at(TaskState::stored), 3u);
}

TEST_F(StealingStates, StealConcurrentSimple) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto first = all<RevokeTask>(join(2)), second = all<RevokeTask>(join(3));
  ASSERT_THAT(first, SizeIs(1));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(first[0].id, second[0].id);
  revoked(second[0]), revoked(first[0]);
  EXPECT_EQ(last_run.at(first[0].id).worker, w(2));
  EXPECT_EQ(last_run.at(second[0].id).worker, w(3));
}

TEST_F(StealingStates, StopInFlight) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  say(RetireRequested{client, RequestId{1}, {w(2)}});
  revoked(asked[0]);
  EXPECT_EQ(last_run.at(asked[0].id).worker, w(1));
}

TEST_F(StealingStates, PausedWorkersMustNotSteal) {
  join(1), join(2);
  say(Heartbeat{.worker = w(2), .paused = true});
  for (std::uint64_t i = 1; i <= 10; ++i) {
    submit(i, {}, of(1));
    EXPECT_EQ(where(i), w(1));
  }
  EXPECT_THAT(all<RevokeTask>(say(Tick{})), IsEmpty());
  EXPECT_THAT(all<RevokeTask>(say(Heartbeat{.worker = w(2)})), SizeIs(1));
}

TEST_F(StealingStates, CorrectBadTimeEstimate) {
  join(1), join(2);
  learn(1, 1, 1us);
  for (std::uint64_t i = 2; i <= 5; ++i) submit(i, {}, of(1));
  finish_after(2, 5s);  // slower than thought: what follows is spread
  submit(6, {}, of(1)), submit(7, {}, of(1));
  EXPECT_THAT((std::set{where(6), where(7)}), SizeIs(2));
}

TEST_F(StealingStates, DoNotPingPong) {
  join(1);
  for (std::uint64_t i = 1; i <= 4; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  const auto moved = revoked(asked[0]);
  EXPECT_EQ(last_run.at(asked[0].id).worker, w(2));
  for (int i = 0; i < 5; ++i) {
    for (const RevokeTask& each : all<RevokeTask>(say(Tick{}))) EXPECT_NE(each.id, asked[0].id);
  }
}

TEST_F(StealingStates, StealingObjectiveAccountsForInFlight) {
  join(1);
  submit(1, {}, of(1)), submit(2, {}, of(1)), submit(3, {}, of(1));
  std::size_t asked = all<RevokeTask>(join(2)).size();
  for (int i = 0; i < 5; ++i) asked += all<RevokeTask>(say(Tick{})).size();
  EXPECT_EQ(asked, 1u);  // one thread, one task on its way to it
}

TEST_F(StealingStates, Restart) {
  join(1);
  for (std::uint64_t i = 1; i <= 10; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_THAT(all<ReplaceWorker>(say(RestartRequested{client, RequestId{1}})), SizeIs(2));
  revoked(asked[0]);
  lose(1);
  EXPECT_THAT(all<RequestDone>(lose(2)), SizeIs(1));
}

TEST_F(StealingStates, GetStory) {
  join(1);
  for (std::uint64_t i = 1; i <= 3; ++i) submit(i, {}, of(1));
  const auto asked = all<RevokeTask>(join(2));
  ASSERT_THAT(asked, SizeIs(1));
  revoked(asked[0]);
  EXPECT_THAT(scheduler.story(asked[0].id), testing::HasSubstr("(TaskRevoked): assigned -> waiting"));
}

}  // namespace
}  // namespace dflow::core
