// Cases of distributed's tests by name: tasks that submit tasks and wait for them.
#include <numeric>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;

class ClientInTasks : public SharedCluster {};

int fibonacci(Executor& ex, int n) {
  if (n < 2) return n;
  const auto a = ex.submit(fibonacci, n - 1), b = ex.submit(fibonacci, n - 2);
  return a.get() + b.get();
}
/// Each waits for the next: as deep as there are levels, on one thread a worker.
int deep(Executor& ex, int levels) { return levels == 0 ? 0 : 1 + ex.submit(deep, levels - 1).get(); }
int tree(Executor& ex, int levels) {
  if (levels == 0) return 1;
  int sum = 0;
  for (const auto& part : ex.map(tree, std::vector<int>(3, levels - 1))) sum += part.get();
  return sum;
}

TEST_F(ClientInTasks, SecedeSimple) { EXPECT_EQ(ex.submit([](Executor& inner, int x) { return inner.submit(inc, x).get(); }, 1).get(), 2); }

TEST_F(ClientInTasks, DeeperThanThereAreThreads) { EXPECT_EQ(ex.submit(deep, 40).get(), 40); }

TEST_F(ClientInTasks, DynamicWorkloadsSync) { EXPECT_EQ(ex.submit(fibonacci, 8).get(), 21); }

TEST_F(ClientInTasks, ATreeOfTasksWaitsForItsLeaves) { EXPECT_EQ(ex.submit(tree, 4).get(), 81); }

/// Each takes another time before it submits others.
int workload(Executor& ex, int x, unsigned random) {
  if (x > 4) return 4;
  ::usleep(random % 5000);
  random = random * 1664525 + 1013904223;
  const auto a = ex.submit(workload, x + 1, random >> 8), b = ex.submit(workload, x + 2, random >> 16);
  return a.get() + b.get();
}

TEST_F(ClientInTasks, DynamicWorkloadsSyncRandom) {
  for (const unsigned seed : {1u, 2u, 3u}) EXPECT_EQ(ex.submit(workload, 0, seed).get(), 52);
}

TEST_F(ClientInTasks, SecedeBalances) {
  const auto outer = [](Executor& inner, int x) {
    std::vector<int> xs(10);
    std::iota(xs.begin(), xs.end(), x);
    int sum = 0;
    for (const auto& part : inner.map(inc, xs)) sum += part.get();
    return sum;
  };
  std::vector<int> xs(20);
  std::iota(xs.begin(), xs.end(), 0);
  int sum = 0;
  for (const auto& each : ex.map(outer, xs)) sum += each.get();
  EXPECT_EQ(sum, 20 * 55 + 10 * 190);
}

TEST_F(ClientInTasks, GetClient) {
  const auto uses = [](int x) {
    Executor inner;  // a handle to the one that this task was submitted through
    return inner.submit(inc, x).get();
  };
  EXPECT_EQ(ex.submit(uses, 1).get(), 2);
}

TEST_F(ClientInTasks, CurrentNested) {
  const auto uses = [](Executor& outer, int x) {
    Executor one, two;
    return one.submit(inc, x).get() + two.submit(inc, x).get() + outer.submit(inc, x).get();
  };
  EXPECT_EQ(ex.submit(uses, 1).get(), 6);
}

TEST_F(ClientInTasks, RemoteSubmitOnFuture) {
  const auto data = ex.submit(inc, 1);
  EXPECT_EQ(ex.submit([](Executor& inner, int x) { return inner.submit(inc, x); }, data).get(), 3);
}

TEST_F(ClientInTasks, RemoteScatterGather) {
  const auto outer = [](Executor& inner) {
    const auto data = inner.scatter(block(7));
    return inner.submit(first_of, data).get() + data.get()[0];
  };
  EXPECT_EQ(ex.submit(outer).get(), 14);
}

TEST_F(ClientInTasks, ThreadedGetWithinDistributed) {
  const auto outer = [](Executor& inner, int n) { return inner.reduce(add, inner.map(inc, std::vector<int>(static_cast<std::size_t>(n)))).get(); };
  EXPECT_THAT(ex.gather(ex.map(outer, std::vector{5, 6, 7})), ElementsAre(5, 6, 7));
}

void give_after(int, const std::string& path) { Signal::give(path); }
void give_when(const std::string& open, const std::string& done) { give_after(Signal::await(open), done); }

/// As in one process, where only who is cancelled knows of it: the body goes on until it sees its stop token, and so do those
/// that it has submitted.
TEST_F(ClientInTasks, CancellationOfTheOuterTaskLeavesTheInnerOnesAlone) {
  const Signal begun, open, done, after;
  const auto outer = ex.submit(
      [](Executor& inner, const std::string& b, const std::string& o, const std::string& d, const std::string& a) {
        const auto first = inner.submit(gated, 1, b, o);
        inner.submit(give_after, first, d).get();
        Signal::give(a);
      },
      begun.path(), open.path(), done.path(), after.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(outer.cancel());
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);  // the scheduler has heard of it
  open.give();
  EXPECT_TRUE(done.await()) << "it had not begun when the outer one was cancelled";
  EXPECT_TRUE(after.await()) << "what the body waited for has come";
  EXPECT_THROW(outer.get(), CancelledError);
}

/// A body that is to take them with it has their futures, and its stop token. The gate is elsewhere: who waits gives his thread
/// away, and would get it back from the gate when that opens.
TEST_F(ClientInTasks, ACancelledTaskMayCancelWhatItHasSubmitted) {
  const Signal begun, open, done, ready, told;
  const auto outer = ex.with({.workers = {"worker-2"}}).submit(
      [](std::stop_token stop, Executor& inner, const std::string& b, const std::string& o, const std::string& d, const std::string& r,
         const std::string& t) {
        const auto gate = inner.with({.workers = {"worker-3"}}).submit(gated, 1, b, o);
        const auto next = inner.submit(give_after, gate, d);
        const std::stop_callback cancels(stop, [&] { next.cancel(); });
        Signal::give(r);
        if (thrown_by([&] { next.get(); }).find("cancelled") != std::string::npos) Signal::give(t);
      },
      begun.path(), open.path(), done.path(), ready.path(), told.path());
  ASSERT_TRUE(begun.await());
  ASSERT_TRUE(ready.await());
  EXPECT_TRUE(outer.cancel());
  EXPECT_TRUE(told.await());
  open.give();
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  EXPECT_FALSE(done.given());
}

/// Nor is it kept from what it does later.
TEST_F(ClientInTasks, ACancelledTaskMaySubmitAndCancel) {
  const Signal begun, open, done, told;
  const auto outer = ex.with({.workers = {"worker-2"}}).submit(
      [](std::stop_token stop, Executor& inner, const std::string& b, const std::string& o, const std::string& d, const std::string& t) {
        const auto gate = inner.with({.workers = {"worker-3"}}).submit(gated, 1, b, o);
        while (!stop.stop_requested()) ::usleep(100);
        const auto next = inner.submit(give_after, gate, d);
        const std::stop_callback cancels(stop, [&] { next.cancel(); });
        if (thrown_by([&] { next.get(); }).find("cancelled") != std::string::npos) Signal::give(t);
      },
      begun.path(), open.path(), done.path(), told.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(outer.cancel());
  EXPECT_TRUE(told.await());
  open.give();
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  EXPECT_FALSE(done.given());
}

/// What a task has submitted is cancelled when its worker dies, unless it is marked.
TEST_F(ClientInTasks, FireAndForget) {
  const Signal open, marked, unmarked;
  const auto outer = [](Executor& inner, const std::string& o, const std::string& m, const std::string& u) {
    const auto gate = inner.submit(after_signal, 1, o);
    inner.with({.workers = {"worker-1"}}).submit(give_after, gate, u);
    inner.with({.workers = {"worker-1"}, .fire_and_forget = true}).submit(give_after, gate, m);
    return process();
  };
  const int pid = ex.submit(outer, open.path(), marked.path(), unmarked.path()).get();
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);  // by now the scheduler knows that nobody has the outer one's future
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    const auto workers = ex.workers();
    return workers.size() == 3 && std::ranges::none_of(workers, [&](const WorkerInfo& each) { return each.pid == pid; });
  }));
  open.give();
  EXPECT_TRUE(marked.await());
  EXPECT_FALSE(unmarked.given());  // it would have come first
}

TEST_F(ClientInTasks, FireAndForgetErr) {
  const Signal calls;
  const auto outer = [](Executor& inner, const std::string& path) {
    inner.with({.retries = 1, .fire_and_forget = true}).submit(flaky, 5, path);
  };
  ex.submit(outer, calls.path()).get();
  ex.with({.retries = 1, .fire_and_forget = true}).submit(flaky, 5, calls.path());
  EXPECT_TRUE(eventually([&] { return calls.count_of() == 4; }));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(ClientInTasks, AnExecutorsEndWaitsForWhatIsFiredAndForgotten) {
  const Signal open, done;
  std::thread opens;
  {
    Executor other;
    other.with({.fire_and_forget = true}).submit(give_when, open.path(), done.path());
    opens = std::thread([&] { open.give(); });
  }
  EXPECT_TRUE(done.given());
  opens.join();
}

TEST_F(ClientInTasks, FiredAndForgottenTasksAreCancelledAsOthers) {
  const Signal open, done;
  {
    Executor other;
    const auto gate = other.submit(after_signal, 1, open.path());
    const auto handle = other.with({.fire_and_forget = true});
    const auto by_name = handle.submit(give_after, gate, done.path());
    EXPECT_TRUE(by_name.cancel());
    const auto by_shutdown = handle.submit(give_after, gate, done.path());
    other.shutdown(false, true);
    EXPECT_TRUE(by_shutdown.cancelled());
    open.give();
  }
  EXPECT_FALSE(done.given());
}

}  // namespace
}  // namespace dflow::testing
