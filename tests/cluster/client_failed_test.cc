// Cases of distributed's test_failed_workers, test_nanny and test_client by name: workers that are lost, replaced, restarted.
#include <random>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FailedWorkers : public OwnCluster {};

TEST_F(FailedWorkers, SubmitAfterFailedWorker) {
  Executor ex;
  const auto parts = ex.map(inc, std::vector<int>(10, 1));
  wait(parts);
  kill(ex, "worker-1");
  EXPECT_EQ(ex.reduce(add, parts).get(), 20);
}

TEST_F(FailedWorkers, GatherAfterFailedWorker) {
  Executor ex;
  const auto parts = ex.map(block, std::vector<int>{1, 2, 3, 4, 5, 6});
  wait(parts);
  kill(ex, "worker-2");
  for (int i = 0; i < 6; ++i) EXPECT_EQ(parts[static_cast<std::size_t>(i)].get()[0], i + 1);
}

TEST_F(FailedWorkers, GatherThenSubmitAfterFailedWorkers) {
  Executor ex;
  const auto parts = ex.map(block, std::vector<int>{1, 2, 3, 4, 5, 6});
  wait(parts);
  kill_all(ex);
  EXPECT_EQ(parts[5].get()[0], 6);
  EXPECT_THAT(ex.gather(ex.map(first_of, parts)), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(FailedWorkers, Restart) {
  Executor ex;
  const auto a = ex.submit(inc, 1), b = ex.submit(inc, a);
  b.wait();
  ex.restart();
  EXPECT_THAT(names(ex), SizeIs(3));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(FailedWorkers, RestartCleared) {
  Executor ex;
  const auto data = ex.submit(block, 1);
  data.wait();
  ex.restart();
  EXPECT_THAT(ex.who_has(std::vector{data})[0], SizeIs(0));
  EXPECT_THROW(ex.submit(first_of, data).get(), std::exception);
}

TEST_F(FailedWorkers, RestartDuringComputation) {
  Executor ex;
  const Signal open;
  const auto parts = ex.map(after_signal, std::vector<int>(10), std::vector<std::string>(10, open.path()));
  const auto sum = ex.reduce(add, parts);
  ex.restart();
  EXPECT_THROW(sum.get(), CancelledError);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(FailedWorkers, RestartTimeoutOnLongRunningTask) {
  Executor ex;
  const Signal begun, open;
  const auto stuck = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  ex.restart();
  EXPECT_TRUE(stuck.cancelled());
}

TEST_F(FailedWorkers, RestartHungWorker) {
  Executor ex;
  const std::vector<WorkerInfo> workers = ex.workers();
  stop(workers[0].pid);
  ex.restart();
  EXPECT_FALSE(pids(ex).contains(workers[0].pid));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(FailedWorkers, GetWithATimeLimitEndsThenThoughTheWorkerIsSilent) {
  use(1);
  Executor ex;
  const auto value = ex.submit(block, 1), other = ex.submit(block, 2);
  wait(std::vector{value, other});
  const auto worker = static_cast<pid_t>(ex.workers()[0].pid);
  stop(worker);
  EXPECT_THROW(value.get(20ms), TimeoutError);
  EXPECT_THROW(value.get(20ms), TimeoutError) << "while it is brought";
  EXPECT_THROW(Future(other).get(20ms), TimeoutError);
  ::kill(worker, SIGCONT);
  EXPECT_EQ(value.get()[9999], 1);
  EXPECT_EQ(other.get(1h)[9999], 2);
}

TEST_F(FailedWorkers, ASilentWorkerKeepsNobodyFromTheValuesOfOthers) {
  use(2);
  ::setenv("DFLOW_WORKER_SILENCE", "3600", 1);
  Executor ex;
  ::unsetenv("DFLOW_WORKER_SILENCE");
  std::vector<Future<std::vector<int>>> stuck;
  for (int i = 0; i < 20; ++i) stuck.push_back(ex.with({.workers = {"worker-1"}}).submit(block, i));
  const auto other = ex.with({.workers = {"worker-2"}}).submit(block, 20);
  wait(stuck);
  other.wait();
  const auto workers = ex.workers();
  const auto silent = std::ranges::find(workers, "worker-1", &WorkerInfo::name);
  ASSERT_NE(silent, workers.end());
  stop(silent->pid);
  for (const auto& each : stuck) EXPECT_THROW(each.get(20ms), TimeoutError);
  EXPECT_EQ(other.get(30s)[9999], 20);
}

TEST_F(FailedWorkers, AnEndWaitsForNoValueThatNobodyHasAFutureOf) {
  use(1);
  ::setenv("DFLOW_WORKER_SILENCE", "3600", 1);
  auto ex = std::make_unique<Executor>();
  ::unsetenv("DFLOW_WORKER_SILENCE");
  const auto worker = static_cast<pid_t>(ex->workers()[0].pid);
  {
    const auto value = ex->submit(block, 1);
    value.wait();
    stop(worker);
    EXPECT_THROW(value.get(20ms), TimeoutError);
  }
  ex.reset();
}

TEST_F(FailedWorkers, AnEndWaitsForNoWorkerThatDoesNotTakeAValue) {
  use(1);
  ::setenv("DFLOW_WORKER_SILENCE", "3600", 1);
  auto ex = std::make_unique<Executor>();
  ::unsetenv("DFLOW_WORKER_SILENCE");
  EXPECT_EQ(ex->submit(first_of, ex->scatter(block(1), 1)).get(), 1);  // by a connection that stays
  stop(ex->workers()[0].pid);
  const auto value = ex->scatter(block(2));
  const auto task = ex->submit(first_of, value);
  EXPECT_THROW(task.get(100ms), TimeoutError);
  task.cancel();
  ex.reset();
}

TEST_F(FailedWorkers, RepeatedRestarts) {
  Executor ex;
  for (int i = 0; i < 3; ++i) {
    ex.restart();
    EXPECT_EQ(ex.submit(inc, i).get(), i + 1);
  }
}

TEST_F(FailedWorkers, ForgottenFuturesDontCleanUpNewFutures) {
  Executor ex;
  auto x = ex.submit(inc, 1);
  x.wait();
  ex.restart();
  const auto y = ex.submit(inc, 1);
  x = Future<int>();
  EXPECT_EQ(y.get(), 2);
}

TEST_F(FailedWorkers, BrokenWorkerDuringComputation) {
  Executor ex;
  auto level = ex.map(slow_inc, std::vector<int>(24, 0), std::vector<int>(24, 3));
  kill(ex, "worker-1");
  EXPECT_EQ(ex.reduce(add, level).get(), 24);
}

TEST_F(FailedWorkers, FailingWorkerWithAdditionalReplicasOnCluster) {
  Executor ex;
  const Signal calls;
  const auto data = ex.with({.workers = {"worker-1"}})
                        .submit(
                            [](const std::string& path) {
                              Signal::give(path);
                              return block(5);
                            },
                            calls.path());
  ex.replicate(std::vector{data}, 2);
  kill(ex, "worker-1");
  EXPECT_EQ(ex.with({.workers = {"worker-3"}}).submit(first_of, data).get(), 5);
  EXPECT_EQ(calls.count_of(), 1u);  // the copy was there
}

TEST_F(FailedWorkers, KillWorker) {
  Executor ex;
  for (int i = 0; i < 5; ++i) {
    const auto parts = ex.map(inc, std::vector<int>(20, i));
    kill(ex, "worker-" + std::to_string(i % 3 + 1));
    EXPECT_THAT(ex.gather(parts), Each(i + 1));
  }
}

TEST_F(FailedWorkers, StressCreationAndDeletion) {
  ::setenv("DFLOW_ALLOWED_FAILURES", "100", 1);
  Executor ex;
  ::unsetenv("DFLOW_ALLOWED_FAILURES");
  std::vector<Future<int>> sums;
  std::set<std::int64_t> seen = pids(ex);
  for (int round = 0; round < 8; ++round) {
    const auto parts = ex.map(block, std::vector<int>(30, round));
    sums.push_back(ex.reduce(add, ex.map(first_of, parts)));
    kill_all(ex);
    for (const std::int64_t pid : pids(ex)) EXPECT_TRUE(seen.insert(pid).second);
  }
  for (int round = 0; round < 8; ++round) EXPECT_EQ(sums[static_cast<std::size_t>(round)].get(), 30 * round);
}

// ---- test_nanny

TEST_F(FailedWorkers, NannyProcessFailure) {
  Executor ex;
  const std::set<std::int64_t> before = pids(ex);
  kill(ex, "worker-1");
  EXPECT_TRUE(eventually([&] { return pids(ex).size() == 3 && pids(ex) != before; }));
  EXPECT_THAT(names(ex), ElementsAre("worker-1", "worker-2", "worker-3"));
}

TEST_F(FailedWorkers, EnvironmentVariable) {
  ::setenv("SOME_SETTING", "of the program's", 1);
  Executor ex;
  const auto get = [] { return std::string(std::getenv("SOME_SETTING")); };
  EXPECT_EQ(ex.submit(get).get(), "of the program's");
  ::unsetenv("SOME_SETTING");
}

TEST_F(FailedWorkers, NannyClosesCleanly) {
  std::set<std::int64_t> processes;
  {
    Executor ex;
    processes = pids(ex);
  }
  for (const std::int64_t pid : processes) EXPECT_NE(::kill(static_cast<pid_t>(pid), 0), 0) << pid;
}

TEST_F(FailedWorkers, WorkerStartException) {
  Executor ex;
  const Signal broken, starts;
  ex.on_worker(
      [](const std::string& b, const std::string& s) {
        if (!Signal::given(b)) return;
        Signal::give(s);
        throw std::runtime_error("broken");
      },
      broken.path(), starts.path());
  broken.give();
  kill(ex, "worker-1");
  EXPECT_TRUE(eventually([&] { return thrown_by([&] { ex.submit(inc, 1).get(); }).find("broken") != std::string::npos; }));
  EXPECT_EQ(starts.count_of(), 3u);  // it is not tried for ever
}

// ---- test_client

TEST_F(FailedWorkers, RetireWorkers) {
  Executor ex;
  const auto x = ex.with({.workers = {"worker-1"}}).submit(block, 1);
  x.wait();
  ex.retire_workers({"worker-1"});
  EXPECT_THAT(names(ex), ElementsAre("worker-2", "worker-3"));
  EXPECT_EQ(x.get()[0], 1);
}

TEST_F(FailedWorkers, RetireWorkers2) {
  Executor ex;
  const auto x = ex.scatter(block(3), 1);
  ex.retire_workers(2);
  EXPECT_THAT(names(ex), ElementsAre("worker-1"));
  EXPECT_THAT(ex.who_has(std::vector{x})[0], ElementsAre("worker-1"));
  EXPECT_EQ(ex.submit(first_of, x).get(), 3);
}

TEST_F(FailedWorkers, RetireManyWorkers) {
  use(6);
  Executor ex;
  const auto parts = ex.map(block, std::vector<int>(30, 2));
  wait(parts);
  ex.retire_workers(5);
  EXPECT_THAT(names(ex), ElementsAre("worker-1"));
  for (const auto& part : parts) EXPECT_EQ(part.get()[0], 2);
}

TEST_F(FailedWorkers, WaitForWorkers) {
  Executor ex;
  ex.wait_for_workers(3);
  EXPECT_THAT(names(ex), SizeIs(3));
  EXPECT_THROW(ex.wait_for_workers(4, 1s), std::invalid_argument);
}

TEST_F(FailedWorkers, WaitForWorkersUpdatesInfo) {
  Executor ex;
  ex.wait_for_workers(2);
  EXPECT_GE(ex.workers().size(), 2u);
}

TEST_F(FailedWorkers, WaitForWorkersNWorkersValueCheck) {
  Executor ex;
  ex.wait_for_workers(0);
  EXPECT_THAT(thrown_by([&] { ex.wait_for_workers(100); }), HasSubstr("DFLOW_WORKERS"));
}

TEST_F(FailedWorkers, AsCompletedBatches) {
  Executor ex;
  auto ended = as_completed(ex.map(inc, std::vector<int>(50)));
  std::size_t count = 0;
  while (!ended.empty()) count += ended.next_batch().size();
  EXPECT_EQ(count, 50u);
}

TEST_F(FailedWorkers, AsCompletedNextBatch) {
  Executor ex;
  const auto some = ex.map(inc, std::vector<int>(10));
  wait(some);
  auto ended = as_completed(some);
  EXPECT_THAT(ended.next_batch(), SizeIs(10));
  EXPECT_TRUE(ended.empty());
}

TEST_F(FailedWorkers, ExceptionText) {
  Executor ex;
  EXPECT_EQ(thrown_by([&] { ex.submit(throws, 1).get(); }), "hello!");
}

TEST_F(FailedWorkers, ScatterComputeLose) {
  Executor ex;
  const auto data = ex.scatter(block(7), 2);
  const auto sum = ex.submit(first_of, data);
  kill(ex, ex.who_has(std::vector{data})[0].at(0));
  EXPECT_EQ(sum.get(), 7);
  EXPECT_EQ(ex.submit(first_of, data).get(), 7);
}

TEST_F(FailedWorkers, RemoveWorker) {
  Executor ex;
  ex.workers();
  kill(ex, "worker-3");
  EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(20))), Each(1));
}

TEST_F(FailedWorkers, MixingClientsDifferentScheduler) {
  Future<int> old;
  {
    Executor ex;
    old = ex.submit(inc, 1);
    old.wait();
  }
  Executor ex;
  EXPECT_THROW(ex.submit(inc, old), SessionError);
}

TEST_F(FailedWorkers, OpenCloseManyWorkers) {
  for (int i = 0; i < 4; ++i) {
    use(1 + i);
    Executor ex;
    EXPECT_EQ(ex.submit(inc, i).get(), i + 1);
  }
}

TEST_F(FailedWorkers, CloseIdempotent) {
  Executor ex;
  ex.shutdown();
  ex.shutdown();
  EXPECT_THROW(ex.submit(inc, 1), SessionError);
}

TEST_F(FailedWorkers, QuietClientClose) {
  ::testing::internal::CaptureStderr();
  {
    Executor ex;
    const auto some = ex.map(slow_inc, std::vector<int>(1000), std::vector<int>(1000, 10));
    wait(some, When::first);
    ex.shutdown(false, true);  // on the way
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

/// Workers that pack, and one that does not.
TEST_F(FailedWorkers, MixedCompression) {
  ::setenv("DFLOW_SHARED_MEMORY", "0", 1);
  ::setenv("DFLOW_COMPRESSION", "2", 1);
  Executor ex;
  const std::set<std::int64_t> before = pids(ex);
  ::setenv("DFLOW_COMPRESSION", "0", 1);
  kill(ex, "worker-1");
  EXPECT_TRUE(eventually([&] { return pids(ex).size() == 3 && pids(ex) != before; }));
  ::unsetenv("DFLOW_COMPRESSION");
  ::unsetenv("DFLOW_SHARED_MEMORY");
  const auto setting = [](int) { return std::string(std::getenv("DFLOW_COMPRESSION")); };
  EXPECT_EQ(ex.with({.workers = {"worker-1"}}).submit(setting, 0).get(), "0");
  EXPECT_EQ(ex.with({.workers = {"worker-2"}}).submit(setting, 0).get(), "2");
  const auto same = [](const std::vector<int>& xs) { return xs; };
  std::mt19937 random(1);
  std::vector<int> noise(500'000);
  for (int& x : noise) x = static_cast<int>(random());
  for (const std::vector<int>& values : {std::vector<int>(500'000, 1), noise}) {
    auto value = ex.with({.workers = {"worker-3"}}).submit(same, ex.scatter(values));
    for (const char* worker : {"worker-2", "worker-1", "worker-2"}) value = ex.with({.workers = {worker}}).submit(same, value);
    EXPECT_EQ(value.get(), values);
  }
}

}  // namespace
}  // namespace dflow::testing
