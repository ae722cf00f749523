// Tasks, values and exceptions that cross processes.
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include "tests/cluster/support.h"

namespace dflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

int process(int) { return ::getpid(); }
/// What a program that a task starts finds in its environment.
std::string tunables_of_program() {
  const std::unique_ptr<FILE, int (*)(FILE*)> program(::popen("echo ${GLIBC_TUNABLES-none}", "r"), ::pclose);
  std::array<char, 100> line{};
  return program && std::fgets(line.data(), line.size(), program.get()) ? line.data() : "nothing";
}
/// What it finds of dflow's variables for workers.
std::string workers_variables_of_program() {
  const std::unique_ptr<FILE, int (*)(FILE*)> program(::popen("env | grep ^DFLOW_WORKER", "r"), ::pclose);
  std::array<char, 100> line{};
  return program && std::fgets(line.data(), line.size(), program.get()) ? line.data() : "";
}
long square(long x) { return x * x; }
long add(long a, long b) { return a + b; }
long half(long x) { return x / 2; }
std::vector<double> numbers(int n) { return std::vector<double>(static_cast<std::size_t>(n), 1.5); }
double total(const std::vector<double>& xs) { return std::accumulate(xs.begin(), xs.end(), 0.0); }
long fibonacci(Executor& ex, int n) {
  if (n < 2) return n;
  const auto a = ex.submit(fibonacci, n - 1), b = ex.submit(fibonacci, n - 2);
  return a.get() + b.get();
}
Future<long> later(Executor& ex, long x) { return ex.submit(square, x); }
Future<long> awaited(Executor& ex, long x) { co_return co_await ex.submit(square, x) + co_await ex.submit(later, x); }
int worker_dies_under_inner(Executor& ex) {
  return ex.with({.allowed_failures = 1}).submit([] { return std::raise(SIGSEGV); }).get();
}

struct Account {
  long balance = 0;
  long after(long change) const { return balance + change; }
};

TEST_F(Cluster, TasksRunInOtherProcesses) {
  Executor ex;
  std::set<int> processes;
  for (const auto& each : ex.map(process, std::vector<int>(40))) processes.insert(each.get());
  EXPECT_FALSE(processes.contains(::getpid()));
  EXPECT_LE(processes.size(), 2u);
}

/// Workers' own are not for them.
TEST_F(Cluster, ProgramsThatTasksStartHaveTheTunablesOfTheUsers) {
  ::unsetenv("GLIBC_TUNABLES");
  EXPECT_EQ(Executor().submit(tunables_of_program).get(), "none\n");
  ::setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=1", 1);
  EXPECT_EQ(Executor().submit(tunables_of_program).get(), "glibc.malloc.perturb=1\n");
  ::setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=3", 1);
  EXPECT_EQ(Executor().submit(tunables_of_program).get(), "glibc.malloc.tcache_count=3\n");
  ::unsetenv("GLIBC_TUNABLES");
}

TEST_F(Cluster, ProgramsThatTasksStartAreNoWorkers) {
  ::setenv("DFLOW_WORKER_SPILL", "/var/tmp", 1);
  EXPECT_EQ(Executor().submit(workers_variables_of_program).get(), "");
  ::unsetenv("DFLOW_WORKER_SPILL");
}

TEST_F(Cluster, MapAndReduce) {
  Executor ex;
  EXPECT_EQ(ex.reduce(add, ex.map(square, std::vector<long>{1, 2, 3, 4, 5})).get(), 55);
}

TEST_F(Cluster, LargeValuesGoFromTaskToTaskAndToTheClient) {
  Executor ex;
  const auto parts = ex.map(numbers, std::vector<int>{1'000'000, 2'000'000, 3});
  std::vector<double> sums;
  for (const auto& sum : ex.map(total, parts)) sums.push_back(sum.get());
  EXPECT_THAT(sums, ElementsAre(1.5e6, 3e6, 4.5));
  EXPECT_EQ(parts[1].get().size(), 2'000'000u);
}

TEST_F(Cluster, CallablesOfEveryKindCross) {
  Executor ex;
  struct Doubler {
    long operator()(long x) const { return 2 * x; }
  };
  EXPECT_EQ(ex.submit(Doubler(), 4L).get(), 8);
  EXPECT_EQ(ex.submit([](auto x) { return x + 1; }, 4L).get(), 5);
  EXPECT_EQ(ex.submit(&Account::after, Account{10}, 5L).get(), 15);
  EXPECT_EQ(ex.submit(&Account::balance, Account{10}).get(), 10);
  EXPECT_EQ(ex.submit([](long (*f)(long), long x) { return f(x); }, half, 8L).get(), 4);
}

TEST_F(Cluster, ContainersOfFuturesArriveAsContainersOfValues) {
  Executor ex;
  const auto one = ex.submit(square, 1L), two = ex.submit(square, 2L);
  const auto sum = [](const std::vector<long>& v, std::optional<long> o, const std::map<int, long>& m,
                      std::pair<long, std::string> p) { return v[0] + *o + m.at(3) + p.first; };
  EXPECT_EQ(ex.submit(sum, std::vector{one, two}, std::optional(two), std::map<int, Future<long>>{{3, one}},
                      std::pair(two, std::string("x")))
                .get(),
            10);
  EXPECT_EQ(ex.submit([](Refs<long> xs) { return xs[0] + xs[1]; }, std::vector{one, two}).get(), 5);
}

TEST_F(Cluster, ScatteredValuesSmallAndLarge) {
  Executor ex;
  const auto large = ex.scatter(std::vector<double>(500'000, 2.0));
  const auto small = ex.scatter(21L);
  EXPECT_EQ(ex.submit(total, large).get(), 1e6);
  EXPECT_EQ(ex.submit(total, large).get(), 1e6);
  EXPECT_EQ(ex.submit(add, small, small).get(), 42);
}

TEST_F(Cluster, MoveOnlyValuesAreReadAndTaken) {
  Executor ex;
  const auto made = ex.submit([](int x) { return std::make_unique<int>(x); }, 7);
  const auto read = ex.submit([](const std::unique_ptr<int>& p) { return *p; }, made);
  const auto taken = ex.submit([](std::unique_ptr<int> p) { return *p + 1; }, made);
  EXPECT_EQ(read.get(), 7);
  EXPECT_EQ(taken.get(), 8);
}

TEST_F(Cluster, TasksThatWaitDoNotStarveTheirWorkers) {
  Executor ex;
  EXPECT_EQ(ex.submit(fibonacci, 9).get(), 34);
}

TEST_F(Cluster, WaitsOfEveryKindInsideTasks) {
  Executor ex;
  const auto outer = [](Executor& inner, long n) {
    std::vector<Future<long>> parts;
    for (long i = 0; i < n; ++i) parts.push_back(inner.submit(square, i));
    wait(parts);
    long sum = 0;
    for (const auto& part : as_completed(parts)) sum += part.get();
    return sum;
  };
  const auto results = ex.gather(ex.map(outer, std::vector<long>{4, 5, 6}));
  EXPECT_THAT(results, ElementsAre(14, 30, 55));
}

TEST_F(Cluster, ReturnedFuturesAreFlattened) {
  Executor ex;
  EXPECT_EQ(ex.submit(later, 6L).get(), 36);
}

/// Whoever returns a future gives its thread to what that stands for.
TEST_F(Cluster, MoreTasksReturnFuturesThanThereAreThreads) {
  use_workers(1);
  Executor ex;
  const std::vector<long> xs{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_THAT(ex.gather(ex.map(later, xs)), ElementsAre(1, 4, 9, 16, 25, 36, 49, 64));
  EXPECT_THAT(ex.gather(ex.map(awaited, xs)), ElementsAre(2, 8, 18, 32, 50, 72, 98, 128));
}

TEST_F(Cluster, ThenAndCallbacksMayWaitForOtherTasks) {
  Executor ex;
  EXPECT_EQ(ex.submit(square, 3L).then(half).get(), 4);
  Promise<long> seen;
  const auto other = ex.submit(square, 5L);
  ex.submit(square, 3L).on_done([&](const Future<long>& done) { seen.set_value(done.get() + other.get()); });
  EXPECT_EQ(seen.future().get(), 34);
}

TEST_F(Cluster, TasksWaitForPromises) {
  Executor ex;
  Promise<long> promise;
  const auto first = ex.submit(square, promise.future());
  const auto second = ex.submit(add, first, promise.future());
  promise.set_value(4);
  EXPECT_EQ(second.get(), 20);
}

TEST_F(Cluster, AfterOrdersWithoutValues) {
  Executor ex;
  const auto first = ex.submit([] {});
  EXPECT_EQ(ex.with({.after = {first}}).submit(square, 4L).get(), 16);
}

TEST_F(Cluster, ExceptionsKeepTheirType) {
  Executor ex;
  const auto failed = ex.submit([](int x) -> long { throw std::out_of_range("too far: " + std::to_string(x)); }, 3);
  const auto after = ex.submit(add, 1L, failed);
  EXPECT_THROW(after.get(), std::out_of_range);
  EXPECT_EQ(thrown_by([&] { after.get(); }), "too far: 3");
  EXPECT_THROW(std::rethrow_exception(failed.exception()), std::out_of_range);
}

/// Nobody has said that it may cross.
struct Unheard {
  void* where = nullptr;
};

/// It would not fit into a message.
TEST_F(Cluster, ExceptionsArriveHoweverLongTheirTextIs) {
  Executor ex;
  const auto fails = ex.submit([](std::size_t n) { throw std::runtime_error(std::string(n, 'x')); }, std::size_t{70} << 20);
  try {
    fails.get();
    FAIL();
  } catch (const RemoteError& error) {
    EXPECT_EQ(error.type(), "std::runtime_error");
    EXPECT_THAT(error.message(), HasSubstr("xx... (73400320 bytes in all)"));
  }
}

TEST_F(Cluster, WhatATaskHeardOfALostWorkerArrivesAsItWas) {
  Executor ex;
  try {
    ex.submit(worker_dies_under_inner).get();
    FAIL();
  } catch (const WorkerLost& error) {
    EXPECT_THAT(error.end(), HasSubstr("signal"));
    EXPECT_THAT(error.what(), HasSubstr("is not tried any more"));
  }
}

TEST_F(Cluster, UnknownExceptionsNameTypeAndWorker) {
  Executor ex;
  try {
    ex.submit([] { throw Unheard(); }).get();
    FAIL();
  } catch (const RemoteError& error) {
    EXPECT_THAT(error.type(), HasSubstr("Unheard"));
    EXPECT_THAT(error.worker(), HasSubstr("worker-"));
  }
}

TEST_F(Cluster, RetriesAndIgnoredFailures) {
  Executor ex;
  const auto flaky = [](std::string file) {
    if (::access(file.c_str(), F_OK) == 0) return 1;
    std::fclose(std::fopen(file.c_str(), "w"));
    throw std::runtime_error("once");
  };
  const std::string file = ::testing::TempDir() + "/flaky" + std::to_string(::getpid());
  EXPECT_EQ(ex.with({.retries = 1}).submit(flaky, file).get(), 1);
  std::remove(file.c_str());
  const auto ignored = ex.with({.on_failure = OnFailure::ignore}).submit([]() -> long { throw 1; });
  EXPECT_EQ(ex.submit(add, ignored, 2L).get(), 2);
}

TEST_F(Cluster, LongestTimeout) {
  Executor ex;
  EXPECT_EQ(ex.with({.timeout = Duration::max()}).submit(square, 3L).get(), 9);
}

TEST_F(Cluster, FailureThatCancelsSuccessors) {
  Executor ex;
  const auto failed =
      ex.with({.on_failure = OnFailure::cancel_successors}).submit([]() -> long { throw std::runtime_error("no"); });
  const auto next = ex.submit(square, failed);
  const auto last = ex.submit(square, next);
  EXPECT_THROW(failed.get(), std::runtime_error);
  EXPECT_THROW(last.get(), CancelledError);
  EXPECT_TRUE(next.cancelled());
  EXPECT_TRUE(last.cancelled());
}

TEST_F(Cluster, CancelledTasksShowNoResult) {
  Executor ex;
  Promise<long> never;
  const auto waiting = ex.submit(square, never.future());
  const auto next = ex.submit(square, waiting);
  EXPECT_TRUE(waiting.cancel());
  EXPECT_TRUE(waiting.cancelled());
  EXPECT_THROW(waiting.get(), CancelledError);
  EXPECT_THROW(next.get(), CancelledError);
  EXPECT_EQ(ex.submit(square, 2L).get(), 4);
}

TEST_F(Cluster, RunningTaskSeesItsCancellation) {
  Executor ex;
  const auto stoppable = ex.submit([](std::stop_token stop) {
    while (!stop.stop_requested()) ::usleep(100);
    return 1;
  });
  EXPECT_TRUE(stoppable.cancel());
  EXPECT_EQ(ex.gather(ex.map(square, std::vector<long>{1, 2, 3})).size(), 3u);
}

TEST_F(Cluster, TimeLimitFailsTheTask) {
  Executor ex;
  const auto slow = ex.with({.timeout = 20ms}).submit([](std::stop_token stop) {
    while (!stop.stop_requested()) ::usleep(100);
    return 1;
  });
  EXPECT_THROW(slow.get(), TimeoutError);
}

TEST_F(Cluster, WaitsMayTimeOut) {
  Executor ex;
  Promise<long> never;
  const auto waiting = ex.submit(square, never.future());
  EXPECT_THROW(waiting.get(1ms), TimeoutError);
  waiting.cancel();
}

TEST_F(Cluster, ShutdownCancelsWhatHasNotStarted) {
  Executor ex;
  Promise<long> never;
  const auto waiting = ex.submit(square, never.future());
  ex.shutdown(true, true);
  EXPECT_TRUE(waiting.cancelled());
}

TEST_F(Cluster, FuturesOutliveTheirSession) {
  Future<std::vector<double>> large;
  Future<long> small;
  {
    Executor ex;
    large = ex.submit(numbers, 100'000);
    small = ex.submit(square, 9L);
  }
  EXPECT_EQ(large.get().size(), 100'000u);
  EXPECT_EQ(small.get(), 81);
  Executor next;
  EXPECT_THROW(next.submit(square, small), SessionError);
}

TEST_F(Cluster, ExecutorsEndWaitsForTasksOfTasks) {
  const std::string file = ::testing::TempDir() + "/inner" + std::to_string(::getpid());
  {
    Executor ex;
    ex.submit(
        [](Executor& inner, const std::string& name) {
          inner.submit(
              [](const std::string& n) {
                ::usleep(20'000);
                std::fclose(std::fopen(n.c_str(), "w"));
              },
              name);
        },
        file);
  }
  EXPECT_EQ(::access(file.c_str(), F_OK), 0);
  std::remove(file.c_str());
}

TEST_F(Cluster, ManySmallTasks) {
  Executor ex;
  std::vector<long> xs(5000);
  std::iota(xs.begin(), xs.end(), 0);
  EXPECT_EQ(ex.reduce(add, ex.map(square, xs)).get(), 41654167500);
}

/// The ends of a pipe within one worker.
int* pipe_here() {
  static std::array<int, 2> ends = {-1, -1};
  return ends.data();
}

/// Who reads a FILE holds it for as long as nothing comes: what others have printed is written out all the same.
TEST_F(Cluster, WhoReadsAFileKeepsNoOtherTaskFromEnding) {
  use_workers(1);
  ::setenv("DFLOW_THREADS", "2", 1);
  Executor ex;
  ASSERT_EQ(ex.submit([] { return ::pipe(pipe_here()); }).get(), 0);
  auto reader = ex.submit([] {
    std::FILE* file = ::fdopen(pipe_here()[0], "r");
    std::array<char, 8> line{};
    const bool read = std::fgets(line.data(), line.size(), file) != nullptr;
    std::fclose(file);
    return read;
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ex.submit([](int x) { return x; }, i).get(60s), i);
  ex.submit([] { (void)!::write(pipe_here()[1], "go\n", 3); }).get();
  EXPECT_TRUE(reader.get());
}

}  // namespace
}  // namespace dflow::testing
