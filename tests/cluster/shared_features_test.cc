// What a program can ask of its workers, on a cluster that others run: shared_features_test.py starts one for each of these,
// of two agents with two workers of one thread each.
#include <sys/wait.h>

#include <csignal>
#include <map>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::Not;
using ::testing::SizeIs;

class SharedFeatures : public ::testing::Test {
 protected:
  SharedFeatures() { ex.wait_for_workers(4); }

  std::map<std::string, std::int64_t> pids() const {
    std::map<std::string, std::int64_t> found;
    for (const WorkerInfo& worker : ex.workers()) found[worker.name] = worker.pid;
    return found;
  }
  /// How many of `before` are another process by now; names that are gone do not count.
  std::size_t replaced(const std::map<std::string, std::int64_t>& before) const {
    std::size_t count = 0;
    for (const auto& [name, pid] : pids()) count += before.contains(name) && before.at(name) != pid;
    return count;
  }

  Executor ex;
};

TEST_F(SharedFeatures, RestartReplacesAllWorkersAndCancelsWhatIsLeft) {
  const Signal open;
  const auto done = ex.submit(block, 1);
  done.wait();
  const auto running = ex.submit(after_signal, 1, open.path());
  const auto before = pids();
  ex.restart();
  EXPECT_TRUE(running.cancelled());
  EXPECT_THROW(done.get(), CancelledError);
  EXPECT_EQ(replaced(before), 4u);
  EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(50, 1))), Each(2));
}

TEST_F(SharedFeatures, RetiredWorkersDrainGiveTheirValuesAwayAndAreGone) {
  const Signal begun, open;
  const auto values = ex.map(block, std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  wait(values);
  const auto names = ex.workers();
  const std::string leaving = names[0].name, other = names[1].name;
  const auto last = ex.with({.workers = {leaving}}).submit(gated, 7, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  std::thread retirement([&] { ex.retire_workers({leaving, other}); });
  EXPECT_TRUE(eventually([&] { return !pids().contains(other); }));  // it had nothing to do
  EXPECT_TRUE(pids().contains(leaving));
  EXPECT_FALSE(last.done());
  open.give();
  retirement.join();
  EXPECT_EQ(last.get(), 7);
  EXPECT_THAT(ex.workers(), SizeIs(2));
  for (const auto& holders : ex.who_has(values)) {
    EXPECT_THAT(holders, Not(IsEmpty()));
    EXPECT_THAT(holders, Not(Contains(leaving)));
    EXPECT_THAT(holders, Not(Contains(other)));
  }
  EXPECT_EQ(values[7].get()[0], 8);
  EXPECT_NE(::kill(static_cast<pid_t>(names[0].pid), 0), 0) << "its process is still there";
}

TEST_F(SharedFeatures, CancellationByForceEndsABodyThatDoesNotStop) {
  const Signal begun, open;
  const auto stuck = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto before = pids();
  EXPECT_TRUE(stuck.cancel(force));
  EXPECT_TRUE(stuck.cancelled());
  EXPECT_TRUE(eventually([&] { return pids().size() == 4 && replaced(before) == 1; }));
}

TEST_F(SharedFeatures, ValuesAreFoundCopiedAndSpread) {
  const std::string one = ex.workers()[0].name;
  const auto values = ex.with({.workers = {one}}).map(block, std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  wait(values);
  for (const auto& holders : ex.who_has(values)) EXPECT_THAT(holders, ::testing::ElementsAre(one));
  ex.rebalance();
  std::set<std::string> used;
  for (const auto& holders : ex.who_has(values)) used.insert(holders.begin(), holders.end());
  EXPECT_THAT(used, SizeIs(4));
  ex.replicate(std::vector{values[0]}, 3);
  EXPECT_THAT(ex.who_has(std::vector{values[0]})[0], SizeIs(3));
  EXPECT_EQ(values[0].get()[0], 1);
}

TEST_F(SharedFeatures, CopiesSurviveTheirWorkers) {
  const auto scattered = ex.scatter(block(4), 3);
  const auto holders = ex.who_has(std::vector{scattered})[0];
  ASSERT_THAT(holders, SizeIs(3));
  const auto all = pids();
  for (const std::string& name : {holders[0], holders[1]}) ::kill(static_cast<pid_t>(all.at(name)), SIGKILL);
  EXPECT_EQ(ex.submit(first_of, scattered).get(), 4);
  EXPECT_TRUE(eventually([&] { return ex.who_has(std::vector{scattered})[0].size() == 3; }));
}

TEST_F(SharedFeatures, SetUpReachesThoseThatComeLater) {
  ex.on_worker([](const std::string& value) { ::setenv("SET_UP", value.c_str(), 1); }, std::string("yes"));
  const auto before = pids();
  for (const auto& [name, pid] : before) ::kill(static_cast<pid_t>(pid), SIGKILL);
  ASSERT_TRUE(eventually([&] { return pids().size() == 4 && replaced(before) == 4; }));
  for (const auto& [name, pid] : pids()) {
    const auto get = [] { return std::string(std::getenv("SET_UP") ? std::getenv("SET_UP") : "no"); };
    EXPECT_EQ(ex.with({.workers = {name}}).submit(get).get(), "yes");
  }
}

TEST_F(SharedFeatures, DeathsThatATaskMayCauseAreItsOwnToSay) {
  const Signal once, often;
  const auto bomb = [](const std::string& path) -> int {
    Signal::give(path);
    std::raise(SIGSEGV);
    return 1;
  };
  EXPECT_THROW(ex.with({.allowed_failures = 1}).submit(bomb, once.path()).get(), WorkerLost);
  EXPECT_EQ(once.count_of(), 1u);
  EXPECT_THROW(ex.submit(bomb, often.path()).get(), WorkerLost);  // DFLOW_ALLOWED_FAILURES=2
  EXPECT_EQ(often.count_of(), 2u);
}

TEST_F(SharedFeatures, ProgressShowsNothingWithoutATerminal) {
  const auto parts = ex.map(inc, std::vector<int>(20, 1));
  progress(parts);
  for (const auto& part : parts) EXPECT_TRUE(part.done());
}

TEST_F(SharedFeatures, TasksOfTasksAndAfterThemRunAnywhere) {
  const auto outer = [](Executor& inner, int n) { return inner.reduce(add, inner.map(inc, std::vector<int>(50, n))).get(); };
  EXPECT_EQ(ex.reduce(add, ex.map(outer, std::vector<int>{1, 2, 3, 4})).get(), 50 * (2 + 3 + 4 + 5));
}

}  // namespace
}  // namespace dflow::testing
