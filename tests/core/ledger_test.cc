#include "runtime/core/ledger.h"

#include <gmock/gmock.h>

#include "runtime/core/codec.h"
#include "runtime/core/describe.h"
#include "tests/core/names.h"

namespace dflow::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() { ledger.add(ClientJoined{client}); }

  void submit(std::uint64_t number, std::vector<std::uint64_t> inputs = {}, TaskSpec spec = {}) {
    spec.id = task(number);
    spec.inputs = tasks(inputs);
    ledger.add(TasksSubmitted{client, {spec}});
  }
  void release(std::vector<TaskId> tasks) { ledger.add(TasksReleased{client, std::move(tasks)}); }
  static std::vector<std::string> told(const Ledger& ledger) {
    std::vector<std::string> lines;
    ledger.restate([&](const Fact& fact) { lines.push_back(describe(fact)); });
    return lines;
  }

  Ledger ledger;
};

TEST_F(LedgerTest, ForgetsWhatNobodyWantsAndWasNotComputedFrom) {
  submit(0);
  submit(1, {0});
  ledger.add(TaskRan{task(0)});
  release({task(0)});
  EXPECT_EQ(ledger.tasks(), 2u);  // task 1 may need it again
  ledger.add(TaskRan{task(1)});
  release({task(1)});
  EXPECT_EQ(ledger.tasks(), 0u);
}

TEST_F(LedgerTest, KeepsWhatHasToRunThoughNobodyWantsIt) {
  submit(0);
  release({task(0)});
  EXPECT_EQ(ledger.tasks(), 1u);
  submit(1, {}, {.pure = true});
  release({task(1)});
  EXPECT_EQ(ledger.tasks(), 1u);
}

TEST_F(LedgerTest, KeepsWhatIsFiredAndForgottenThoughItIsPureAndNobodyWantsIt) {
  submit(0, {}, {.wanted = false, .pure = true, .fire_and_forget = true});
  EXPECT_EQ(ledger.tasks(), 1u);
  ledger.add(TaskRan{task(0)});
  EXPECT_EQ(ledger.tasks(), 0u);
}

TEST_F(LedgerTest, ForgetsAClientThatLeftWhenItsLastTaskEnds) {
  submit(0, {}, {.fire_and_forget = true});
  submit(1);
  ledger.add(ClientLeft{client});
  EXPECT_EQ(ledger.tasks(), 1u);
  EXPECT_FALSE(ledger.heard(client));
  ledger.add(TaskRan{task(0)});
  EXPECT_TRUE(ledger.empty());
}

/// Its goodbye cancelled what it had submitted: what it says behind it would be wanted for ever.
TEST_F(LedgerTest, TakesNothingFromAClientThatLeft) {
  submit(0, {}, {.fire_and_forget = true});
  ledger.add(ClientLeft{client});
  submit(1);
  ledger.add(ValueScattered{client, task(2), 8});
  EXPECT_EQ(ledger.tasks(), 1u);
  ledger.add(TaskRan{task(0)});
  EXPECT_TRUE(ledger.empty());
}

TEST_F(LedgerTest, AWorkersClientsLeaveWithIt) {
  ledger.add(WorkerJoined{.worker = WorkerId{4}});
  ledger.add(ClientJoined{ClientId{9}, WorkerId{4}});
  ledger.add(WorkerGone{WorkerId{4}});
  EXPECT_FALSE(ledger.heard(ClientId{9}));
  EXPECT_TRUE(ledger.heard(client));
}

TEST_F(LedgerTest, WhatItRestatesMakesTheSame) {
  ledger.add(WorkerJoined{.worker = WorkerId{4}, .name = "w"});
  ledger.add(ClientJoined{ClientId{9}, WorkerId{4}});
  ledger.add(ValueScattered{client, task(0), 8});
  submit(1, {0}, {.once = true});
  ledger.add(OnceGiven{task(1)});
  ledger.add(TaskRan{task(1), Attempt{3}, 100});
  submit(2, {1});
  submit(3, {2});
  const auto failure = std::make_shared<Failure>(Failure{.origin = task(2), .message = "thrown"});
  ledger.add(TaskGone{task(2), failure, {}});
  ledger.add(TaskGone{task(3), nullptr, task(2)});
  submit(4, {1});
  ledger.add(TaskTried{task(4), 2, 16, 1});
  release({task(0), task(1), task(2)});
  ledger.hear(client);

  Ledger again;
  ledger.restate([&](const Fact& fact) { again.add(decode<Fact>(encode(fact)).value()); });
  EXPECT_EQ(told(again), told(ledger));
  EXPECT_EQ(again.tasks(), ledger.tasks());
  EXPECT_EQ(again.heard(client), 1u);
  EXPECT_TRUE(again.has_worker(WorkerId{4}));
}

TEST_F(LedgerTest, DoubtsWhatMayRunOnceUnlessItHasEnded) {
  for (std::uint64_t number = 0; number < 4; ++number) submit(number, {}, {.once = true});
  submit(4);
  ledger.add(TaskRan{task(0)});
  ledger.add(TaskGone{task(1)});
  ledger.add(OnceGiven{task(2)});
  std::vector<std::string> added;
  ledger.doubt([&](const Fact& fact) { added.push_back(describe(fact)); });
  EXPECT_THAT(added, ElementsAre(describe(Fact(OnceGiven{task(3)}))));
  EXPECT_THAT(told(ledger), testing::Contains(added[0]));
}

TEST_F(LedgerTest, IgnoresWhatDoesNotFit) {
  submit(1, {0});
  ledger.add(TasksSubmitted{ClientId{77}, {{.id = task_id(ClientId{77}, 0)}}});
  ledger.add(TaskRan{task(5)});
  ledger.add(TaskGone{task(5), nullptr, {}});
  EXPECT_EQ(ledger.tasks(), 0u);
}

/// A record of a journal has a bound, and what is beyond is not read again.
TEST_F(LedgerTest, IsRestatedInFactsOfABoundedSize) {
  constexpr std::size_t mebibyte = 1 << 20;
  const auto payload = std::make_shared<const std::string>(mebibyte, 'x');
  for (std::uint64_t number = 0; number < 200; ++number) submit(number, {}, {.payload = payload});
  std::size_t largest = 0;
  ledger.restate([&](const Fact& fact) { largest = std::max(largest, encode(fact).size()); });
  EXPECT_LT(largest, 2 * mebibyte);
}

}  // namespace
}  // namespace dflow::core
