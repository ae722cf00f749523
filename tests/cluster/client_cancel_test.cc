// Cases of distributed's tests by name: cancellation over real processes (test_client, test_cancelled_state).
#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Cancelling : public SharedCluster {
 protected:
  /// All three workers are busy until `open` is given.
  void keep_all_busy(const Signal& open) {
    for (const WorkerInfo& worker : ex.workers()) {
      const Signal begun;
      busy.push_back(ex.with({.workers = {worker.name}}).submit(gated, 1, begun.path(), open.path()));
      ASSERT_TRUE(begun.await());
    }
  }
  std::vector<Future<int>> busy;
};

int stoppable(std::stop_token stop, const std::string& begun, const std::string& stopped) {
  Signal::give(begun);
  while (!stop.stop_requested()) ::usleep(100);
  Signal::give(stopped);
  return 1;
}
int told(int x, const std::string& path) {
  Signal::give(path);
  return x;
}

TEST_F(Cancelling, Cancel) {
  const Signal begun, open;
  const auto x = ex.submit(gated, 1, begun.path(), open.path());
  const auto y = ex.submit(inc, x);
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(x.cancel());
  EXPECT_TRUE(x.cancelled());
  EXPECT_TRUE(x.cancel());
  EXPECT_THROW(x.get(), CancelledError);
  EXPECT_THROW(y.get(), CancelledError);
  open.give();
}

TEST_F(Cancelling, CancelBeforeKnownToScheduler) {
  const auto x = ex.submit(slow_inc, 1, 1000);
  EXPECT_TRUE(x.cancel());
  EXPECT_THROW(x.get(), CancelledError);
}

TEST_F(Cancelling, CancelledTaskThatHadNotStartedNeverRuns) {
  const Signal open, ran;
  const auto token = ex.with({.workers = {"worker-3"}}).submit(inc, 1);
  keep_all_busy(open);
  const auto x = ex.with({.workers = {"worker-1"}}).submit(told, 1, ran.path());
  EXPECT_TRUE(x.cancel());
  ex.replicate(std::vector{token}, 3);  // what worker-1 was told before this, it knows
  open.give();
  wait(busy);
  EXPECT_EQ(ex.with({.workers = {"worker-1"}}).submit(inc, 1).get(), 2);
  EXPECT_FALSE(ran.given());
}

TEST_F(Cancelling, RunningBodySeesItsStopToken) {
  const Signal begun, stopped;
  const auto x = ex.submit(stoppable, begun.path(), stopped.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(x.cancel());
  EXPECT_TRUE(stopped.await());
}

TEST_F(Cancelling, TimeLimitStopsTheBody) {
  const Signal begun, stopped;
  const auto x = ex.with({.timeout = 30ms}).submit(stoppable, begun.path(), stopped.path());
  EXPECT_THAT([&] { x.get(); }, ThrowsMessage<TimeoutError>(HasSubstr(") ran longer than its limit of 30 ms")));
  EXPECT_TRUE(stopped.await());
}

TEST_F(Cancelling, CancelClearsProcessing) {
  const Signal open;
  const auto some = ex.map(after_signal, std::vector{1, 2, 3, 4, 5, 6}, std::vector<std::string>(6, open.path()));
  for (const auto& each : some) each.cancel();
  open.give();
  EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(6))), Each(1));
  for (const auto& each : some) EXPECT_FALSE(each.running());
}

TEST_F(Cancelling, SubmitOnCancelledFuture) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path());
  x.cancel();
  EXPECT_THROW(ex.submit(inc, x).get(), CancelledError);
  open.give();
}

TEST_F(Cancelling, FuturesOfCancelledRaises) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path());
  x.cancel();
  EXPECT_THROW(ex.gather(std::vector{x}), CancelledError);
  EXPECT_THROW(x.exception(), CancelledError);
  open.give();
}

TEST_F(Cancelling, ScatterErrorCancel) {
  const auto data = ex.scatter(1);
  const auto bad = ex.submit(throws, data);
  EXPECT_THROW(bad.get(), std::runtime_error);
  EXPECT_FALSE(bad.cancel());
  EXPECT_FALSE(data.cancel());
  EXPECT_EQ(data.get(), 1);
}

/// Nobody waits for it any more; only `cancel()` would stop it.
TEST_F(Cancelling, AbortExecutionRelease) {
  const Signal begun, open, done;
  const auto worker_1 = ex.with({.workers = {"worker-1"}});
  auto x = worker_1.submit(
      [](const std::string& b, const std::string& o, const std::string& d) { return told(gated(1, b, o), d); }, begun.path(),
      open.path(), done.path());
  ASSERT_TRUE(begun.await());
  x = Future<int>();
  const auto next = worker_1.submit(inc, 1);
  open.give();
  EXPECT_TRUE(done.await());
  EXPECT_EQ(next.get(), 2);
}

TEST_F(Cancelling, AbortExecutionReschedule) {
  const Signal begun, open;
  const auto x = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  x.cancel();
  const Signal again;
  const auto y = ex.submit(gated, 2, again.path(), open.path());
  open.give();
  EXPECT_EQ(y.get(), 2);
}

TEST_F(Cancelling, ExecutingCancelledError) {
  const Signal begun, open;
  const auto x = ex.with({.workers = {"worker-1"}})
                     .submit(
                         [](int, const std::string& b, const std::string& o) -> int {
                           Signal::give(b);
                           Signal::await(o);
                           throw std::runtime_error("too late");
                         },
                         1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  x.cancel();
  open.give();
  EXPECT_EQ(ex.with({.workers = {"worker-1"}}).submit(inc, 1).get(), 2);
  EXPECT_THROW(x.get(), CancelledError);
}

TEST_F(Cancelling, CancelledErrorWithResources) {
  const Signal begun, open;
  const auto gpu = ex.with({.resources = {{"gpu", 2}}});
  const auto x = gpu.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto y = gpu.submit(inc, 1);
  EXPECT_TRUE(x.cancel());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ex.submit(inc, i).get(), i + 1);  // the scheduler has heard of it
  EXPECT_FALSE(y.done());
  open.give();
  EXPECT_EQ(y.get(), 2);
}

TEST_F(Cancelling, NothingWaitsBehindACancelledBodyThatRunsOn) {
  const Signal begun, open;
  const auto x = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto before = ex.map(inc, std::vector<int>(200));  // some are sent to wait behind it
  EXPECT_TRUE(x.cancel());
  wait(before);
  wait(ex.map(inc, std::vector<int>(200)));
  EXPECT_FALSE(open.given());
}

TEST_F(Cancelling, NothingWaitsBehindABodyOverItsTimeLimit) {
  const Signal begun, open;
  const auto x = ex.with({.timeout = 1ms}).submit(gated, 1, begun.path(), open.path());
  EXPECT_THROW(x.get(), TimeoutError);
  ASSERT_TRUE(begun.await());
  wait(ex.map(inc, std::vector<int>(200)));
  EXPECT_FALSE(open.given());
}

TEST_F(Cancelling, ABodyOverItsTimeLimitIsNotTriedAgain) {
  const Signal begun, open;
  const auto x = ex.with({.retries = 2, .timeout = 1ms}).submit(gated, 1, begun.path(), open.path());
  EXPECT_THROW(x.get(), TimeoutError);
  ASSERT_TRUE(begun.await());
  EXPECT_EQ(begun.count_of(), 1u);
}

TEST_F(Cancelling, CancelWithDependenciesInMemory) {
  const auto data = ex.submit(block, 1);
  data.wait();
  const Signal open;
  keep_all_busy(open);
  const auto x = ex.submit(first_of, data);
  x.cancel();
  open.give();
  EXPECT_EQ(ex.submit(first_of, data).get(), 1);
}

TEST_F(Cancelling, CancelStress) {
  for (int round = 0; round < 20; ++round) {
    const auto first = ex.map(inc, std::vector<int>(50));
    const auto second = ex.map(inc, first);
    const auto sum = ex.reduce(add, second);
    if (round % 2 == 0) wait(first, When::first);
    for (const auto& each : second) each.cancel();
    sum.cancel();
  }
  EXPECT_EQ(ex.reduce(add, ex.map(inc, std::vector<int>(50))).get(), 50);
}

}  // namespace
}  // namespace dflow::testing
