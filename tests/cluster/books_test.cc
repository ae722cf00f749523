#include "runtime/cluster/books.h"

#include <gmock/gmock.h>

#include <vector>

namespace dflow::cluster {
namespace {

using core::ClientId;
using core::task_id;

constexpr ClientId kClient{5};

std::string message(const FromClient& said) { return core::encode(said); }

TEST(Books, AMessageIsKeptAsItCameAndCounted) {
  Books books;
  EXPECT_TRUE(books.add(Books::record(SchedulerFact(ProgramNamed{1, "app"}))));
  EXPECT_TRUE(books.add(Books::record(1, core::ClientJoined{kClient})));
  // It says that it is another's: the journal knows whose it is.
  core::TasksSubmitted submitted{ClientId{77}, {{.id = task_id(kClient, 1)}, {.id = task_id(kClient, 2)}}};
  EXPECT_TRUE(books.add(Books::record(1, kClient, message(FromClient(submitted)))));
  EXPECT_TRUE(books.add(Books::record(1, kClient, message(FromClient(core::TasksCancelled{})))));
  const core::Ledger& ledger = books.programs().at(1).ledger;
  EXPECT_EQ(ledger.tasks(), 2u);
  EXPECT_EQ(ledger.heard(kClient), 2u);
}

TEST(Books, WhatTheyRestateMakesTheSame) {
  Books books;
  std::vector<std::string> records{Books::record(SchedulerFact(SchedulerBegan{9, 3, "secret"})),
                                   Books::record(SchedulerFact(IdsGiven{512})), Books::record(SchedulerFact(ClientGivenUp{7})),
                                   Books::record(SchedulerFact(ProgramNamed{2, "app"})),
                                   Books::record(2, core::WorkerJoined{.worker = core::WorkerId{4}}),
                                   Books::record(2, core::ClientJoined{kClient})};
  for (const std::string& record : records) EXPECT_TRUE(books.add(record));
  std::vector<std::string> restated;
  EXPECT_TRUE(books.restate([&](std::string_view record) { restated.emplace_back(record); }));
  EXPECT_EQ(restated, records);
  EXPECT_FALSE(books.empty());
}

TEST(Books, OfClientsThatWereGivenUpThoseAreKeptWhoMayStillComeBack) {
  constexpr auto kMany = static_cast<std::uint32_t>(3 * LostClients::kMost);
  Books books, again;
  for (std::uint32_t id = 2; id <= kMany; id += 2) (void)books.add(Books::record(SchedulerFact(ClientGivenUp{id})));
  EXPECT_TRUE(books.restate([&](std::string_view record) { (void)again.add(record); }));
  for (const LostClients& lost : {books.given_up(), again.given_up()}) {
    EXPECT_EQ(lost.clients().size(), LostClients::kMost);
    EXPECT_TRUE(lost.contain(kMany));
    EXPECT_FALSE(lost.may_contain(kMany - 1));
    EXPECT_FALSE(lost.contain(2));
    EXPECT_TRUE(lost.may_contain(2));  // and 1, if nobody knows better
  }
}

TEST(Books, AProgramThatIsForgottenLeavesNothing) {
  Books books;
  (void)books.add(Books::record(SchedulerFact(ProgramNamed{1, "app"})));
  (void)books.add(Books::record(1, core::ClientJoined{kClient}));
  (void)books.add(Books::record(SchedulerFact(ProgramForgotten{1})));
  EXPECT_TRUE(books.empty());
  EXPECT_TRUE(books.programs().empty());
}

TEST(Books, ARecordMayHaveSeveralFacts) {
  Books one_by_one, together;
  std::string facts;
  for (const core::Fact& fact : {core::Fact(core::ClientJoined{kClient}), core::Fact(core::WorkerJoined{.worker = core::WorkerId{4}}),
                                 core::Fact(core::WorkerJoined{.worker = core::WorkerId{5}})}) {
    EXPECT_TRUE(one_by_one.add(Books::record(2, fact)));
    facts += core::encode(fact);
  }
  EXPECT_TRUE(together.add(Books::record(2, facts)));
  const auto restated = [](const Books& books) {
    std::vector<std::string> records;
    EXPECT_TRUE(books.restate([&](std::string_view record) { records.emplace_back(record); }));
    return records;
  };
  EXPECT_EQ(restated(together), restated(one_by_one));
  EXPECT_FALSE(together.add(Books::record(2, kClient, facts)));  // a message is one
}

TEST(Books, WhatIsNoRecordIsSaid) {
  Books books;
  EXPECT_FALSE(books.add(""));
  EXPECT_FALSE(books.add(std::string_view("\0\xff", 2)));
  EXPECT_FALSE(books.add(Books::record(1, core::ClientJoined{kClient}) + "x"));
}

}  // namespace
}  // namespace dflow::cluster
