// Cases of distributed's test_client by name, of what several of the other files are about.
#include <array>
#include <cstdio>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Each;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ClientCases : public SharedCluster {};

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
    std::FILE* app = ::popen("DFLOW_WORKERS=2 " CLUSTER_GUEST_APP " sum 10", "r");
    while (app && std::fgets(buffer.data(), buffer.size(), app)) said += buffer.data();
    if (app) ::pclose(app);
    return said;
  };
  EXPECT_EQ(ex.submit(spawn).get(), "sum 285\n");
}

}  // namespace
}  // namespace dflow::testing
