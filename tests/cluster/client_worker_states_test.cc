// Cases of distributed's test_worker_state_machine and test_cancelled_state by name, on a worker's brain alone.
#include "tests/core/worker_fixture.h"

namespace dflow::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class WorkerStates : public WorkerFixture {
 protected:
  static Input version_of(std::uint64_t number, std::uint32_t version, WorkerId holder) {
    return {task(number), Attempt{version}, 8, {holder}};
  }
  Actions run(std::uint64_t number, std::vector<Input> inputs = {}, std::uint32_t attempt = 1) {
    RunTask order{.worker = self, .id = task(number), .attempt = Attempt{attempt}, .inputs = std::move(inputs)};
    order.rank = {0, 0, number};
    return say(order);
  }
  Actions arrives(std::uint64_t number, WorkerId holder = peer) { return say(FetchSucceeded{task(number), Attempt{1}, holder, 8}); }
  Actions breaks(std::uint64_t number, WorkerId holder = peer, bool gone = false) {
    return say(FetchBroken{task(number), Attempt{1}, holder, gone});
  }
  Actions cancel(std::uint64_t number, std::uint32_t attempt = 1) { return say(CancelTask{self, task(number), Attempt{attempt}}); }
  Actions free(std::uint64_t number) { return say(FreeValue{self, task(number), Attempt{1}}); }
  Actions returns(std::uint64_t number, std::uint32_t attempt = 1) { return say(BodyReturned{task(number), Attempt{attempt}, 8, {}, {}}); }
  Actions throws_(std::uint64_t number, std::uint32_t attempt = 1) {
    return say(BodyThrew{task(number), Attempt{attempt}, std::make_shared<Failure>(), true});
  }
  bool holds(std::uint64_t number) const { return worker.stored(task(number), Attempt{1}); }
};

// ---- test_worker_state_machine

TEST_F(WorkerStates, FetchToCompute) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(breaks(9), IsEmpty());
  cancel(1);
  EXPECT_THAT(all<StartBody>(run(9)), SizeIs(1));  // it is computed here instead
  returns(9);
  EXPECT_TRUE(holds(9));
}

TEST_F(WorkerStates, FetchViaAmmToCompute) {
  EXPECT_THAT(all<StartFetch>(say(FetchValue{self, from(9, {peer})})), SizeIs(1));
  EXPECT_THAT(all<StartBody>(run(9, {}, 2)), SizeIs(1));
  returns(9, 2);
  EXPECT_TRUE(worker.stored(task(9), Attempt{2}));
}

TEST_F(WorkerStates, LoseReplicaDuringFetch) {
  run(1, {from(9, {peer, other})});
  EXPECT_THAT(all<StartFetch>(breaks(9, peer, true)), ElementsAre(StartFetch{task(9), Attempt{1}, other, 8}));
  EXPECT_THAT(all<StartBody>(arrives(9, other)), SizeIs(1));
}

TEST_F(WorkerStates, FetchToMissingOnBusy) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(breaks(9), IsEmpty());
  EXPECT_THAT(all<StartFetch>(tick(1000)), SizeIs(1));
}

TEST_F(WorkerStates, NewReplicaWhileAllWorkersInFlight) {
  run(1, {from(9, {peer})});
  run(2, {from(9, {other})});  // says that there is another holder
  EXPECT_THAT(all<StartFetch>(breaks(9, peer)), ElementsAre(StartFetch{task(9), Attempt{1}, other, 8}));
}

TEST_F(WorkerStates, CancelledWhileInFlight) {
  run(1, {from(9, {peer})});
  cancel(1);
  EXPECT_EQ(worker.tasks(), 0u);
  arrives(9);
  EXPECT_THAT(all<DropValue>(free(9)), SizeIs(1));
  EXPECT_EQ(worker.values(), 0u);
}

TEST_F(WorkerStates, InMemoryWhileInFlight) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(all<StartBody>(say(ValuePushed{task(9), Attempt{1}, 8})), SizeIs(1));
  EXPECT_THAT(arrives(9), IsEmpty());
  EXPECT_TRUE(holds(9));
}

TEST_F(WorkerStates, ForgetDataNeeded) {
  say(ValuePushed{task(9), Attempt{1}, 8});
  run(1, {from(9, {self})});
  EXPECT_THAT(all<DropValue>(free(9)), IsEmpty());  // the body reads it
  EXPECT_THAT(all<DropValue>(returns(1)), SizeIs(1));
}

TEST_F(WorkerStates, MissingToWaiting) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(all<TaskReturned>(breaks(9, peer, true)), SizeIs(1));
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {other})}, 2)), SizeIs(1));
  EXPECT_THAT(all<StartBody>(arrives(9, other)), SizeIs(1));
}

TEST_F(WorkerStates, MissingHandleComputeDependency) {
  run(1, {from(9, {peer})});
  breaks(9, peer, true);
  EXPECT_THAT(all<StartBody>(run(9)), SizeIs(1));
  EXPECT_THAT(run(1, {from(9, {self})}, 2), testing::Not(testing::Contains(testing::VariantWith<StartBody>(testing::_))));
}

TEST_F(WorkerStates, FetchToMissingOnRefreshWhoHas) {
  run(1, {from(9, {})});  // nobody has it
  EXPECT_EQ(worker.tasks() + worker.values(), 0u);
}

TEST_F(WorkerStates, FetchToMissingOnNetworkFailure) {
  run(1, {from(9, {peer})});
  breaks(9), tick(1000), breaks(9), tick(5000);
  EXPECT_THAT(all<TaskReturned>(breaks(9)), SizeIs(1));
}

TEST_F(WorkerStates, GatherDepFailure) {
  say(FetchValue{self, from(9, {peer})});
  EXPECT_THAT(all<FetchFailed>(breaks(9, peer, true)), SizeIs(1));
}

TEST_F(WorkerStates, RunningTaskInAllRunningTasks) {
  run(1), run(2);
  EXPECT_EQ(worker.running(), 1u);
  EXPECT_EQ(worker.tasks(), 2u);
}

TEST_F(WorkerStates, DoneTaskNotInAllRunningTasks) {
  run(1);
  returns(1);
  EXPECT_EQ(worker.running() + worker.tasks(), 0u);
}

TEST_F(WorkerStates, DoneResumedTaskNotInAllRunningTasks) {
  run(1);
  cancel(1);
  run(1, {}, 2);
  returns(1);
  EXPECT_EQ(worker.running(), 1u);
  returns(1, 2);
  EXPECT_EQ(worker.running() + worker.tasks(), 0u);
}

TEST_F(WorkerStates, RecomputeErredTask) {
  run(1);
  EXPECT_THAT(all<TaskFailed>(throws_(1)), SizeIs(1));
  EXPECT_THAT(all<StartBody>(run(1, {}, 2)), SizeIs(1));
}

TEST_F(WorkerStates, WorkerNbytes) {
  run(1);
  returns(1);
  say(ValuePushed{task(9), Attempt{1}, 100});
  EXPECT_EQ(worker.memory(), 108u);
  free(9);
  EXPECT_EQ(worker.memory(), 8u);
}

TEST_F(WorkerStates, FetchCount) {
  EXPECT_THAT(all<StartFetch>(run(1, {from(7, {peer}), from(8, {peer}), from(9, {other})})), SizeIs(3));
  EXPECT_THAT(all<StartFetch>(run(2, {from(7, {peer})})), IsEmpty());
}

TEST_F(WorkerStates, TaskCounter) {
  run(1), run(2), run(3, {from(9, {peer})});
  EXPECT_EQ(worker.tasks(), 3u);
  returns(1), returns(2);
  EXPECT_EQ(worker.tasks(), 1u);
}

TEST_F(WorkerStates, RemoveWorkerWhileInFlight) {
  run(1, {from(9, {peer, other})});
  EXPECT_THAT(all<StartFetch>(breaks(9)), SizeIs(1));
  EXPECT_THAT(all<StartBody>(arrives(9, other)), SizeIs(1));
}

TEST_F(WorkerStates, RemoveWorkerWhileInFetch) {
  run(1, {from(9, {peer})});
  breaks(9);  // in the pause before it is asked again
  cancel(1);
  EXPECT_EQ(worker.tasks() + worker.values(), 0u);
  EXPECT_THAT(all<StartFetch>(tick(5000)), IsEmpty());
}

TEST_F(WorkerStates, RemoveWorkerUnknown) { EXPECT_THAT(breaks(9, other), IsEmpty()); }

TEST_F(WorkerStates, CleanLog) {
  for (std::uint32_t i = 1; i <= 2000; ++i) run(1, {}, i), returns(1, i), say(FreeValue{self, task(1), Attempt{i}});
  EXPECT_LT(worker.story(task(1)).size(), 100'000u);
}

// ---- test_cancelled_state

TEST_F(WorkerStates, ExecutingCancelledError) {
  run(1);
  EXPECT_THAT(all<StopBody>(cancel(1)), SizeIs(1));
  EXPECT_THAT(all<TaskFailed>(throws_(1)), IsEmpty());
  EXPECT_EQ(worker.tasks(), 0u);
}

TEST_F(WorkerStates, FlightCancelledError) {
  run(1, {from(9, {peer})});
  cancel(1);
  EXPECT_THAT(all<TaskReturned>(breaks(9, peer, true)), IsEmpty());
  EXPECT_EQ(worker.values(), 0u);
}

TEST_F(WorkerStates, InFlightLostAfterResumed) {
  run(1, {from(9, {peer})});
  cancel(1);
  run(1, {from(9, {peer})}, 2);
  const auto returned = all<TaskReturned>(breaks(9, peer, true));
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_EQ(returned[0].attempt, Attempt{2});
}

TEST_F(WorkerStates, CancelledError) {
  run(1);
  cancel(1);
  EXPECT_THAT(all<StartBody>(throws_(1)), IsEmpty());
  EXPECT_THAT(all<StartBody>(run(2)), SizeIs(1));
}

TEST_F(WorkerStates, CancelledResumedAfterFlightWithDependencies) {
  run(1, {from(9, {peer})});
  cancel(1);
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {peer})}, 2)), IsEmpty());  // it is under way still
  EXPECT_THAT(all<StartBody>(arrives(9)), SizeIs(1));
}

TEST_F(WorkerStates, CancelledTaskErrorRejected) {
  run(1);
  cancel(1);
  run(1, {}, 2);
  EXPECT_THAT(all<TaskFailed>(throws_(1)), IsEmpty());
  EXPECT_THAT(all<TaskFinished>(returns(1, 2)), SizeIs(1));
}

TEST_F(WorkerStates, WorkerstateExecutingToExecuting) {
  run(1);
  cancel(1);
  EXPECT_THAT(all<StartBody>(run(1, {}, 2)), IsEmpty());  // one thread, and the first body is still on it
  EXPECT_THAT(all<StartBody>(returns(1)), SizeIs(1));
}

TEST_F(WorkerStates, WorkerstateFlightToFlight) {
  EXPECT_THAT(all<StartFetch>(say(FetchValue{self, from(9, {peer})})), SizeIs(1));
  free(9);
  EXPECT_THAT(all<StartFetch>(say(FetchValue{self, from(9, {peer})})), IsEmpty());
  EXPECT_THAT(all<ValueAdded>(arrives(9)), SizeIs(1));
}

TEST_F(WorkerStates, WorkerstateFlightFailureToExecuting) {
  say(FetchValue{self, from(9, {peer})});
  breaks(9, peer, true);
  EXPECT_THAT(all<StartBody>(run(9, {}, 2)), SizeIs(1));
}

TEST_F(WorkerStates, WorkerstateExecutingSkipsFetchOnSuccess) {
  run(9);
  run(1, {from(9, {self})});
  EXPECT_THAT(all<StartFetch>(returns(9)), IsEmpty());
}

TEST_F(WorkerStates, WorkerstateExecutingFailureToFetch) {
  run(9);
  cancel(9);
  throws_(9);
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {peer})})), SizeIs(1));
}

TEST_F(WorkerStates, WorkerstateRemoveReplicaOfCancelledTaskDependency) {
  say(ValuePushed{task(9), Attempt{1}, 8});
  run(1), run(2, {from(9, {self})});
  cancel(2);
  EXPECT_THAT(all<DropValue>(free(9)), SizeIs(1));
}

TEST_F(WorkerStates, ExecutePreambleEarlyCancel) {
  run(1), run(2);
  cancel(2);
  EXPECT_THAT(all<StartBody>(returns(1)), IsEmpty());
}

TEST_F(WorkerStates, SecedeCancelledOrResumedWorkerstate) {
  run(1);
  say(BodyBlocked{task(1), Attempt{1}});
  cancel(1);
  EXPECT_THAT(all<ResumeBody>(say(BodyUnblocked{task(1), Attempt{1}})), SizeIs(1));
  EXPECT_THAT(all<TaskFinished>(returns(1)), IsEmpty());
  EXPECT_EQ(worker.tasks(), 0u);
}

TEST_F(WorkerStates, WorkerStreamDiedDuringComm) {
  run(1, {from(9, {peer}), from(8, {peer})});
  breaks(9);
  arrives(8);
  EXPECT_THAT(all<StartFetch>(tick(1000)), SizeIs(1));
  EXPECT_THAT(all<StartBody>(arrives(9)), SizeIs(1));
}

TEST_F(WorkerStates, DeadlockCancelledAfterInflightBeforeGatherFromWorker) {
  run(1, {from(9, {peer})});
  cancel(1);
  run(2, {from(9, {peer})});
  EXPECT_THAT(all<StartBody>(arrives(9)), SizeIs(1));
}

/// What runs still is another version than what is needed now.
TEST_F(WorkerStates, AbortExecutionAddAsDependency) {
  run(9);
  cancel(9);
  run(9, {}, 2);
  EXPECT_THAT(all<StartBody>(returns(9)), ElementsAre(testing::Field(&StartBody::attempt, Attempt{2})));
  returns(9, 2);
  EXPECT_THAT(all<StartBody>(run(1, {version_of(9, 2, self)})), SizeIs(1));
}

TEST_F(WorkerStates, AbortExecutionToFetch) {
  run(9);
  cancel(9);
  EXPECT_THAT(all<StartFetch>(run(1, {version_of(9, 2, peer)})), ElementsAre(StartFetch{task(9), Attempt{2}, peer, 8}));
  const auto late = returns(9);  // nobody waits for this one any more
  EXPECT_THAT(all<TaskFinished>(late), IsEmpty());
  EXPECT_FALSE(holds(9));
  EXPECT_THAT(all<StartBody>(say(FetchSucceeded{task(9), Attempt{2}, peer, 8})), SizeIs(1));
}

TEST_F(WorkerStates, FlightToExecutingViaCancelledResumed) {
  run(1, {from(9, {peer})});
  cancel(1);
  EXPECT_THAT(all<StartBody>(run(9, {}, 2)), SizeIs(1));
  EXPECT_THAT(breaks(9), IsEmpty());
  EXPECT_THAT(all<TaskFinished>(returns(9, 2)), SizeIs(1));
  EXPECT_TRUE(worker.stored(task(9), Attempt{2}));
}

TEST_F(WorkerStates, ResumedCancelledHandleCompute) {
  run(1);
  cancel(1);
  run(1, {}, 2);
  cancel(1, 2);
  EXPECT_THAT(all<StartBody>(run(1, {}, 3)), IsEmpty());  // the first body has the thread
  EXPECT_THAT(all<TaskFinished>(returns(1)), IsEmpty());
  EXPECT_EQ(worker.running(), 1u);
  EXPECT_THAT(all<TaskFinished>(returns(1, 3)), SizeIs(1));
}

TEST_F(WorkerStates, SecedeRacingResumingOnSameWorker) {
  run(1);
  say(BodyBlocked{task(1), Attempt{1}});
  cancel(1);
  EXPECT_THAT(all<StartBody>(run(1, {}, 2)), SizeIs(1));  // on the thread that the first one gave away
  EXPECT_THAT(all<ResumeBody>(say(BodyUnblocked{task(1), Attempt{1}})), IsEmpty());
  const auto ended = returns(1, 2);
  EXPECT_THAT(all<TaskFinished>(ended), ElementsAre(testing::Field(&TaskFinished::attempt, Attempt{2})));
  EXPECT_THAT(all<ResumeBody>(ended), SizeIs(1));
  EXPECT_THAT(all<TaskFinished>(returns(1)), IsEmpty());
  EXPECT_EQ(worker.tasks(), 0u);
}

// ---- test_failed_workers

TEST_F(WorkerStates, WorkerWhoHasClearsAfterFailedConnection) {
  run(1, {from(9, {peer})});
  EXPECT_THAT(all<TaskReturned>(breaks(9, peer, true)), SizeIs(1));
  EXPECT_THAT(all<StartFetch>(run(1, {from(9, {other})}, 2)), ElementsAre(StartFetch{task(9), Attempt{1}, other, 8}));
  const auto returned = all<TaskReturned>(breaks(9, other, true));  // the peer that had it once is not asked again
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_THAT(returned[0].missing, SizeIs(1));
}

TEST_F(WorkerStates, WorkerSameHostReplicasMissing) {
  run(1, {from(9, {peer, other})});
  EXPECT_THAT(all<StartFetch>(breaks(9, peer, true)), SizeIs(1));
  const auto returned = all<TaskReturned>(breaks(9, other, true));
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_THAT(returned[0].missing, SizeIs(2));  // the scheduler learns of both
}

}  // namespace
}  // namespace dflow::core
