// Cases of distributed's test_priorities, test_resources, test_steal and test_client by name: who runs what, and when.
#include <map>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

int write_down(int x, const std::string& path) {
  std::ofstream(path, std::ios::app) << x;
  return x;
}

int held(const std::string& begun, const std::string& open) {
  if (!begun.empty()) Signal::give(begun);
  if (!open.empty()) Signal::await(open);
  ::usleep(10'000);  // more than the scheduler sends ahead
  return 0;
}

class Placement : public SharedCluster {
 protected:
  BoundExecutor on(const std::string& worker, TaskOptions options = {}) {
    options.workers = {worker};
    return ex.with(options);
  }
  /// `worker` does nothing else until `open` is given, and is known to take so long for it that nothing is sent ahead.
  void keep_busy(const std::string& worker, const Signal& open) {
    on(worker).submit(held, "", "").wait();
    const Signal begun;
    busy.push_back(on(worker).submit(held, begun.path(), open.path()));
    ASSERT_TRUE(begun.await());
  }
  /// Opens when worker-1 and worker-2 know of all that was submitted so far: what the scheduler sends to a worker arrives
  /// in order, and they have fetched a value by its order since.
  void open_when_all_is_known(const Signal& open) {
    ex.replicate(std::vector{on("worker-3").submit(inc, 1)}, 3);
    open.give();
  }
  static std::string text_of(const Signal& signal) {
    std::ifstream file(signal.path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::int64_t pid_of(const std::string& name) {
    for (const WorkerInfo& worker : ex.workers()) {
      if (worker.name == name) return worker.pid;
    }
    return 0;
  }
  std::vector<Future<int>> busy;
};

// ---- test_priorities

class Priorities : public Placement {};

TEST_F(Priorities, Submit) {
  const Signal open, order;
  keep_busy("worker-1", open);
  const auto low = on("worker-1", {.priority = -1}).submit(write_down, 1, order.path());
  const auto middle = on("worker-1").submit(write_down, 2, order.path());
  const auto high = on("worker-1", {.priority = 1}).submit(write_down, 3, order.path());
  open_when_all_is_known(open);
  wait(std::vector{low, middle, high});
  EXPECT_EQ(text_of(order), "321");
}

TEST_F(Priorities, Map) {
  const Signal open, order;
  keep_busy("worker-1", open);
  const std::vector<std::string> paths(2, order.path());
  auto all = on("worker-1", {.priority = -5}).map(write_down, std::vector{1, 2}, paths);
  for (const auto& each : on("worker-1", {.priority = 5}).map(write_down, std::vector{3, 4}, paths)) all.push_back(each);
  open_when_all_is_known(open);
  wait(all);
  EXPECT_EQ(text_of(order), "3412");
}

TEST_F(Priorities, RepeatedPersistsSamePriority) {
  const Signal open, order;
  keep_busy("worker-1", open);
  std::vector<Future<int>> all;
  for (int i = 1; i <= 5; ++i) all.push_back(on("worker-1", {.priority = 2}).submit(write_down, i, order.path()));
  open_when_all_is_known(open);
  wait(all);
  EXPECT_EQ(text_of(order), "12345");
}

// ---- test_resources

class Resources : public Placement {};

TEST_F(Resources, ResourceSubmit) {
  const auto pid = ex.with({.resources = {{"gpu", 2}}}).submit(process).get();
  EXPECT_EQ(pid, pid_of("worker-2"));
}

TEST_F(Resources, SubmitManyNonOverlapping) {
  const auto pids = ex.gather(ex.with({.resources = {{"gpu", 2}}}).map(process_of, std::vector<int>(10)));
  EXPECT_THAT(pids, Each(static_cast<int>(pid_of("worker-2"))));
}

TEST_F(Resources, SubmitManyNonOverlapping2) {
  const Signal open, begun;
  const auto first = ex.with({.resources = {{"gpu", 2}}}).submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto second = ex.with({.resources = {{"gpu", 2}}}).submit(inc, 1);
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
  EXPECT_FALSE(second.running());
  open.give();
  EXPECT_EQ(second.get(), 2);
}

TEST_F(Resources, Move) {
  const auto data = on("worker-1").submit(block, 7);
  data.wait();
  EXPECT_EQ(ex.with({.resources = {{"gpu", 2}}}).submit(first_of, data).get(), 7);
}

TEST_F(Resources, DontWorkSteal) {
  const auto pids = ex.gather(ex.with({.resources = {{"gpu", 2}}}).map(process_of, std::vector<int>(30)));
  EXPECT_THAT(std::set<int>(pids.begin(), pids.end()), SizeIs(1));
}

TEST_F(Resources, Map) {
  const auto pids = ex.gather(ex.with({.resources = {{"gpu", 1}}}).map(process_of, std::vector<int>(30)));
  EXPECT_THAT(pids, Each(::testing::AnyOf(pid_of("worker-1"), pid_of("worker-2"))));
}

TEST_F(Resources, ResourcesStr) {
  EXPECT_THAT(ex.workers()[1].resources,
              ElementsAre(::testing::Pair("gpu", 2.0), ::testing::Pair("slots", 3.0)));
}

TEST_F(Resources, MinimumResource) {
  EXPECT_EQ(ex.with({.resources = {{"gpu", 0.25}}}).submit(inc, 1).get(), 2);
  EXPECT_EQ(ex.with({.resources = {{"tpu", 0}}}).submit(inc, 1).get(), 2);
}

TEST_F(Resources, ConstrainedVsReadyPriority1) {
  const Signal open, order;
  keep_busy("worker-2", open);
  const auto plain = on("worker-2").submit(write_down, 1, order.path());
  const auto constrained = on("worker-2", {.priority = 1, .resources = {{"gpu", 1}}}).submit(write_down, 2, order.path());
  open_when_all_is_known(open);
  wait(std::vector{plain, constrained});
  EXPECT_EQ(text_of(order), "21");
}

TEST_F(Resources, ConstrainedVsReadyPriority2) {
  const Signal open, order;
  keep_busy("worker-2", open);
  const auto constrained = on("worker-2", {.resources = {{"gpu", 1}}}).submit(write_down, 1, order.path());
  const auto plain = on("worker-2", {.priority = 1}).submit(write_down, 2, order.path());
  open_when_all_is_known(open);
  wait(std::vector{plain, constrained});
  EXPECT_EQ(text_of(order), "21");
}

TEST_F(Resources, ConstrainedTasksRespectPriority) {
  const Signal open, order, begun;
  const TaskOptions gpu{.resources = {{"gpu", 2}}};
  ex.with(gpu).submit(held, "", "").wait();
  const auto gate = ex.with(gpu).submit(held, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  TaskOptions low = gpu, high = gpu;
  low.priority = -1;
  high.priority = 1;
  const auto one = ex.with(low).submit(write_down, 1, order.path());
  const auto two = ex.with(gpu).submit(write_down, 2, order.path());
  const auto three = ex.with(high).submit(write_down, 3, order.path());
  open_when_all_is_known(open);
  wait(std::vector{one, two, three});
  EXPECT_EQ(text_of(order), "321");
}

TEST_F(Resources, CancelledWithResources) {
  const Signal begun, open;
  const auto gpu = ex.with({.resources = {{"gpu", 2}}});
  const auto x = gpu.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto y = gpu.submit(inc, 1), z = gpu.submit(inc, 2);
  y.cancel();
  open.give();
  EXPECT_EQ(z.get(), 3);
}

TEST_F(Resources, TaskCancelledAndReaddedWithResources) {
  const auto gpu = ex.with({.resources = {{"gpu", 2}}});
  const Signal open;
  gpu.submit(after_signal, 1, open.path()).cancel();
  const auto again = gpu.submit(after_signal, 2, open.path());
  open.give();
  EXPECT_EQ(again.get(), 2);
}

TEST_F(Resources, BalanceResources) {
  const Signal open;
  keep_busy("worker-2", open);
  const auto pids = ex.gather(ex.with({.resources = {{"gpu", 1}}}).map(process_of, std::vector<int>(5)));
  EXPECT_THAT(pids, Each(static_cast<int>(pid_of("worker-1"))));
  open.give();
}

// ---- test_steal

/// Tasks that read what lies on worker-1 are put down for one worker or another while all are busy. Then one gets on: whatever
/// was for the others comes to it by stealing alone.
class Stealing : public Placement {
 protected:
  static int where(int, int) { return ::usleep(1000), ::getpid(); }

  std::vector<int> run_on_the_one_that_gets_on(const std::string& thief, const TaskOptions& options) {
    const auto data = on("worker-1").submit(inc, 1);
    on(thief).submit(where, data, 0).wait();  // how long they take is known now
    const Signal stuck, open;
    for (const std::string worker : {"worker-1", "worker-2", "worker-3"}) keep_busy(worker, worker == thief ? open : stuck);
    const auto parts = ex.with(options).map(where, std::vector(30, data), std::vector<int>(30));
    open.give();
    EXPECT_THAT(wait(parts, When::all, 60s).not_done, ::testing::IsEmpty()) << "what was put down for a worker that is stuck waits for it";
    stuck.give();
    return ex.gather(parts);
  }
};

TEST_F(Stealing, WorkStealing) {
  EXPECT_THAT(run_on_the_one_that_gets_on("worker-3", {}), Each(static_cast<int>(pid_of("worker-3"))));
}

TEST_F(Stealing, StealCheapDataSlowComputation) {
  EXPECT_THAT(run_on_the_one_that_gets_on("worker-2", {}), Each(static_cast<int>(pid_of("worker-2")))) << "and the data lies on worker-1";
}

TEST_F(Stealing, DontStealWorkerRestrictions) {
  const auto pids = ex.gather(on("worker-1").map(process_of, std::vector<int>(50)));
  EXPECT_THAT(pids, Each(static_cast<int>(pid_of("worker-1"))));
}

TEST_F(Stealing, StealWorkerRestrictions) {
  EXPECT_THAT(run_on_the_one_that_gets_on("worker-2", {.workers = {"worker-1", "worker-2"}}), Each(static_cast<int>(pid_of("worker-2"))));
}

TEST_F(Stealing, StealHostRestrictions) {
  EXPECT_THAT(run_on_the_one_that_gets_on("worker-3", {.workers = {ex.workers()[0].host}}), Each(static_cast<int>(pid_of("worker-3"))));
}

TEST_F(Stealing, DontStealResourceRestrictions) {
  const auto pids = ex.gather(ex.with({.resources = {{"gpu", 1.5}}}).map(process_of, std::vector<int>(50)));
  EXPECT_THAT(pids, Each(static_cast<int>(pid_of("worker-2"))));
}

TEST_F(Stealing, StealResourceRestrictions) {
  EXPECT_THAT(run_on_the_one_that_gets_on("worker-2", {.resources = {{"gpu", 0.5}}}), Each(static_cast<int>(pid_of("worker-2"))));
}

TEST_F(Stealing, DontStealExecutingTasks) {
  const Signal begun, open;
  const auto running = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  EXPECT_THAT(ex.gather(ex.map(inc, std::vector<int>(30))), Each(1));
  EXPECT_EQ(begun.count_of(), 1u);
  open.give();
  EXPECT_EQ(running.get(), 1);
}

// ---- test_client

class ClientPlacement : public Placement {};

TEST_F(ClientPlacement, RestrictionsSubmit) {
  EXPECT_EQ(on("worker-2").submit(process).get(), pid_of("worker-2"));
  const auto both = ex.with({.workers = {"worker-1", "worker-2"}}).submit(process).get();
  EXPECT_NE(both, pid_of("worker-3"));
}

TEST_F(ClientPlacement, RestrictionsIpPort) {
  EXPECT_THAT(thrown_by([&] { ex.with({.workers = {"127.0.0.1:1"}}).submit(inc, 1).get(); }), HasSubstr("127.0.0.1:1"));
}

TEST_F(ClientPlacement, RestrictionsMap) {
  const auto pids = ex.gather(on("worker-3").map(process_of, std::vector<int>(5)));
  EXPECT_THAT(pids, Each(static_cast<int>(pid_of("worker-3"))));
}

TEST_F(ClientPlacement, AnnotationsWorkers) {
  const auto handle = on("worker-1");
  EXPECT_EQ(handle.submit(process).get(), pid_of("worker-1"));
  EXPECT_THAT(ex.gather(handle.map(process_of, std::vector<int>(3))), Each(static_cast<int>(pid_of("worker-1"))));
}

TEST_F(ClientPlacement, AnnotationsRetries) {
  const Signal calls;
  EXPECT_EQ(ex.with({.retries = 2}).submit(flaky, 2, calls.path()).get(), 3);
}

TEST_F(ClientPlacement, AnnotationsResources) {
  EXPECT_EQ(ex.with({.resources = {{"gpu", 2}}}).submit(process).get(), pid_of("worker-2"));
}

TEST_F(ClientPlacement, AnnotationsPriorities) {
  const Signal open, order;
  keep_busy("worker-1", open);
  const auto low = on("worker-1").submit(write_down, 1, order.path());
  const auto high = on("worker-1", {.priority = 9}).submit(write_down, 2, order.path());
  open_when_all_is_known(open);
  wait(std::vector{low, high});
  EXPECT_EQ(text_of(order), "21");
}

TEST_F(ClientPlacement, AnnotationsSubmitMap) {
  const auto both = ex.with({.name = "noted", .resources = {{"gpu", 2}}});  // worker-2 alone has them
  auto all = both.map(process_of, std::vector<int>(3));
  all.push_back(both.submit(process_of, 0));
  EXPECT_THAT(ex.gather(all), Each(static_cast<int>(pid_of("worker-2"))));
  for (const auto& each : all) EXPECT_THAT(each.describe(), HasSubstr("noted"));
}

TEST_F(ClientPlacement, ManySubmitsSpreadEvenly) {
  std::map<int, int> count;
  std::vector<Future<int>> some;
  for (int i = 0; i < 30; ++i) some.push_back(ex.submit([](int) { return ::usleep(5000), ::getpid(); }, i));
  for (const auto& each : some) ++count[each.get()];
  EXPECT_THAT(count, SizeIs(3));
  for (const auto& [pid, tasks] : count) EXPECT_THAT(tasks, Le(20));
}

TEST_F(ClientPlacement, EvenLoadOnStartup) {
  const Signal open;
  std::vector<Future<int>> some;
  std::vector<std::unique_ptr<Signal>> begun;
  for (int i = 0; i < 3; ++i) {
    begun.push_back(std::make_unique<Signal>());
    some.push_back(ex.submit(gated, i, begun.back()->path(), open.path()));
  }
  for (const auto& each : begun) EXPECT_TRUE(each->await());  // all three at once: each on a worker of its own
  open.give();
  EXPECT_THAT(ex.gather(some), ElementsAre(0, 1, 2));
}

TEST_F(ClientPlacement, EvenLoadAfterFastFunctions) {
  wait(ex.map(inc, std::vector<int>(100)));
  std::set<int> pids;
  for (const auto& each : ex.map([](int) { return ::usleep(5000), ::getpid(); }, std::vector<int>(30))) pids.insert(each.get());
  EXPECT_THAT(pids, SizeIs(3));
}

TEST_F(ClientPlacement, BalancedWithSubmitAndResidentData) {
  const auto data = on("worker-1").submit(block, 1);
  data.wait();
  std::set<int> pids;
  const auto slow = [](const std::vector<int>&, int) { return ::usleep(5000), ::getpid(); };
  for (const auto& each : ex.map(slow, std::vector(30, data), std::vector<int>(30))) pids.insert(each.get());
  EXPECT_THAT(pids.size(), ::testing::Ge(2u));
}

TEST_F(ClientPlacement, NbytesDeterminesWorker) {
  const auto small = on("worker-1").submit(inc, 1);
  const auto large = on("worker-2").submit([](int x) { return std::vector<int>(2'000'000, x); }, 1);
  wait(std::vector{small});
  large.wait();
  const auto both = ex.submit([](int, const std::vector<int>&) { return ::getpid(); }, small, large);
  EXPECT_EQ(both.get(), pid_of("worker-2"));
}

TEST_F(ClientPlacement, PragmaticMoveSmallDataToLargeData) {
  const auto large = on("worker-3").submit([](int x) { return std::vector<int>(2'000'000, x); }, 1);
  large.wait();
  const auto others = on("worker-1").map(inc, std::vector{1, 2, 3});
  wait(others);
  std::set<int> pids;
  for (const auto& each : ex.map([](const std::vector<int>&, int) { return ::getpid(); }, std::vector(3, large), others)) {
    pids.insert(each.get());
  }
  EXPECT_THAT(pids, ElementsAre(static_cast<int>(pid_of("worker-3"))));
}

TEST_F(ClientPlacement, AfterOrdersAcrossWorkers) {
  const Signal order;
  const auto first = on("worker-1").submit(write_down, 1, order.path());
  const auto second = on("worker-2", {.after = {first}}).submit(write_down, 2, order.path());
  const auto third = on("worker-3", {.after = {first, second}}).submit(write_down, 3, order.path());
  third.wait();
  EXPECT_EQ(text_of(order), "123");
}

}  // namespace
}  // namespace dflow::testing
