// Cases of distributed's test_client by name, of what several of the other files are about.
#include <array>
#include <cstdio>
#include <iostream>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Each;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ClientCases : public SharedCluster {};

/// What comes out of this process at a descriptor meanwhile.
class Captured {
 public:
  explicit Captured(int descriptor) : descriptor_(descriptor), kept_(::dup(descriptor)) {
    std::string path = ::testing::TempDir() + "/captured-XXXXXX";
    file_ = ::mkstemp(path.data());
    ::unlink(path.c_str());
    ::dup2(file_, descriptor_);
  }
  ~Captured() {
    ::dup2(kept_, descriptor_);
    ::close(kept_);
    ::close(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string text() const {
    std::string text(10'000, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(file_, text.data(), text.size(), 0))));
    return text;
  }

 private:
  int descriptor_, kept_, file_ = -1;
};

TEST_F(ClientCases, SyncExceptions) {
  EXPECT_EQ(ex.submit(divided, 10, 2).get(), 5.0);
  EXPECT_THROW(ex.submit(divided, 10, 0).get(), std::domain_error);
  EXPECT_EQ(ex.submit(divided, 10, 5).get(), 2.0);  // it broke nothing
}

TEST_F(ClientCases, ReplicateWorkers) {
  const auto value = ex.with({.workers = {"worker-2"}}).submit(block, 1);
  ex.replicate(std::vector{value}, 1);
  EXPECT_THAT(ex.who_has(std::vector{value})[0], ElementsAre("worker-2"));
  ex.replicate(std::vector{value}, 2);
  EXPECT_THAT(ex.who_has(std::vector{value})[0], SizeIs(2));
  ex.replicate(std::vector{value}, 10);  // all that there are
  EXPECT_THAT(ex.who_has(std::vector{value})[0], UnorderedElementsAre("worker-1", "worker-2", "worker-3"));
}

TEST_F(ClientCases, AsCompletedResults) {
  std::vector<int> results;
  for (const auto& each : as_completed(ex.map(inc, std::vector{1, 2, 3, 4, 5}))) results.push_back(each.get());
  EXPECT_THAT(results, UnorderedElementsAre(2, 3, 4, 5, 6));
}

TEST_F(ClientCases, PrintRemote) {
  const auto on = ex.with({.workers = {"worker-2"}});
  const Captured out(STDOUT_FILENO);
  on.submit([] { std::cout << "Hello! " << 123 << std::endl; }).get();
  on.submit([] { std::printf("Hello!:%d\n", 123); }).get();
  on.submit([] { std::cout << "in " << std::flush << "pieces\n"; }).get();
  EXPECT_TRUE(eventually([&] { return out.text() == "worker-2: Hello! 123\nworker-2: Hello!:123\nworker-2: in pieces\n"; })) << out.text();
}

TEST_F(ClientCases, WarnRemote) {
  const Captured out(STDOUT_FILENO), err(STDERR_FILENO);
  ex.with({.workers = {"worker-3"}}).submit([] { std::cerr << "this may be wrong\n"; }).get();
  EXPECT_TRUE(eventually([&] { return err.text() == "worker-3: this may be wrong\n"; })) << err.text();
  EXPECT_EQ(out.text(), "");
}

TEST_F(ClientCases, PrintLocal) {
  const Captured out(STDOUT_FILENO);
  ex.submit(inc, 1).get();
  std::cout << "Hello!:" << 123 << std::endl;
  EXPECT_EQ(out.text(), "Hello!:123\n");  // as it is: no worker has printed it
}

/// Executors of one program are doors to one session: it is theirs whose tasks are whose.
TEST_F(ClientCases, MultipleClients) {
  const Executor other;
  const auto x = ex.submit(inc, 1), y = other.submit(inc, 2);
  EXPECT_EQ(ex.submit(add, x, y).get(), 5);
  EXPECT_EQ(other.submit(add, x, y).get(), 5);
}

TEST_F(ClientCases, MultiClient) {
  Future<std::vector<int>> theirs;
  {
    const Executor other;
    theirs = other.submit(block, 1);
  }
  EXPECT_EQ(ex.submit(first_of, theirs).get(), 1);  // the one that it was submitted through is gone
  EXPECT_THAT(ex.who_has(std::vector{theirs})[0], SizeIs(::testing::Ge(1u)));
}

TEST_F(ClientCases, WhatIsCancelledThroughOneExecutorIsNobodyElses) {
  const Executor other;
  const Signal open;
  const auto x = ex.submit(after_signal, 1, open.path()), y = other.submit(after_signal, 1, open.path());
  EXPECT_TRUE(x.cancel());
  open.give();
  EXPECT_EQ(y.get(), 1);
  EXPECT_THROW(x.get(), CancelledError);
}

TEST_F(ClientCases, ContextManagerUsedFromDifferentThreads) {
  std::array<int, 4> sums{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&, i] {
      const Executor mine;
      sums[i] = mine.reduce(add, mine.map(inc, std::vector<int>(10, static_cast<int>(i)))).get();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(sums, ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

/// The first failure is told while the others are at work.
TEST_F(ClientCases, GetReturnsEarly) {
  const Signal open;
  const auto slow = ex.submit(after_signal, 1, open.path());
  const auto bad = ex.submit(throws, 1);
  const auto waited = wait(std::vector{slow, bad}, When::first_exception);
  EXPECT_THAT(waited.done, ElementsAre(bad));
  EXPECT_THROW(ex.gather(waited.done), std::runtime_error);
  EXPECT_FALSE(slow.done());
  open.give();
  EXPECT_EQ(slow.get(), 1);
}

/// What needs a failed task never begins, and what was on its way to feed both is not kept.
TEST_F(ClientCases, GetStopsWorkAfterError) {
  const Signal ran;
  const auto bad = ex.submit(throws, 1);
  const auto mark = [](int x, const std::string& path) {
    Signal::give(path);
    return x;
  };
  const auto next = ex.submit(mark, bad, ran.path());
  EXPECT_EQ(thrown_by([&] { ex.submit(inc, next).get(); }), "hello!");
  EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(9))), Each(1));
  EXPECT_FALSE(ran.given());
}

TEST_F(ClientCases, ThreadsafeGet) {
  const auto shared = ex.submit(block, 3);
  std::array<int, 8> sums{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        sums[i] += shared.get()[0] + ex.submit(add, ex.submit(inc, round), 1).get() - round;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(sums, Each(20 * 5));
}

TEST_F(ClientCases, GetClientFunctionsSpawnClusters) {
  // A program that a task starts is a program, with workers of its own if it likes, and no worker of this one's.
  const auto spawn = [] {
    std::string said;
    std::array<char, 256> buffer{};
    std::FILE* app = ::popen("DFLOW_WORKERS=2 " CLUSTER_GUEST_APP " sum 10 2>&1", "r");
    while (app && std::fgets(buffer.data(), buffer.size(), app)) said += buffer.data();
    if (app) ::pclose(app);
    return said;
  };
  EXPECT_EQ(ex.submit(spawn).get(), "sum 285\n");
}

}  // namespace
}  // namespace dflow::testing
