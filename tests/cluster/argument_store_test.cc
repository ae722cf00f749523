#include "runtime/cluster/argument_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "runtime/cluster/scheduler_server.h"
#include "tests/cluster/member.h"
#include "tests/formats/full_disk.h"

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kBytes = 10'000;

/// Bytes that no others are like, and that cannot be packed well.
std::string arguments(std::uint64_t number) {
  std::string bytes(kBytes, '\0');
  std::uint64_t state = number + 1;
  std::ranges::generate(bytes, [&] { return static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56); });
  return bytes;
}

core::TasksSubmitted submission(core::ClientId client, std::uint64_t first, std::uint64_t count) {
  core::TasksSubmitted submitted{.client = client};
  for (std::uint64_t number = first; number < first + count; ++number) {
    submitted.tasks.push_back({.id = core::task_id(client, number), .payload = std::make_shared<const std::string>(arguments(number))});
  }
  return submitted;
}
core::TasksSubmitted submission(std::uint64_t count) { return submission(core::ClientId{1}, 0, count); }

std::size_t on_disk(const core::TasksSubmitted& submitted) {
  return static_cast<std::size_t>(
      std::ranges::count_if(submitted.tasks, [](const core::TaskSpec& task) { return core::put_away(task.payload) != nullptr; }));
}

class ArgumentStoreTest : public ::testing::Test {
 protected:
  ArgumentStore::Options options() {
    return {.most_in_memory = 3 * kBytes, .most_without_disk = 5 * kBytes, .tell = [this](const std::string& what) { told_.push_back(what); }};
  }
  ArgumentStore::Options nowhere() {
    ArgumentStore::Options nowhere = options();
    nowhere.folder = "none";
    return nowhere;
  }
  std::vector<std::string> told_;
};

TEST_F(ArgumentStoreTest, WhatMemoryHasNoRoomForIsOnTheDiskAndComesBack) {
  ArgumentStore store(options());
  core::TasksSubmitted submitted = submission(10);
  store.keep(submitted);
  EXPECT_EQ(on_disk(submitted), 7u);
  EXPECT_EQ(store.in_memory(), 3 * kBytes);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("take more than")));
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(core::size_of(task.payload), kBytes);
  ASSERT_TRUE(bring_back(submitted));
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(*task.payload, arguments(core::number_of(task.id)));
}

TEST_F(ArgumentStoreTest, MemoryOfTasksThatAreForgottenIsForOthers) {
  ArgumentStore store(options());
  core::TasksSubmitted first = submission(4), second = submission(4);
  store.keep(first);
  first.tasks.clear();
  EXPECT_EQ(store.in_memory(), 0u);
  store.keep(second);
  EXPECT_EQ(on_disk(second), 1u);
}

TEST_F(ArgumentStoreTest, SmallArgumentsStayInMemory) {
  ArgumentStore store({.most_in_memory = 0});
  core::TasksSubmitted submitted{.tasks = {{.payload = std::make_shared<const std::string>("x")}, {}}};
  store.keep(submitted);
  EXPECT_EQ(on_disk(submitted), 0u);
  EXPECT_EQ(store.in_memory(), 0u);
}

TEST_F(ArgumentStoreTest, WithoutADiskATaskForWhichThereIsNoRoomSaysSoWhenItsTurnComes) {
  ArgumentStore store(nowhere());
  core::TasksSubmitted submitted = submission(7);
  store.keep(submitted);
  EXPECT_EQ(store.in_memory(), 5 * kBytes);
  EXPECT_TRUE(brought_back(submitted.tasks[4].payload));
  EXPECT_THAT(brought_back(submitted.tasks[5].payload).message(), HasSubstr("no room for its arguments"));
}

TEST_F(ArgumentStoreTest, AFullDiskIsToldOnceAndTriedAgain) {
  ArgumentStore store(options());
  core::TasksSubmitted first = submission(5), second = submission(1);
  {
    const test::FullDisk disk(kBytes / 2);
    store.keep(first);
    store.keep(second);
  }
  EXPECT_EQ(on_disk(first), 0u);
  EXPECT_THAT(brought_back(second.tasks[0].payload).message(), HasSubstr("scatter() what is large"));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("cannot be written")));
  core::TasksSubmitted third = submission(1);
  store.keep(third);
  EXPECT_TRUE(brought_back(third.tasks[0].payload));
}

TEST_F(ArgumentStoreTest, NoTaskOfAJournalIsGivenUp) {
  ArgumentStore store(nowhere());
  core::TasksSubmitted submitted = submission(9);
  store.keep_all(submitted);
  EXPECT_TRUE(bring_back(submitted));
}

TEST_F(ArgumentStoreTest, BooksRestateWhatIsOnTheDisk) {
  ArgumentStore store(options());
  Books books(&store), again;
  const core::ClientId client{1};
  const auto add = [&](Books& to, const core::Fact& fact) { EXPECT_TRUE(to.add(Books::record(1, fact))); };
  add(books, core::ClientJoined{client});
  add(books, submission(10));
  EXPECT_LE(store.in_memory(), 3 * kBytes);
  std::vector<std::string> once, twice;
  ASSERT_TRUE(books.restate([&](std::string_view record) {
    once.emplace_back(record);
    EXPECT_TRUE(again.add(record));
  }));
  ASSERT_TRUE(again.restate([&](std::string_view record) { twice.emplace_back(record); }));
  EXPECT_EQ(once, twice);
}

/// A scheduler whose memory has room for the arguments of three tasks.
class SmallScheduler : public ArgumentStoreTest {
 protected:
  void start(ArgumentStore::Options arguments, const std::string& journal = "") {
    Result<std::unique_ptr<SchedulerServer>> server = SchedulerServer::start({.agents = true, .journal = journal, .arguments = std::move(arguments)});
    ASSERT_TRUE(server) << server.message();
    server_ = std::move(server).value();
  }
  std::unique_ptr<SchedulerServer> server_;
};

TEST_F(SmallScheduler, GivesEachTaskItsArguments) {
  start(options());
  Client client(server_->address(), kClient);
  client.say(FromClient(submission(core::ClientId{client.id()}, 1, 20)));
  client.say(FromClient(Sync{}));
  client.await<Sync>();
  Worker worker(server_->address(), kWorker);
  for (std::uint64_t done = 0; done < 20 && !HasFailure();) {
    for (const core::RunTask& order : worker.await_orders()) {
      EXPECT_EQ(*order.payload, arguments(core::number_of(order.id)));
      worker.say(FromWorker(core::TaskFinished{.id = order.id, .attempt = order.attempt, .bytes = 1}));
      ++done;
    }
  }
}

TEST_F(SmallScheduler, FailsOnlyTheTasksForWhichThereIsNoRoom) {
  start(nowhere());
  Client client(server_->address(), kClient);
  Worker worker(server_->address(), kWorker);
  client.say(FromClient(submission(core::ClientId{client.id()}, 1, 6)));
  const core::TaskEnded ended = client.await<core::TaskEnded>();
  EXPECT_EQ(core::number_of(ended.id), 6u);
  EXPECT_EQ(ended.failure->kind, core::Failure::Kind::invalid);
  EXPECT_THAT(ended.failure->message, HasSubstr("no room for its arguments"));
}

}  // namespace
}  // namespace dflow::cluster
