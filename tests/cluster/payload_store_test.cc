#include "runtime/cluster/payload_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
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

constexpr std::size_t kSmall = 500;
core::TasksSubmitted small(std::uint64_t count) {
  core::TasksSubmitted submitted = submission(count);
  for (core::TaskSpec& task : submitted.tasks) task.payload = std::make_shared<const std::string>(task.payload->substr(0, kSmall));
  return submitted;
}

core::FailureRef exception(std::uint64_t number) {
  return std::make_shared<const core::Failure>(core::Failure{.payload = std::make_shared<const std::string>(arguments(number))});
}

/// The file that the store has open has lost all that was written.
void empty_the_disk() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    if (!target.starts_with("/var/tmp/") || !target.ends_with("(deleted)")) continue;
    EXPECT_EQ(::ftruncate(std::stoi(entry.path().filename()), 0), 0);
  }
}

std::size_t on_disk(const core::TasksSubmitted& submitted) {
  return static_cast<std::size_t>(
      std::ranges::count_if(submitted.tasks, [](const core::TaskSpec& task) { return core::put_away(task.payload) != nullptr; }));
}

class PayloadStoreTest : public ::testing::Test {
 protected:
  PayloadStore::Options options() {
    return {.most_in_memory = 3 * kBytes, .most_without_disk = 5 * kBytes, .tell = [this](const std::string& what) { told_.push_back(what); }};
  }
  PayloadStore::Options nowhere() {
    PayloadStore::Options nowhere = options();
    nowhere.folder = "none";
    return nowhere;
  }
  std::vector<std::string> told_;
};

TEST_F(PayloadStoreTest, WhatMemoryHasNoRoomForIsOnTheDiskAndComesBack) {
  PayloadStore store(options());
  core::TasksSubmitted submitted = submission(10);
  store.keep(submitted);
  EXPECT_EQ(on_disk(submitted), 7u);
  EXPECT_EQ(store.in_memory(), 3 * kBytes);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("take more than")));
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(core::size_of(task.payload), kBytes);
  ASSERT_TRUE(bring_back(submitted));
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(*task.payload, arguments(core::number_of(task.id)));
}

TEST_F(PayloadStoreTest, MemoryOfTasksThatAreForgottenIsForOthers) {
  PayloadStore store(options());
  core::TasksSubmitted first = submission(4), second = submission(4);
  store.keep(first);
  first.tasks.clear();
  EXPECT_EQ(store.in_memory(), 0u);
  store.keep(second);
  EXPECT_EQ(on_disk(second), 1u);
}

TEST_F(PayloadStoreTest, SmallArgumentsStayInMemory) {
  PayloadStore store({.most_in_memory = 0});
  core::TasksSubmitted submitted{.tasks = {{.payload = std::make_shared<const std::string>("x")}, {}}};
  store.keep(submitted);
  EXPECT_EQ(on_disk(submitted), 0u);
  EXPECT_EQ(store.in_memory(), 0u);
}

TEST_F(PayloadStoreTest, WithoutADiskATaskForWhichThereIsNoRoomSaysSoWhenItsTurnComes) {
  PayloadStore store(nowhere());
  core::TasksSubmitted submitted = submission(7);
  store.keep(submitted);
  EXPECT_EQ(store.in_memory(), 5 * kBytes);
  EXPECT_TRUE(brought_back(submitted.tasks[4].payload));
  EXPECT_THAT(brought_back(submitted.tasks[5].payload).message(), HasSubstr("no room for its arguments"));
}

TEST_F(PayloadStoreTest, AFullDiskIsToldOnceAndTriedAgain) {
  PayloadStore store(options());
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

TEST_F(PayloadStoreTest, NoTaskOfAJournalIsGivenUp) {
  PayloadStore store(nowhere());
  core::TasksSubmitted submitted = submission(9);
  store.keep_all(submitted);
  EXPECT_TRUE(bring_back(submitted));
}

/// Each would take a place in the file that takes as much memory as it does.
TEST_F(PayloadStoreTest, SmallOnesShareAPlaceOnTheDisk) {
  PayloadStore store(options());
  core::TasksSubmitted submitted = small(1000);
  store.keep(submitted);
  EXPECT_EQ(on_disk(submitted), 940u);
  EXPECT_EQ(store.in_memory(), 60 * kSmall + 16 * kSmall);  // the last ones wait until they are 64 KiB
  EXPECT_EQ(store.bytes(), 1000 * kSmall);
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(core::size_of(task.payload), kSmall);
  ASSERT_TRUE(bring_back(submitted));
  for (const core::TaskSpec& task : submitted.tasks) EXPECT_EQ(*task.payload, arguments(core::number_of(task.id)).substr(0, kSmall));
  submitted.tasks.clear();
  EXPECT_EQ(store.bytes(), 16 * kSmall);
}

TEST_F(PayloadStoreTest, SmallOnesWaitInMemoryForADiskThatIsFull) {
  PayloadStore store(options());
  core::TasksSubmitted first = small(192), second = small(1), third = small(2);
  store.keep(first);
  {
    const test::FullDisk disk(kBytes / 2);
    store.keep(second);
  }
  EXPECT_TRUE(bring_back(first));
  EXPECT_THAT(brought_back(second.tasks[0].payload).message(), HasSubstr("no room for its arguments"));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("cannot be written")));
  store.keep(third);
  EXPECT_EQ(store.in_memory(), 60 * kSmall + 2 * kSmall);
  EXPECT_TRUE(bring_back(third));
}

TEST_F(PayloadStoreTest, ExceptionsAreKeptLikeArguments) {
  PayloadStore store(options());
  std::vector<core::FailureRef> failures;
  for (std::uint64_t number = 0; number < 10; ++number) store.keep(failures.emplace_back(exception(number)));
  EXPECT_EQ(store.in_memory(), 3 * kBytes);
  EXPECT_EQ(store.bytes(), 10 * kBytes);
  for (std::uint64_t number = 0; number < 10; ++number) EXPECT_EQ(*whole(failures[number])->payload, arguments(number));
  failures.clear();
  EXPECT_EQ(store.bytes(), 0u);
}

TEST_F(PayloadStoreTest, AnExceptionForWhichThereIsNoRoomIsAnErrorThatSaysSo) {
  PayloadStore store(nowhere());
  std::vector<core::FailureRef> failures;
  for (std::uint64_t number = 0; number < 6; ++number) store.keep(failures.emplace_back(exception(number)));
  EXPECT_EQ(*whole(failures[4])->payload, arguments(4));
  const core::FailureRef lost = whole(failures[5]);
  EXPECT_EQ(lost->kind, core::Failure::Kind::invalid);
  EXPECT_THAT(lost->message, HasSubstr("it threw an exception, and the scheduler has no room for its exception"));
}

TEST_F(PayloadStoreTest, BooksRestateWhatIsOnTheDisk) {
  PayloadStore store(options());
  Books books(&store), again;
  const core::ClientId client{1};
  const auto add = [&](Books& to, const core::Fact& fact) { EXPECT_TRUE(to.add(Books::record(1, fact))); };
  add(books, core::ClientJoined{client});
  add(books, submission(10));
  for (std::uint64_t number = 0; number < 5; ++number) add(books, core::TaskGone{core::task_id(client, number), exception(number), {}});
  EXPECT_EQ(store.bytes(), 10 * kBytes);
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
class SmallScheduler : public PayloadStoreTest {
 protected:
  void start(PayloadStore::Options payloads, const std::string& journal = "") {
    Result<std::unique_ptr<SchedulerServer>> server = SchedulerServer::start({.settings = {.recovery = 100ms}, .agents = true, .journal = journal, .payloads = std::move(payloads)});
    ASSERT_TRUE(server) << server.message();
    server_ = std::move(server).value();
  }
  PayloadStore::Options at_var_tmp() {
    PayloadStore::Options there = options();
    there.folder = "/var/tmp";
    return there;
  }
  /// Each throws what it was given.
  static void fail_all(Worker& worker, std::uint64_t count) {
    for (std::uint64_t failed = 0; failed < count && !HasFailure();) {
      for (const core::RunTask& order : worker.await_orders()) {
        worker.say(FromWorker(core::TaskFailed{.id = order.id, .attempt = order.attempt, .failure = exception(core::number_of(order.id)), .retry = false}));
        ++failed;
      }
    }
  }
  static void expect_exceptions(Client& client, std::uint64_t count) {
    for (std::uint64_t told = 0; told < count && !HasFailure(); ++told) {
      const core::TaskEnded ended = client.await<core::TaskEnded>();
      EXPECT_EQ(ended.failure->kind, core::Failure::Kind::exception);
      EXPECT_EQ(*ended.failure->payload, arguments(core::number_of(ended.id)));
    }
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

/// No worker had a part in it.
TEST_F(SmallScheduler, SaysThatItsOwnDiskIsBad) {
  start(at_var_tmp());
  Client client(server_->address(), kClient);
  client.say(FromClient(submission(core::ClientId{client.id()}, 1, 4)));
  client.say(FromClient(Sync{}));
  client.await<Sync>();
  empty_the_disk();
  Worker worker(server_->address(), kWorker);
  const core::TaskEnded ended = client.await<core::TaskEnded>();
  EXPECT_EQ(core::number_of(ended.id), 4u);
  EXPECT_EQ(ended.failure->worker, "");
  EXPECT_THAT(ended.failure->message, HasSubstr("cannot be read back from its disk: /var/tmp: it is cut short"));
}

/// When one cannot be given, the next is, which cannot be given either.
TEST_F(SmallScheduler, EndsAnyNumberOfTasksWhoseArgumentsItDidNotKeep) {
  PayloadStore::Options nothing = nowhere();
  nothing.most_in_memory = nothing.most_without_disk = 0;
  start(std::move(nothing));
  Client client(server_->address(), kClient);
  core::TasksSubmitted submitted = small(40'000);
  for (core::TaskSpec& task : submitted.tasks) task.id = core::task_id(core::ClientId{client.id()}, core::number_of(task.id));
  client.say(FromClient(submitted));
  client.say(FromClient(Sync{}));
  client.await<Sync>();
  Worker worker(server_->address(), kWorker);
  for (std::size_t i = 0; i < submitted.tasks.size() && !HasFailure(); ++i) client.await<core::TaskEnded>();
}

/// It may be large, and they many.
TEST_F(SmallScheduler, TellsAnExceptionOnceThatFailsManyTasks) {
  start(options());
  Client client(server_->address(), kClient);
  Worker worker(server_->address(), kWorker);
  const core::ClientId id{client.id()};
  core::TasksSubmitted submitted = submission(id, 1, 9);
  for (std::size_t i = 1; i < 9; ++i) submitted.tasks[i].inputs = {submitted.tasks[0].id};
  client.say(FromClient(submitted));
  fail_all(worker, 1);
  expect_exceptions(client, 1);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(client.await<core::TaskEnded>().failure, nullptr);
  client.say(FromClient(submission(id, 20, 1)));
  fail_all(worker, 1);
  expect_exceptions(client, 1);
}

TEST_F(SmallScheduler, TellsOfEachExceptionAgainAfterARestart) {
  const std::string folder = ::testing::TempDir() + "/exceptions-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  start(options(), folder + "/first");
  Client client(server_->address(), kClient);
  Worker worker(server_->address(), kWorker);
  const core::ClientId id{client.id()};
  client.say(FromClient(submission(id, 1, 10)));
  fail_all(worker, 10);
  expect_exceptions(client, 10);
  client.say(FromClient(core::TasksReleased{.tasks = {core::task_id(id, 1)}}));
  while (client.await<Kept>().messages < 2) continue;  // and what came before it
  std::filesystem::copy(folder + "/first", folder + "/second", std::filesystem::copy_options::recursive);
  server_.reset();

  start(options(), folder + "/second");
  Client again(server_->address(), client.back(2));
  expect_exceptions(again, 9);
  server_.reset();
  std::filesystem::remove_all(folder);
}

/// Most of it speaks of what is not there any more.
TEST_F(SmallScheduler, ItsJournalShrinksWhenWhatItSpeaksOfIsForgotten) {
  const std::string folder = ::testing::TempDir() + "/shrinking-" + std::to_string(::getpid());
  start(options(), folder);
  Client client(server_->address(), kClient);
  const core::ClientId id{client.id()};
  const std::size_t megabytes = 70;
  core::TasksSubmitted submitted;
  core::TasksReleased released;
  for (std::uint64_t number = 1; number <= megabytes; ++number) {
    const core::TaskId task = core::task_id(id, number);
    submitted.tasks = {{.id = task, .payload = std::make_shared<const std::string>(1 << 20, 'x'), .pure = true}};
    released.tasks.push_back(task);
    client.say(FromClient(submitted));
  }
  while (client.await<Kept>().messages < megabytes) continue;
  client.say(FromClient(released));
  const auto bytes = [&] {
    std::uintmax_t all = 0;
    std::error_code gone;  // while it is looked at
    for (const auto& entry : std::filesystem::directory_iterator(folder, gone)) {
      const std::uintmax_t size = std::filesystem::file_size(entry, gone);
      if (!gone) all += size;
    }
    return all;
  };
  EXPECT_GT(bytes(), std::uintmax_t{megabytes} << 20);
  for (const auto end = std::chrono::steady_clock::now() + 30s; bytes() > (1 << 20) && std::chrono::steady_clock::now() < end;) {
    client.say(FromClient(Sync{}));
    client.await<Sync>();
  }
  EXPECT_LT(bytes(), 1u << 20);
  server_.reset();
  std::filesystem::remove_all(folder);
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
