// Cases of distributed's test_as_completed and test_client_executor by name.
#include <numeric>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ClientAsCompleted : public SharedCluster {};

TEST_F(ClientAsCompleted, AsCompletedSync) {
  const auto x = ex.submit(inc, 1), y = ex.submit(inc, 1), z = ex.submit(inc, 2);
  std::multiset<int> seen;
  for (const auto& each : as_completed(std::vector{x, y, z})) seen.insert(each.get());
  EXPECT_THAT(seen, ElementsAre(2, 2, 3));
}

TEST_F(ClientAsCompleted, AsCompletedTimeoutSync) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path()), y = ex.submit(inc, 1);
  y.wait();
  auto ended = as_completed(std::vector{x, y}, 200ms);
  EXPECT_EQ(ended.next(), y);
  EXPECT_THROW(ended.next(), TimeoutError);
  open.give();
}

TEST_F(ClientAsCompleted, AsCompletedWithNonFutures) { EXPECT_THROW(as_completed(std::vector<Future<int>>(1)), InvalidStateError); }

TEST_F(ClientAsCompleted, AsCompletedAdd) {
  int total = 0;
  auto ended = as_completed(ex.map(inc, std::vector{1, 2, 3}));
  for (const auto& each : ended) {
    const int value = each.get();
    total += value;
    if (value < 4) ended.add(ex.submit(add, value, 10));
  }
  EXPECT_EQ(total, 2 + 3 + 4 + 12 + 13);
}

TEST_F(ClientAsCompleted, AsCompletedUpdate) {
  int total = 0;
  auto ended = as_completed(std::vector<Future<int>>());
  ended.add(ex.map(inc, std::vector{1, 2, 3}));
  for (const auto& each : ended) total += each.get();
  EXPECT_EQ(total, 9);
}

TEST_F(ClientAsCompleted, AsCompletedRepeats) {
  const auto x = ex.submit(inc, 1);
  auto ended = as_completed(std::vector{x, x});
  EXPECT_EQ(ended.next(), x);
  EXPECT_TRUE(ended.empty());
  ended.add(x);
  EXPECT_EQ(ended.next(), x);
}

TEST_F(ClientAsCompleted, AsCompletedIsEmpty) {
  auto ended = as_completed(std::vector<Future<int>>());
  EXPECT_TRUE(ended.empty());
  ended.add(ex.submit(inc, 1));
  EXPECT_FALSE(ended.empty());
  ended.next();
  EXPECT_TRUE(ended.empty());
}

TEST_F(ClientAsCompleted, AsCompletedCancel) {
  const Signal open;
  const auto x = ex.submit(inc, 1), y = ex.submit(after_signal, 1, open.path());
  auto ended = as_completed(std::vector{x, y});
  EXPECT_EQ(ended.next(), x);
  y.cancel();
  EXPECT_EQ(ended.next(), y);
  EXPECT_TRUE(y.cancelled());
  open.give();
}

TEST_F(ClientAsCompleted, AsCompletedCancelLast) {
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path()), y = ex.submit(after_signal, 2, open.path());
  std::thread canceller([&] {
    x.cancel();
    y.cancel();
  });
  std::size_t count = 0;
  for (const auto& each : as_completed(std::vector{x, y})) count += each.cancelled();
  EXPECT_EQ(count, 2u);
  canceller.join();
  open.give();
}

TEST_F(ClientAsCompleted, AsCompletedError) {
  const auto x = ex.submit(throws, 1), y = ex.submit(inc, 5);
  std::set<std::string> seen;
  for (const auto& each : as_completed(std::vector{x, y})) seen.insert(each.exception() ? "failed" : "6");
  EXPECT_THAT(seen, ElementsAre("6", "failed"));
}

TEST_F(ClientAsCompleted, AsCompletedWithResults) {
  const auto x = ex.submit(throws, 1), z = ex.submit(inc, 1);
  const Signal open;
  const auto y = ex.submit(after_signal, 5, open.path());
  y.cancel();
  int results = 0, cancelled = 0, failed = 0;
  for (const auto& each : as_completed(std::vector{x, y, z})) {
    try {
      results += each.get();
    } catch (const CancelledError&) {
      ++cancelled;
    } catch (const std::runtime_error&) {
      ++failed;
    }
  }
  EXPECT_THAT((std::vector{results, cancelled, failed}), ElementsAre(2, 1, 1));
  open.give();
}

TEST_F(ClientAsCompleted, Clear) {
  const Signal open;
  auto ended = as_completed(ex.map(after_signal, std::vector{1, 2, 3}, std::vector<std::string>(3, open.path())));
  ended.clear();
  EXPECT_TRUE(ended.empty());
  ended.add(ex.submit(inc, 1));
  open.give();
  EXPECT_EQ(ended.next().get(), 2);
}

class ClientExecutor : public SharedCluster {};

TEST_F(ClientExecutor, Submit) {
  const auto one = ex.submit(add, 2, 3), two = ex.submit(throws, 3);
  EXPECT_EQ(one.get(), 5);
  EXPECT_EQ(thrown_by([&] { two.get(); }), "hello!");
}

TEST_F(ClientExecutor, AsCompleted) {
  std::set<int> seen;
  for (const auto& each : as_completed(ex.map(inc, std::vector{1, 2, 3, 4, 5}))) seen.insert(each.get());
  EXPECT_THAT(seen, ElementsAre(2, 3, 4, 5, 6));
}

TEST_F(ClientExecutor, Wait) {
  const auto some = ex.map(inc, std::vector{1, 2, 3});
  EXPECT_THAT(wait(some, When::all, 60s).done, SizeIs(3));
  EXPECT_THAT(wait(std::vector{ex.submit(throws, 1), some[0]}, When::first_exception).done.size(), ::testing::Ge(1u));
}

TEST_F(ClientExecutor, Cancellation) {
  const Signal begun, open;
  const auto running = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  running.cancel();
  EXPECT_TRUE(running.cancelled());
  EXPECT_THROW(running.get(), CancelledError);
  open.give();
}

TEST_F(ClientExecutor, CancellationWait) {
  const Signal open;
  const auto some = ex.map(after_signal, std::vector{1, 2, 3, 4, 5}, std::vector<std::string>(5, open.path()));
  some[3].cancel();
  open.give();
  EXPECT_THAT(wait(some, When::all, 60s).done, SizeIs(5));
  EXPECT_TRUE(some[3].cancelled());
  EXPECT_EQ(some[4].get(), 5);
}

TEST_F(ClientExecutor, CancellationAsCompleted) {
  const Signal open;
  const auto some = ex.map(after_signal, std::vector{1, 2, 3, 4, 5}, std::vector<std::string>(5, open.path()));
  some[3].cancel();
  open.give();
  std::size_t count = 0;
  for (const auto& each : as_completed(some)) count += each.cancelled();
  EXPECT_EQ(count, 1u);
}

TEST_F(ClientExecutor, Map) {
  std::vector<int> xs(100);
  std::iota(xs.begin(), xs.end(), 0);
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(ex.gather(ex.map(inc, xs)), expected);
}

TEST_F(ClientExecutor, Workers) {
  const auto pid = [&](const char* name) { return ex.with({.workers = {name}}).submit(process).get(); };
  for (const WorkerInfo& worker : ex.workers()) EXPECT_EQ(pid(worker.name.c_str()), worker.pid);
}

TEST_F(ClientExecutor, Retries) {
  const Signal a, b;
  EXPECT_EQ(ex.with({.retries = 3}).submit(flaky, 2, a.path()).get(), 3);
  EXPECT_THAT(thrown_by([&] { ex.with({.retries = 1}).submit(flaky, 3, b.path()).get(); }), HasSubstr("call 2"));
}

TEST_F(ClientExecutor, ShutdownWait) {
  const Signal done;
  {
    Executor other;
    other.submit(
        [](const std::string& path) {
          ::usleep(20'000);
          Signal::give(path);
        },
        done.path());
    other.shutdown(true);
    EXPECT_TRUE(done.given());
    EXPECT_THROW(other.submit(inc, 1), SessionError);
  }
}

TEST_F(ClientExecutor, ShutdownNowait) {
  const Signal open;
  Executor other;
  const auto waiting = other.submit(after_signal, 1, open.path());
  other.shutdown(false);
  EXPECT_FALSE(waiting.done());
  open.give();
  EXPECT_EQ(waiting.get(), 1);
}

}  // namespace
}  // namespace dflow::testing
