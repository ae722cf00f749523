// Cases of distributed's test_client, test_nanny and test_stress by name: what is lost with workers, and what is left of them.
#include <random>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::Each;

class Losses : public OwnCluster {
 protected:
  static std::size_t entries(const char* folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  static std::size_t open_files() { return entries("/proc/self/fd"); }
  static std::size_t threads() { return entries("/proc/self/task"); }
  static void one_session() {
    Executor ex;
    EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(20))), Each(1));
  }
};

TEST_F(Losses, ReceiveLostKey) {
  Executor ex;
  const Signal calls;
  const auto made = [](const std::string& path) {
    Signal::give(path);
    return block(5);
  };
  const auto x = ex.submit(made, calls.path());
  x.wait();
  kill(ex, ex.who_has(std::vector{x})[0].at(0));
  EXPECT_TRUE(eventually([&] { return calls.count_of() == 2; })) << "it is made again, since its future is there";
  EXPECT_EQ(x.get()[9999], 5);
}

TEST_F(Losses, StressScatterDeath) {
  use(4);
  ::setenv("DFLOW_ALLOWED_FAILURES", "100", 1);
  Executor ex;
  ::unsetenv("DFLOW_ALLOWED_FAILURES");
  std::mt19937 random(1);
  std::vector<Future<std::vector<int>>> scattered;
  for (int i = 0; i < 4; ++i) scattered.push_back(ex.scatter(block(i), 2));
  const auto slow_add = [](const std::vector<int>& a, const std::vector<int>& b) { return slow_inc(a[0] + b[0], 2); };
  std::vector<Future<int>> adds, pairs;
  std::vector<int> expected;
  for (int i = 0; i < 50; ++i) {
    const std::size_t a = random() % 4, b = random() % 4;
    adds.push_back(ex.submit(slow_add, scattered[a], scattered[b]));
    expected.push_back(static_cast<int>(a + b) + 1);
  }
  for (std::size_t i = 1; i < adds.size(); ++i) pairs.push_back(ex.submit(add, adds[i - 1], adds[i]));
  for (const std::size_t after : {5, 15, 25, 35}) {
    wait(std::vector(adds.begin(), adds.begin() + static_cast<std::ptrdiff_t>(after)));
    kill(ex, "worker-" + std::to_string(random() % 4 + 1));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_EQ(pairs[i].get(), expected[i] + expected[i + 1]);
}

/// Of sessions that have ended nothing is left open, nor of workers that were replaced.
TEST_F(Losses, ClientNumFds) {
  one_session();
  const std::size_t before = open_files();
  for (int i = 0; i < 4; ++i) one_session();
  EXPECT_LE(open_files(), before);
}

TEST_F(Losses, NumFds) {
  Executor ex;
  const auto use_all = [&] { EXPECT_THAT(ex.gather(ex.map(first_of, ex.map(block, std::vector<int>(12, 1)))), Each(1)); };
  ex.wait_for_workers(3);
  kill_all(ex);
  use_all();
  const std::size_t before = open_files();
  for (int i = 0; i < 3; ++i) {
    kill_all(ex);
    use_all();
  }
  EXPECT_TRUE(eventually([&] { return open_files() <= before + 3; })) << before << " then " << open_files();  // at most one more link to each
}

TEST_F(Losses, NoThreadsLingering) {
  one_session();
  const std::size_t before = threads();
  for (int i = 0; i < 4; ++i) one_session();
  EXPECT_TRUE(eventually([&] { return threads() <= before; })) << before << " then " << threads();
}

}  // namespace
}  // namespace dflow::testing
