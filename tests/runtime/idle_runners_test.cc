#include "runtime/local/idle_runners.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace dflow::local {
namespace {

constexpr auto kLong = std::chrono::milliseconds(100'000);
constexpr auto kNothing = [] {};
constexpr auto kNoWork = [] { return false; };

void await_asleep(const IdleRunners& idle, int count) {
  while (idle.asleep() != count) std::this_thread::yield();
}

TEST(IdleRunners, NobodyIsWokenWhereNobodySleeps) {
  IdleRunners idle;
  EXPECT_FALSE(idle.wake_one([] { FAIL(); }));
  EXPECT_FALSE(idle.sleep(std::chrono::milliseconds(1), kNoWork));
  EXPECT_FALSE(idle.wake_one([] { FAIL(); }));
}

TEST(IdleRunners, WhoIsWokenCountsAsAwakeBefore) {
  IdleRunners idle;
  bool told = false;
  std::thread runner([&] {
    EXPECT_TRUE(idle.sleep(kLong, kNoWork));
    EXPECT_TRUE(told);
  });
  await_asleep(idle, 1);
  EXPECT_TRUE(idle.wake_one([&] { told = true; }));
  EXPECT_EQ(idle.asleep(), 0);
  EXPECT_FALSE(idle.wake_one([] { FAIL(); }));
  runner.join();
}

TEST(IdleRunners, WhoSeesWorkDoesNotSleep) {
  IdleRunners idle;
  EXPECT_FALSE(idle.sleep(kLong, [&] {
    EXPECT_EQ(idle.asleep(), 1);  // who brings work now wakes somebody
    return true;
  }));
  EXPECT_EQ(idle.asleep(), 0);
}

TEST(IdleRunners, AllLeaveWhenItCloses) {
  IdleRunners idle;
  std::vector<std::thread> runners;
  for (int i = 0; i < 3; ++i) runners.emplace_back([&] { EXPECT_FALSE(idle.sleep(kLong, kNoWork)); });
  await_asleep(idle, 3);
  idle.close();
  for (std::thread& runner : runners) runner.join();
  EXPECT_FALSE(idle.sleep(kLong, kNoWork));
}

/// As the engine does it: whoever brings work and finds nobody asleep relies on being seen.
TEST(IdleRunners, NoWorkIsLeftWhileAllSleep) {
  constexpr int kRounds = 20'000;
  IdleRunners idle;
  std::atomic<bool> work{false}, over{false};
  std::atomic<int> overslept{0};
  const auto run = [&] {
    while (!over.load()) {
      if (work.exchange(false)) continue;
      bool saw = false;
      const bool woken = idle.sleep(std::chrono::seconds(10), [&] { return saw = work.load() || over.load(); });
      if (!woken && !saw && !over.load()) ++overslept;
    }
  };
  std::thread one(run), other(run);
  for (int i = 0; i < kRounds && overslept.load() == 0; ++i) {
    work.store(true);
    (void)idle.wake_one(kNothing);
    while (work.load() && overslept.load() == 0) std::this_thread::yield();
  }
  over.store(true);
  idle.close();
  one.join();
  other.join();
  EXPECT_EQ(overslept.load(), 0);
}

}  // namespace
}  // namespace dflow::local
