// What cannot cross, and workers that die.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <optional>
#include <thread>

#include "runtime/local/sanitizers.h"
#include "tests/cluster/little_memory.h"
#include "tests/cluster/support.h"

namespace {

/// Knows how many of it this process has.
struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
  static inline std::atomic<int> alive = 0;
};
struct NoDefault {
  explicit NoDefault(int) {}
};

}  // namespace

template <>
struct dflow::Serialize<Counted> {
  static void write(Writer&, const Counted&) {}
  static Counted read(Reader&) { return {}; }
};

namespace dflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

long add(long a, long b) { return a + b; }
std::vector<long> block(long x) { return std::vector<long>(5000, x); }
long sum(const std::vector<long>& xs) {
  long result = 0;
  for (const long x : xs) result += x;
  return result;
}
std::vector<long> twice(std::vector<long> xs) {
  for (long& x : xs) x *= 2;
  return xs;
}
int process() { return ::getpid(); }
long step(long x) {
  if (x == 150) std::raise(SIGSEGV);
  return x + 1;
}

/// Not an aggregate, and nobody says how to send it.
class Handle {
 public:
  Handle() = default;
  explicit Handle(void* to) : to_(to) {}
  bool empty() const { return to_ == nullptr; }

 private:
  void* to_ = nullptr;
};

TEST_F(Cluster, LambdaWithCapturesIsRefusedByName) {
  Executor ex;
  int x = 3;
  EXPECT_THAT(thrown_by([&] { ex.submit([&x] { return x; }).get(); }),
              AllOf(HasSubstr("lambda with captures"), HasSubstr("pass what it captures as arguments")));
}

TEST_F(Cluster, ArgumentThatCannotCrossIsNamed) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.submit(&Handle::empty, Handle(&ex)).get(); }),
              AllOf(HasSubstr("Handle'"), HasSubstr("dflow::Serialize")));
}

struct Leaf {
  Handle handle;
};
struct Branch {
  std::vector<Leaf> leaves;
};
bool bare(const Branch& branch) { return branch.leaves.empty(); }

TEST_F(Cluster, WayToWhatCannotCrossIsNamed) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.submit(bare, Branch()).get(); }),
              ::testing::ContainsRegex("Branch' cannot be sent to another process: it holds 'std::vector<.*Leaf.*>', which "
                                       "holds '.*Leaf', which holds '.*Handle' \\(specialise dflow::Serialize"));
}

TEST_F(Cluster, BorrowedArgumentIsRefused) {
  Executor ex;
  const std::vector<long> here{1, 2};
  EXPECT_THAT(thrown_by([&] { ex.submit(sum, borrow(here)).get(); }), HasSubstr("borrow"));
}

TEST_F(Cluster, HugeArgumentsAreToBeScattered) {
  Executor ex;
  const std::vector<long> huge(5'000'000, 1);
  EXPECT_THAT(thrown_by([&] { ex.submit(sum, huge).get(); }), AllOf(HasSubstr("38 MiB"), HasSubstr("scatter()")));
  EXPECT_EQ(ex.submit(sum, ex.scatter(huge)).get(), 5'000'000);
}

TEST_F(Cluster, ResultThatCannotCrossIsNamedWhereItWouldHaveTo) {
  Executor ex;
  const auto handle = ex.submit([] { return Handle(); });
  EXPECT_EQ(ex.with({.after = {handle}}).submit(add, 1L, 2L).get(), 3);
  EXPECT_THAT(thrown_by([&] { handle.get(); }), HasSubstr("Handle'"));
}

// ---- Too large for memory

constexpr bool kMemoryCanBeBounded = !local::kAddressSanitizer && !local::kThreadSanitizer;  // their shadows are not

std::vector<char> filled(std::size_t bytes) { return std::vector<char>(bytes, 'x'); }
std::size_t size_of(const std::vector<char>& bytes) { return bytes.size(); }
constexpr std::size_t kLarge = 256 << 20;

class SmallWorkers : public Cluster {
 protected:
  SmallWorkers() { ::setenv("MALLOC_ARENA_MAX", "1", 1); }  // each would take address space for itself
  ~SmallWorkers() override { ::unsetenv("MALLOC_ARENA_MAX"); }
  void SetUp() override {
    if (!kMemoryCanBeBounded) GTEST_SKIP();
    ex.emplace();
    ex->wait_for_workers(2);
  }
  BoundExecutor on(const std::string& worker, std::string name = {}) {
    return ex->with({.name = std::move(name), .workers = {worker}});
  }
  std::optional<Executor> ex;
};

TEST_F(SmallWorkers, InputTooLargeForItsTasksWorkerFailsTheTask) {
  const auto large = on("worker-1").submit(filled, kLarge);
  on("worker-2").submit(test::allow_little_memory).wait();
  EXPECT_THAT(thrown_by([&] { on("worker-2", "size_of").submit(size_of, large).get(); }),
              AllOf(HasSubstr("size_of"), HasSubstr("an input could not be brought to it"),
                    HasSubstr("no memory for its 268435464 bytes"), HasSubstr("on worker-2")));
  EXPECT_EQ(on("worker-1").submit(size_of, large).get(), kLarge);
  EXPECT_THAT(thrown_by([&] { ex->replicate(std::vector{large}, 2); }), HasSubstr("could not be brought to worker-2"));
  EXPECT_EQ(on("worker-2").submit(add, 1L, 2L).get(), 3);
}

TEST_F(SmallWorkers, ScatteredValueTooLargeForAllFailsWhoNeedsIt) {
  for (const char* name : {"worker-1", "worker-2"}) on(name).submit(test::allow_little_memory).wait();
  const auto large = ex->scatter(filled(kLarge));
  EXPECT_THAT(thrown_by([&] { ex->with({.name = "size_of"}).submit(size_of, large).get(); }),
              AllOf(HasSubstr("size_of"), HasSubstr("needs what scatter() has placed, std::vector<char"),
                    HasSubstr("no memory for its 268435464 bytes on worker-")));
  EXPECT_EQ(large.get().size(), kLarge);
}

TEST_F(SmallWorkers, ResultTooLargeForItsWorkerIsItsTasksException) {
  on("worker-1").submit(test::allow_little_memory).wait();
  EXPECT_THROW(on("worker-1").submit(filled, kLarge).get(), std::bad_alloc);
}

// ---- Workers that die

/// Kills it, and returns when it can answer nobody any more.
void end(pid_t process) {
  pollfd ended{.fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0)), .events = POLLIN, .revents = 0};
  ASSERT_GE(ended.fd, 0);
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  ASSERT_EQ(::poll(&ended, 1, -1), 1);
  ::close(ended.fd);
}

TEST_F(Cluster, LostScatteredValueIsNamedWithWhoHeldIt) {
  Executor ex;
  ex.wait_for_workers(2);
  std::optional<Future<std::vector<long>>> value = ex.scatter(block(3), 1);
  const std::string holder = ex.who_has(std::vector{*value})[0][0];
  const auto doubled = ex.with({.workers = {holder}}).submit(twice, *value);  // what is made of it lies there, too
  doubled.wait();
  value.reset();
  (void)ex.who_has(std::vector{doubled});  // what was said before is known when this is answered
  for (const WorkerInfo& worker : ex.workers()) {
    if (worker.name == holder) end(static_cast<pid_t>(worker.pid));
  }
  const auto named = AllOf(HasSubstr("what scatter() has placed, std::vector<long"), HasSubstr("(40008 bytes)"),
                           HasSubstr("lost with " + holder), HasSubstr("replicas"));
  EXPECT_THAT(thrown_by([&] { ex.submit(sum, doubled).get(); }), named);
  EXPECT_THAT(thrown_by([&] { doubled.get(); }), named);
  EXPECT_EQ(ex.submit(add, 1L, 2L).get(), 3);
}

TEST_F(Cluster, DeathsThatATaskMayCauseAreItsOwnToSay) {
  ::setenv("DFLOW_ALLOWED_FAILURES", "2", 1);
  Executor ex;
  const std::string path = ::testing::TempDir() + "/deaths-" + std::to_string(::getpid());
  const auto deaths = [&](unsigned allowed) {
    std::remove(path.c_str());
    const auto bomb = [](const std::string& count) {
      std::ofstream(count, std::ios::app) << 'x';
      std::raise(SIGSEGV);
    };
    EXPECT_THROW(ex.with({.allowed_failures = allowed}).submit(bomb, path).get(), WorkerLost);
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {}).size();
  };
  EXPECT_EQ(deaths(1), 1u);
  EXPECT_EQ(deaths(4), 4u);
  EXPECT_EQ(deaths(0), 2u);
  std::remove(path.c_str());
  ::unsetenv("DFLOW_ALLOWED_FAILURES");
}

TEST_F(Cluster, ATaskThatHasNoDefaultToGiveLeavesNothingBehind) {
  use_workers(1);
  Executor ex;
  const auto deadly = [](const Counted&) -> NoDefault { return std::raise(SIGKILL) ? NoDefault(1) : NoDefault(2); };
  const auto ignored = ex.with({.allowed_failures = 1, .on_failure = OnFailure::ignore}).submit(deadly, Counted());
  EXPECT_THAT(thrown_by([&] { ignored.get(); }), HasSubstr("needs a result type with a default value"));
  EXPECT_EQ(ex.submit([] { return Counted::alive.load(); }).get(), 0);
}

/// Fails when the scheduler has all tasks that need it.
class LateFailure {
 public:
  template <class T>
  Future<T> of(Executor& ex) const {
    return ex.submit(
        [](const std::string& begin) -> T {
          while (::access(begin.c_str(), F_OK) != 0) std::this_thread::yield();
          throw std::runtime_error("no");
        },
        path_);
  }
  void begin() const { std::ofstream(path_) << 'x'; }
  ~LateFailure() { std::remove(path_.c_str()); }

 private:
  std::string path_ = ::testing::TempDir() + "/begin-" + std::to_string(::getpid());
};

TEST_F(Cluster, ATaskWhoseFailuresAreIgnoredGivesItsDefaultWhereAnInputFails) {
  Executor ex;
  const LateFailure late;
  const auto ignoring = ex.with({.on_failure = OnFailure::ignore});
  const auto failed = late.of<long>(ex);
  const auto ignored = ignoring.submit(add, failed, 2L);
  const auto of_move_only = ignoring.submit([](std::unique_ptr<long> x) { return *x; }, late.of<std::unique_ptr<long>>(ex));
  const auto of_many = ignoring.submit([](const std::vector<long>& xs) { return xs.size(); }, std::vector{failed, ex.submit(add, 1L, 1L)});
  const auto has_none = ignoring.submit([](long) -> NoDefault { return NoDefault(1); }, failed);
  late.begin();
  EXPECT_EQ(ignored.get(), 0);
  EXPECT_EQ(of_move_only.get(), 0);
  EXPECT_EQ(of_many.get(), 0u);
  EXPECT_EQ(thrown_by([&] { has_none.get(); }), "no");
}

TEST_F(Cluster, KilledWorkersValuesAreComputedAgain) {
  Executor ex;
  const int victim = ex.submit(process).get();
  std::vector<Future<std::vector<long>>> blocks = ex.map(block, std::vector<long>{1, 2, 3, 4, 5, 6, 7, 8});
  wait(blocks);
  ASSERT_EQ(::kill(victim, SIGKILL), 0);
  EXPECT_EQ(ex.reduce(add, ex.map(sum, blocks)).get(), 36 * 5000);
  EXPECT_EQ(blocks[7].get()[0], 8);
}

TEST_F(Cluster, ValueOfTheOnlyWorkerIsComputedAgainForTheClient) {
  use_workers(1);
  Executor ex;
  const int victim = ex.submit(process).get();
  const auto value = ex.submit(block, 7L);
  value.wait();
  ASSERT_EQ(::kill(victim, SIGKILL), 0);
  EXPECT_EQ(value.get()[0], 7);
  EXPECT_NE(ex.submit(process).get(), victim);
}

TEST_F(Cluster, ValueOfWhatMayRunOnceIsNotKnownWhenItIsLost) {
  use_workers(1);
  Executor ex;
  const int victim = ex.submit(process).get();
  const auto value = ex.with({.once = true}).submit(block, 7L);
  value.wait();
  ASSERT_EQ(::kill(victim, SIGKILL), 0);
  EXPECT_THROW(value.get(), MayHaveRun);
}

TEST_F(Cluster, TaskThatKillsItsWorkersIsGivenUp) {
  Executor ex;
  const auto bomb = ex.submit([] {
    std::cerr << "the last words" << std::endl;
    std::raise(SIGSEGV);
    return 1;
  });
  const auto bystander = ex.submit(add, 1L, 2L);
  try {
    bomb.get();
    FAIL();
  } catch (const WorkerLost& lost) {
    EXPECT_THAT(lost.end(), HasSubstr("signal 11"));
    EXPECT_THAT(lost.last_words(), HasSubstr("the last words"));
    EXPECT_THAT(lost.worker(), HasSubstr("worker-"));
  }
  EXPECT_EQ(bystander.get(), 3);
}

/// Its worker has it before it can have told of the end of what it needs.
TEST_F(Cluster, OfAChainOfShortTasksTheOneIsGivenUpThatKillsItsWorkers) {
  Executor ex;
  for (long i = 0; i < 50; ++i) EXPECT_EQ(ex.submit(step, i).get(), i + 1);  // that they are short is known now
  std::vector<Future<long>> chain{ex.submit(step, 100L)};
  for (int i = 1; i < 100; ++i) chain.push_back(ex.submit(step, chain.back()));
  EXPECT_EQ(chain[49].get(), 150);
  EXPECT_THROW(chain[50].get(), WorkerLost);
  EXPECT_THROW(chain[99].get(), WorkerLost);
}

/// Knows when it is destroyed.
struct Announced {
  ~Announced() { std::cerr << "destroyed" << std::endl; }
};

int leave(int code) {
  static const Announced announced;
  std::printf("not yet written\n");
  std::exit(code);
}

TEST_F(Cluster, WhoCallsExitInATaskIsNamed) {
  Executor ex;
  ::testing::internal::CaptureStdout();
  const auto quitter = ex.with({.name = "quitter", .allowed_failures = 1}).submit(leave, 3);
  try {
    quitter.get();
    ADD_FAILURE() << "it has a result";
  } catch (const WorkerLost& lost) {
    EXPECT_EQ(lost.end(), "ended with exit code 3");
    EXPECT_THAT(lost.last_words(), AllOf(HasSubstr("quitter"), HasSubstr("called exit(3), which ends the worker")));
    EXPECT_THAT(lost.last_words(), Not(HasSubstr("destroyed"))) << "others use what is static";
  }
  EXPECT_EQ(ex.submit(add, 1L, 2L).get(), 3);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("not yet written"));
}

/// A process that a task has forked ends as it likes.
TEST_F(Cluster, ChildrenOfTasksMayExit) {
  Executor ex;
  const auto status = ex.submit([] {
    const pid_t child = ::fork();
    if (child == 0) std::exit(5);
    int ended = 0;
    ::waitpid(child, &ended, 0);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  });
  EXPECT_EQ(status.get(), 5);
}

TEST_F(Cluster, OfAWorkerWhoseStatusTheProgramHasTakenNothingIsMadeUp) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);  // and so the kernel keeps no status
  {
    Executor ex;
    const auto bomb = ex.with({.allowed_failures = 1}).submit([] { return std::raise(SIGSEGV); });
    EXPECT_THAT(thrown_by([&] { bomb.get(); }), AllOf(HasSubstr("nobody knows how"), HasSubstr("ignores SIGCHLD"), Not(HasSubstr("exit code"))));
    EXPECT_EQ(ex.submit(add, 1L, 2L).get(), 3) << "another takes its place";
  }
  std::signal(SIGCHLD, before);
}

TEST_F(Cluster, OptionsThatNoTaskCanHaveAreRefusedAsInOneProcess) {
  std::vector<TaskOptions> refused(6);
  refused[0] = {.retries = 1, .once = true};
  refused[1] = {.pure = true, .once = true};
  refused[2] = {.resources = {{"gpu", -1}}};
  refused[3] = {.allowed_failures = 256};
  refused[4] = {.timeout = 0s};
  refused[5] = {.name = "late", .timeout = -5ms};
  const auto refusals = [&] {
    Executor ex;
    std::vector<std::string> texts;
    for (const TaskOptions& options : refused) texts.push_back(thrown_by([&] { ex.with(options).submit(add, 1L, 2L).get(); }));
    return texts;
  };
  const std::vector<std::string> on_workers = refusals();
  ::unsetenv("DFLOW_WORKERS");
  EXPECT_EQ(on_workers, refusals());
  for (const std::string& text : on_workers) EXPECT_THAT(text, HasSubstr("dflow: TaskOptions::"));
}

TEST_F(Cluster, ExitInATaskIsADeathToo) {
  Executor ex;
  const auto quitter = ex.submit([]() -> int { std::_Exit(3); });
  EXPECT_THAT(thrown_by([&] { quitter.get(); }), HasSubstr("exit code 3"));
}

TEST(ClusterSettings, WrongOnesAreNamed) {
  ::setenv("DFLOW_WORKERS", "2", 1);
  ::setenv("DFLOW_SERIAL", "1", 1);
  EXPECT_THAT(thrown_by([] { Executor ex; }), HasSubstr("DFLOW_SERIAL"));
  ::unsetenv("DFLOW_SERIAL");
  ::setenv("DFLOW_WORKERS", "100000", 1);
  EXPECT_THAT(thrown_by([] { Executor ex; }), HasSubstr("from 1 to 256"));
  ::unsetenv("DFLOW_WORKERS");
  ::setenv("DFLOW_SCHEDULER", "somewhere", 1);
  EXPECT_THAT(thrown_by([] { Executor ex; }), HasSubstr("DFLOW_SCHEDULER: 'somewhere' is no address"));
  ::unsetenv("DFLOW_SCHEDULER");
}

}  // namespace
}  // namespace dflow::testing
