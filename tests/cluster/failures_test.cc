// What cannot cross, and workers that die.
#include <csignal>
#include <iostream>

#include "tests/cluster/support.h"

namespace dflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

long add(long a, long b) { return a + b; }
std::vector<long> block(long x) { return std::vector<long>(5000, x); }
long sum(const std::vector<long>& xs) {
  long result = 0;
  for (const long x : xs) result += x;
  return result;
}
int process() { return ::getpid(); }

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

TEST_F(Cluster, BorrowedArgumentIsRefused) {
  Executor ex;
  const std::vector<long> here{1, 2};
  EXPECT_THAT(thrown_by([&] { ex.submit(sum, borrow(here)).get(); }), HasSubstr("borrow"));
}

TEST_F(Cluster, HugeArgumentsAreToBeScattered) {
  Executor ex;
  const std::vector<long> huge(5'000'000, 1);
  EXPECT_THAT(thrown_by([&] { ex.submit(sum, huge).get(); }), AllOf(HasSubstr("38 MiB"), HasSubstr("scatter()")));
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

  EXPECT_EQ(ex.submit(sum, ex.scatter(huge)).get(), 5'000'000);
}

TEST_F(Cluster, ResultThatCannotCrossIsNamedWhereItWouldHaveTo) {
  Executor ex;
  const auto handle = ex.submit([] { return Handle(); });
  EXPECT_EQ(ex.with({.after = {handle}}).submit(add, 1L, 2L).get(), 3);
  EXPECT_THAT(thrown_by([&] { handle.get(); }), HasSubstr("Handle'"));
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
