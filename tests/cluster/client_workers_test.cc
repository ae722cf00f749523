// Workers by name: who there is, who holds what, copies, set-up, retirement, replacement.
#include <iostream>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Workers : public OwnCluster {
 protected:
  /// Of the three whose processes were `before`, in time.
  static bool one_is_replaced(const Executor& ex, const std::set<std::int64_t>& before) {
    return eventually([&] {
      const std::set<std::int64_t> now = pids(ex);
      return now.size() == 3 && now != before;
    });
  }
};

TEST_F(Workers, AreListedByName) {
  Executor ex;
  const std::vector<WorkerInfo> workers = ex.workers();
  EXPECT_THAT(names(ex), ElementsAre("worker-1", "worker-2", "worker-3"));
  EXPECT_EQ(workers[0].threads, 1u);
  EXPECT_THAT(pids(ex), SizeIs(3));
  EXPECT_TRUE(pids(ex).contains(ex.submit(process).get()));
}

TEST_F(Workers, CopiesSurviveTheirLoss) {
  Executor ex;
  const auto values = ex.map(block, std::vector<int>{1, 2});
  ex.replicate(values, 2);
  for (const auto& holders : ex.who_has(values)) EXPECT_THAT(holders, SizeIs(2));
  const auto placed = ex.scatter(block(7), 3);
  EXPECT_THAT(ex.who_has(std::vector{placed}), ElementsAre(ElementsAre("worker-1", "worker-2", "worker-3")));
  for (const WorkerInfo& worker : ex.workers()) {
    if (worker.name != "worker-3") ::kill(static_cast<pid_t>(worker.pid), SIGKILL);
  }
  EXPECT_EQ(ex.submit(first_of, placed).get(), 7);
}

TEST_F(Workers, ValueWithoutCopiesIsSentAgainWhileItsFutureLives) {
  Executor ex;
  const auto placed = ex.scatter(block(7), 1);
  const std::string holder = ex.who_has(std::vector{placed})[0].at(0);
  for (const WorkerInfo& worker : ex.workers()) {
    if (worker.name == holder) ::kill(static_cast<pid_t>(worker.pid), SIGKILL);
  }
  EXPECT_TRUE(eventually([&] {
    const auto holders = ex.who_has(std::vector{placed})[0];
    return holders.size() == 1 && holders[0] != holder;
  }));
  EXPECT_EQ(ex.submit(first_of, placed).get(), 7);
}

int setting = 0;
void set(int value) { setting = value; }
int get_setting() { return setting; }

TEST_F(Workers, SetUpReachesThoseThatComeLater) {
  Executor ex;
  ex.on_worker(set, 42);
  const auto seen = [&] {
    std::vector<int> values;
    for (const auto& name : names(ex)) values.push_back(ex.with({.workers = {name}}).submit(get_setting).get());
    return values;
  };
  EXPECT_THAT(seen(), ElementsAre(42, 42, 42));
  kill_all(ex);
  EXPECT_THAT(ex.gather(ex.map([](int) { return get_setting(); }, std::vector<int>(9))), ::testing::Each(42));
  EXPECT_EQ(setting, 0);
}

TEST_F(Workers, SetUpThatFailsIsToldAndForgotten) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.on_worker([] { throw std::runtime_error("no licence"); }); }), HasSubstr("no licence"));
  kill_all(ex);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  EXPECT_THAT(thrown_by([&] { ex.on_worker([](int) {}, ex.submit(inc, 1)); }), HasSubstr("no futures"));
  const std::vector<char> table(std::size_t{70} << 20);
  EXPECT_THAT(thrown_by([&] { ex.on_worker([](const std::vector<char>&) {}, table); }), HasSubstr("take 70 MiB, and a task can be sent with 32"));
}

TEST_F(Workers, WhatASetUpHasPrintedIsNotLostWhereItFails) {
  Executor ex;
  const Signal broken;
  ex.on_worker(
      [](const std::string& b) {
        if (!Signal::given(b)) return;
        std::ios::sync_with_stdio(false);  // else stdio has nothing that the streams do not write
        std::printf("without a newline, and so not written yet");
        throw std::runtime_error("broken");
      },
      broken.path());
  ::testing::internal::CaptureStdout();
  broken.give();
  kill(ex, "worker-1");
  EXPECT_TRUE(eventually([&] { return thrown_by([&] { ex.submit(inc, 1).get(); }).find("broken") != std::string::npos; }));
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("not written yet"));
}

// ---- run_on_workers

TEST_F(Workers, Run) {
  Executor ex;
  std::map<std::string, std::int64_t> expected;
  for (const WorkerInfo& worker : ex.workers()) expected[worker.name] = worker.pid;
  EXPECT_EQ(ex.run_on_workers([] { return std::int64_t{::getpid()}; }), expected);
  ex.run_on_workers(set, 42);
  const std::map<std::string, int> set_there = ex.run_on_workers({"worker-1", "worker-3"}, get_setting);
  EXPECT_EQ(set_there, (std::map<std::string, int>{{"worker-1", 42}, {"worker-3", 42}}));
  EXPECT_EQ(setting, 0);
  EXPECT_THAT(ex.run_on_workers(std::vector<std::string>{}, get_setting), IsEmpty());
}

/// All threads are busy, and it does not wait for one.
TEST_F(Workers, RunSync) {
  Executor ex;
  const Signal open;
  std::vector<Future<int>> busy;
  for (const std::string& name : names(ex)) busy.push_back(ex.with({.workers = {name}}).submit(after_signal, 1, open.path()));
  EXPECT_TRUE(eventually([&] { return std::ranges::all_of(busy, [](const auto& each) { return each.running(); }); }));
  EXPECT_THAT(ex.run_on_workers(process), SizeIs(3));
  open.give();
  EXPECT_THAT(ex.gather(busy), ElementsAre(1, 1, 1));
}

TEST_F(Workers, RunException) {
  Executor ex;
  const auto everywhere = [&] { ex.run_on_workers([]() -> int { throw std::domain_error("no licence"); }); };
  EXPECT_THROW(everywhere(), std::domain_error);
  const auto one = [](const std::vector<int>& pids) {
    if (::getpid() != pids[0]) throw std::runtime_error("no licence");
  };
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers(one, std::vector<int>{0}); }), HasSubstr("no licence"));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Workers, RunRpcError) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers({"worker-2"}, [] { ::_exit(1); }); }),
              AllOf(HasSubstr("worker-2"), HasSubstr("lost")));
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers({"worker-9"}, process); }),
              AllOf(HasSubstr("'worker-9'"), HasSubstr("worker-1, worker-")));
}

struct Sealed {
  explicit Sealed(int) {}
  std::unique_ptr<int> secret;
};

TEST_F(Workers, RunHandlesPicklableData) {
  Executor ex;
  const std::map<std::string, std::vector<int>> all{{"a", {1}}, {"b", {2, 3}}};
  const auto back = [](const std::map<std::string, std::vector<int>>& x) { return x; };
  for (const auto& [name, value] : ex.run_on_workers(back, all)) EXPECT_EQ(value, all);
  for (auto& [name, value] : ex.run_on_workers([] { return std::make_unique<int>(3); })) EXPECT_EQ(*value, 3);
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers([] { return Sealed(1); }); }), HasSubstr("Sealed"));
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers([] { return std::vector<char>(2'000'000); }); }), HasSubstr("takes 1953 KiB"));
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers(inc, ex.submit(inc, 1)); }), HasSubstr("no futures"));
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers([](Executor& inner) { return inner.submit(inc, 1); }); }), HasSubstr("no futures"));
  for (const auto& [name, value] : ex.run_on_workers([](Executor& inner) { return inner.submit(inc, 1).get(); })) EXPECT_EQ(value, 2);
}

// ---- restart_workers

int at(int x, const std::string& begun, const std::string& open) {
  Signal::give(begun);
  if (Signal::await(open)) return x;
  throw std::runtime_error("nobody has given the signal");
}

/// What it ran runs again elsewhere, and is no death of the task's; what it held is made again.
TEST_F(Workers, RestartWorkersByName) {
  Executor ex;
  const auto value = ex.with({.workers = {"worker-1"}}).submit(block, 7);
  value.wait();
  const Signal begun, open;
  const auto task = ex.with({.allowed_failures = 1, .workers = {"worker-1"}}).submit(at, 5, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto before = ex.run_on_workers(process);
  ex.restart_workers({"worker-1", "worker-1"});
  const auto after = ex.run_on_workers(process);
  EXPECT_NE(after.at("worker-1"), before.at("worker-1"));
  EXPECT_EQ(after.at("worker-2"), before.at("worker-2"));
  EXPECT_EQ(after.at("worker-3"), before.at("worker-3"));
  open.give();
  EXPECT_EQ(task.get(), 5);
  EXPECT_EQ(ex.submit(first_of, value).get(), 7);
}

TEST_F(Workers, RestartWorkers) {
  Executor ex;
  const std::set<std::int64_t> before = pids(ex);
  ex.restart_workers(names(ex));
  for (const std::int64_t pid : pids(ex)) EXPECT_FALSE(before.contains(pid));
  EXPECT_THAT(names(ex), SizeIs(3));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  ex.restart_workers({});
}

/// It hears nothing any more.
TEST_F(Workers, RestartWorkersKillTimeout) {
  Executor ex;
  const auto before = ex.run_on_workers(process);
  stop(before.at("worker-2"));
  ex.restart_workers({"worker-2"}, 1min);
  EXPECT_NE(ex.run_on_workers(process).at("worker-2"), before.at("worker-2"));
}

TEST_F(Workers, RestartWorkersRestartTimeout) {
  Executor ex;
  const Signal slow, open;
  ex.on_worker(
      [](const std::string& s, const std::string& o) {
        if (Signal::given(s)) Signal::await(o);
      },
      slow.path(), open.path());
  slow.give();
  EXPECT_THROW(ex.restart_workers({"worker-1"}, 1ms), TimeoutError);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  open.give();
  ex.wait_for_workers(3);
  EXPECT_THAT(names(ex), ElementsAre("worker-1", "worker-2", "worker-3"));
}

TEST_F(Workers, RestartWorkersException) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.restart_workers({"worker-1", "worker-9"}); }),
              AllOf(HasSubstr("'worker-9'"), HasSubstr("worker-1, worker-2, worker-3")));
  const auto restart = [](Executor& inner) { inner.restart_workers({"worker-1"}); };
  EXPECT_THAT(thrown_by([&] { ex.submit(restart).get(); }), HasSubstr("not for its tasks"));
}

TEST_F(Workers, RetiredOnesGiveTheirValuesAwayAndAreGone) {
  Executor ex;
  const auto values = ex.map(block, std::vector<int>{1, 2, 3, 4, 5, 6});
  wait(values);
  ex.retire_workers({"worker-1", "worker-2"});
  EXPECT_THAT(names(ex), ElementsAre("worker-3"));
  for (const auto& holders : ex.who_has(values)) EXPECT_THAT(holders, ElementsAre("worker-3"));
  EXPECT_EQ(values[0].get()[0], 1);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Workers, RetirementOfTheWrongOnesIsRefused) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.retire_workers({"worker-9"}); }),
              AllOf(HasSubstr("'worker-9'"), HasSubstr("worker-1, worker-2, worker-3")));
  EXPECT_THAT(thrown_by([&] { ex.retire_workers(3); }), HasSubstr("at least one"));
  EXPECT_THAT(thrown_by([&] { ex.retire_workers({"worker-1", "worker-2", "worker-3"}); }), HasSubstr("at least one"));
  ex.retire_workers(1);
  EXPECT_THAT(names(ex), ElementsAre("worker-1", "worker-2"));
}

TEST_F(Workers, RestartReplacesThemAndCancelsWhatIsLeft) {
  Executor ex;
  const Signal open;
  const auto done = ex.submit(block, 1);
  done.wait();
  const auto running = ex.submit(after_signal, 1, open.path());
  const std::set<std::int64_t> before = pids(ex);
  ex.restart();
  EXPECT_TRUE(running.cancelled());
  EXPECT_THROW(done.get(), CancelledError);
  for (const std::int64_t pid : pids(ex)) EXPECT_FALSE(before.contains(pid));
  EXPECT_THAT(names(ex), SizeIs(3));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Workers, CancellationByForceEndsABodyThatDoesNotStop) {
  Executor ex;
  const Signal begun, open;
  const auto stuck = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const std::set<std::int64_t> before = pids(ex);
  EXPECT_TRUE(stuck.cancel(force));
  EXPECT_TRUE(stuck.cancelled());
  EXPECT_TRUE(one_is_replaced(ex, before));
}

int marked(int x, const std::string& path) {
  Signal::give(path);
  return x;
}

/// A thread is free, the gpu is not.
TEST_F(Workers, ACancelledBodyThatRunsOnKeepsItsResources) {
  use(1);
  ::setenv("DFLOW_THREADS", "2", 1);
  ::setenv("DFLOW_WORKER_RESOURCES", "gpu=1", 1);
  Executor ex;
  const auto gpu = ex.with({.resources = {{"gpu", 1}}});
  const Signal begun, open, used;
  const auto x = gpu.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  EXPECT_TRUE(x.cancel());
  const auto y = gpu.submit(marked, 2, used.path());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ex.submit(inc, i).get(), i + 1);
  EXPECT_FALSE(used.given());
  open.give();
  EXPECT_EQ(y.get(), 2);
  ::unsetenv("DFLOW_WORKER_RESOURCES");
}

/// Its future keeps the end that it has.
TEST_F(Workers, ForceEndsABodyThatRunsOnOverItsTimeLimit) {
  Executor ex;
  const Signal begun, open;
  const auto stuck = ex.with({.timeout = 1ms}).submit(gated, 1, begun.path(), open.path());
  EXPECT_THROW(stuck.get(), TimeoutError);
  ASSERT_TRUE(begun.await());
  const std::set<std::int64_t> before = pids(ex);
  EXPECT_FALSE(stuck.cancel(force));
  EXPECT_THROW(stuck.get(), TimeoutError);
  EXPECT_TRUE(one_is_replaced(ex, before));
}

TEST_F(Workers, ForceEndsABodyThatWasCancelledInVain) {
  Executor ex;
  const Signal begun, open;
  const auto stuck = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const std::set<std::int64_t> before = pids(ex);
  EXPECT_TRUE(stuck.cancel());
  EXPECT_TRUE(stuck.cancel(force));
  EXPECT_TRUE(one_is_replaced(ex, before));
}

TEST_F(Workers, AreNoBusinessOfTheirTasks) {
  Executor ex;
  const auto retire = [](Executor& inner) { inner.retire_workers(1); };
  const auto restart = [](Executor& inner) { inner.restart(); };
  ex.wait_for_workers(3);
  EXPECT_THAT(thrown_by([&] { ex.submit(retire).get(); }), HasSubstr("not for its tasks"));
  EXPECT_THAT(thrown_by([&] { ex.submit(restart).get(); }), HasSubstr("not for its tasks"));
  EXPECT_EQ(ex.submit([](Executor& inner) { return inner.workers().size(); }).get(), 3u);
}

TEST_F(Workers, ForeignAndEmptyFuturesAreNamed) {
  Future<int> old;
  {
    Executor ex;
    old = ex.submit(inc, 1);
  }
  Executor ex;
  EXPECT_THROW(ex.who_has(std::vector{old}), SessionError);
  EXPECT_THROW(ex.replicate(std::vector{old}, 2), SessionError);
  EXPECT_THROW(ex.who_has(std::vector<Future<int>>(1)), InvalidStateError);
  EXPECT_THROW(ex.replicate(std::vector{ex.submit(inc, 1)}, 0), std::invalid_argument);
  EXPECT_THROW(ex.scatter(1, 0), std::invalid_argument);
  EXPECT_THAT(thrown_by([&] { ex.wait_for_workers(4); }), HasSubstr("has 3"));
}

TEST_F(Workers, WhatNoWorkerCanRunIsRefused) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.with({.workers = {"worker-9"}}).submit(inc, 1).get(); }),
              AllOf(HasSubstr("worker-9"), HasSubstr("worker-1, worker-2, worker-3")));
  EXPECT_THAT(thrown_by([&] { ex.with({.resources = {{"gpu", 1.5}}}).submit(inc, 1).get(); }),
              AllOf(HasSubstr("1.5 gpu"), HasSubstr("DFLOW_WORKER_RESOURCES")));
}

TEST(WorkerResources, WrongOnesAreNamed) {
  for (const char* wrong : {"gpu", "gpu=x", "=1", "gpu=-1", ":gpu=1", "gpu=1,,disk=2", "gpu=inf"}) {
    ::setenv("DFLOW_WORKER_RESOURCES", wrong, 1);
    EXPECT_THAT(thrown_by([] { Executor ex; }), HasSubstr("[WORKER:]NAME=AMOUNT")) << wrong;
  }
  ::setenv("DFLOW_WORKERS", "2", 1);
  ::setenv("DFLOW_WORKER_RESOURCES", "worker-3:gpu=1", 1);
  EXPECT_THAT(thrown_by([] { Executor ex; }), AllOf(HasSubstr("'worker-3'"), HasSubstr("worker-1 to worker-2")));
  ::unsetenv("DFLOW_WORKERS");
  ::unsetenv("DFLOW_WORKER_RESOURCES");
}

TEST(OneProcess, IsTheOnlyWorker) {
  Executor ex;
  const std::vector<WorkerInfo> workers = ex.workers();
  ASSERT_THAT(workers, SizeIs(1));
  EXPECT_EQ(workers[0].name, "local");
  EXPECT_EQ(workers[0].pid, ::getpid());
  const auto one = ex.submit(inc, 1);
  one.wait();
  Promise<int> never;
  EXPECT_THAT(ex.who_has(std::vector{one, never.future()}), ElementsAre(ElementsAre("local"), IsEmpty()));
  never.set_value(1);
  ex.replicate(std::vector{one}, 2);
  ex.rebalance();
  ex.wait_for_workers(1);
  EXPECT_EQ(ex.scatter(5, 3).get(), 5);
  ex.on_worker(set, 3);
  EXPECT_EQ(std::exchange(setting, 0), 3);
  EXPECT_THAT(thrown_by([&] { ex.on_worker([] { throw std::runtime_error("no licence"); }); }), HasSubstr("no licence"));
  EXPECT_EQ(ex.run_on_workers(inc, 1), (std::map<std::string, int>{{"local", 2}}));
  ex.run_on_workers({"local"}, set, 4);
  EXPECT_EQ(std::exchange(setting, 0), 4);
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers({"worker-1"}, process); }), HasSubstr("only local"));
  EXPECT_THAT(thrown_by([&] { ex.run_on_workers([] { throw std::runtime_error("no licence"); }); }), HasSubstr("no licence"));
  EXPECT_THAT(thrown_by([&] { ex.restart(); }), HasSubstr("DFLOW_WORKERS=N"));
  EXPECT_THAT(thrown_by([&] { ex.restart_workers({"local"}); }), HasSubstr("DFLOW_WORKERS=N"));
  EXPECT_THAT(thrown_by([&] { ex.retire_workers(1); }), HasSubstr("DFLOW_WORKERS=N"));
  EXPECT_THAT(thrown_by([&] { ex.wait_for_workers(2); }), HasSubstr("DFLOW_WORKERS=N"));
}

}  // namespace
}  // namespace dflow::testing
