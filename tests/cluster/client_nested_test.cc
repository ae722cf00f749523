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

TEST_F(ClientInTasks, DynamicWorkloadsSyncRandom) { EXPECT_EQ(ex.submit(tree, 4).get(), 81); }

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

TEST_F(ClientInTasks, CancellationOfTheOuterTaskEndsTheInnerOnes) {
  const Signal begun, open, after;
  const auto outer = ex.submit(
      [](Executor& inner, const std::string& b, const std::string& o, const std::string& a) {
        const auto first = inner.submit(gated, 1, b, o);
        first.wait();
        Signal::give(a);
      },
      begun.path(), open.path(), after.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(outer.cancel());
  open.give();
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(ClientInTasks, FireAndForget) {
  const Signal done;
  const auto outer = [](Executor& inner, const std::string& path) {
    inner.submit([](const std::string& p) { Signal::give(p); }, path);
  };
  ex.submit(outer, done.path()).wait();
  EXPECT_TRUE(done.await());
}

TEST_F(ClientInTasks, FireAndForgetErr) {
  const auto outer = [](Executor& inner) { inner.submit(throws, 1); };
  ex.submit(outer).get();
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

}  // namespace
}  // namespace dflow::testing
