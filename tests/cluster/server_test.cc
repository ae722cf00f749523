// The scheduler's process as its connections show it: the test speaks for all members.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "formats/file.h"
#include "formats/journal.h"
#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/scheduler_server.h"
#include "runtime/local/sanitizers.h"
#include "tests/cluster/member.h"
#include "tests/formats/full_disk.h"

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<SchedulerServer> start(const std::string& journal = "", core::Duration recovery = 30s) {
  SchedulerServer::Options options{.agents = true, .journal = journal};
  options.settings.recovery = recovery;
  Result<std::unique_ptr<SchedulerServer>> server = SchedulerServer::start(std::move(options));
  EXPECT_TRUE(server) << server.message();
  return std::move(server).value();
}

core::TaskSpec spec(core::TaskId id, std::optional<core::TaskId> inside = {}) {
  return {.id = id, .payload = std::make_shared<const std::string>("x"), .inside = inside};
}

bool may_have_run(const core::TaskEnded& ended) {
  return ended.failure && ended.failure->kind == core::Failure::Kind::may_have_run;
}

void wait_until(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(holds()) << "waited in vain";
}

/// Of those that the journal speaks of.
std::set<std::uint32_t> numbers_of_programs(const std::string& journal) {
  Books books;
  for (const auto& entry : std::filesystem::directory_iterator(journal)) {
    if (!entry.path().filename().string().starts_with("log-")) continue;
    const std::string bytes = formats::read_file(entry.path()).value();
    formats::RecordReader reader(bytes, 0);
    while (const auto record = reader.next()) (void)books.add(*record);
  }
  std::set<std::uint32_t> numbers;
  for (const auto& [number, program] : books.programs()) numbers.insert(number);
  return numbers;
}

class Journalled : public ::testing::Test {
 protected:
  Journalled() {
    if (!::mkdtemp(folder_.data())) std::abort();
  }
  ~Journalled() override { std::filesystem::remove_all(folder_); }
  /// The journal as it is now, as if the scheduler were killed.
  std::string snapshot() const {
    std::filesystem::copy(folder_ + "/first", folder_ + "/second", std::filesystem::copy_options::recursive);
    return folder_ + "/second";
  }
  /// The same, but of its last records not all of it has reached the disk, or nothing at all.
  std::string torn_snapshot(std::size_t records, bool between = false) const {
    const std::string journal = snapshot();
    std::filesystem::path log;
    for (const auto& entry : std::filesystem::directory_iterator(journal)) {
      if (entry.path().filename().string().starts_with("log-")) log = std::max(log, entry.path());
    }
    const std::string bytes = formats::read_file(log).value();
    std::vector<std::size_t> ends;
    formats::RecordReader reader(bytes, formats::decode_journal_header(bytes).value().first);
    while (reader.next()) ends.push_back(reader.offset());
    EXPECT_GT(ends.size(), records);
    std::filesystem::resize_file(log, between ? ends[ends.size() - records - 1] : ends[ends.size() - records] - 1);
    return journal;
  }
  std::string first() const { return folder_ + "/first"; }

 private:
  std::string folder_ = ::testing::TempDir() + "/journal-XXXXXX";
};

TEST(SchedulerServer, TellsAWorkerInOneMessageWhatIsToRunThereNow) {
  const auto server = start();
  Worker worker(server->address(), kWorker);
  Client client(server->address(), kClient);
  const auto task = [&](std::uint64_t number) { return core::task_id(core::ClientId{client.id()}, number); };
  client.say(FromClient(core::TasksSubmitted{.tasks = {spec(task(1)), spec(task(2)), spec(task(3))}}));
  const auto orders = worker.await<RunTasks>().tasks;
  ASSERT_EQ(orders.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(orders[i].id, task(i + 1));
}

/// The end of a program waits for what its tasks submitted. Whoever was killed may have been the last to know of such an end.
TEST_F(Journalled, WhatATaskSubmittedAndLetGoOfIsNotAwaitedByAnotherScheduler) {
  auto server = start(first());
  auto worker = std::make_optional<Worker>(server->address(), kWorker);
  auto outer = std::make_optional<Client>(server->address(), kClient);
  const core::TaskId task = core::task_id(core::ClientId{outer->id()}, 1);
  outer->say(FromClient(core::TasksSubmitted{.tasks = {spec(task)}}));
  worker->await<core::RunTask>();
  auto inner = std::make_optional<Client>(server->address(), inside(*worker));
  const core::TaskId submitted = core::task_id(core::ClientId{inner->id()}, 1);
  inner->say(FromClient(core::TasksSubmitted{.tasks = {spec(submitted, task)}}));
  while (inner->await<Kept>().messages < 1) continue;
  while (outer->await<Kept>().messages < 1) continue;
  const std::string journal = snapshot();
  server.reset();

  server = start(journal);
  const net::Address at = server->address();
  Worker worker_again(at, worker->back());
  Client outer_again(at, outer->back()), inner_again(at, inner->back());
  inner_again.say(FromClient(core::TasksReleased{.tasks = {submitted}}));
  worker_again.say(FromWorker(core::WorkerReturned{}));
  outer_again.say(FromClient(EndAwaited{}));
  outer_again.await<AllEnded>();
}

TEST_F(Journalled, WhatWhoDoesNotComeBackSubmittedIsNotAwaited) {
  auto server = start(first());
  const Worker worker(server->address(), kWorker);
  Client outer(server->address(), kClient), inner(server->address(), inside(worker));
  const core::TaskId task = core::task_id(core::ClientId{outer.id()}, 1);
  inner.say(FromClient(core::TasksSubmitted{.tasks = {spec(core::task_id(core::ClientId{inner.id()}, 1), task)}}));
  while (inner.await<Kept>().messages < 1) continue;
  const std::string journal = snapshot();
  server.reset();

  server = start(journal, 100ms);
  Client outer_again(server->address(), outer.back());
  outer_again.say(FromClient(EndAwaited{}));
  outer_again.await<AllEnded>();
}

/// A client has submitted a task that may run once, a worker has been given it, and then the scheduler is killed and the worker dies.
/// What the journal does not say any more may have been: the task is not given to another worker.
class OnceGiven : public Journalled {
 protected:
  OnceGiven() {
    once_.once = true;
    client_.say(FromClient(core::TasksSubmitted{.tasks = {once_}}));
    while (client_.await<Kept>().messages < 1) continue;
    worker_.await<core::RunTask>();
  }
  /// Another takes its place, with a journal whose last records are lost.
  void restart_without(std::size_t records, bool between = false) {
    const std::string journal = torn_snapshot(records, between);
    server_.reset();
    server_ = start(journal, 100ms);
  }

  std::unique_ptr<SchedulerServer> server_ = start(first());
  Worker worker_{server_->address(), kWorker};
  Client client_{server_->address(), kClient};
  core::TaskSpec once_ = spec(core::task_id(core::ClientId{client_.id()}, 1));
};

TEST_F(OnceGiven, DoesNotRunAgainThoughTheRecordOfThatIsLost) {
  restart_without(1);
  Client again(server_->address(), client_.back(1));
  EXPECT_TRUE(may_have_run(again.await<core::TaskEnded>()));
  EXPECT_GT(Client(server_->address(), kClient).id(), client_.id() + 10'000);  // ids may have been given away, too
}

TEST_F(OnceGiven, DoesNotRunAgainThoughTheLogEndsBetweenRecords) {
  restart_without(1, true);
  Client again(server_->address(), client_.back(1));
  EXPECT_TRUE(may_have_run(again.await<core::TaskEnded>()));
}

TEST_F(OnceGiven, DoesNotRunAgainThoughItsSubmissionIsLost) {
  restart_without(2);
  EXPECT_THAT(greet(server_->address(), client_.back(1)).message(),
              testing::HasSubstr("its journal was damaged: the last 1 messages of this program that it had are lost"));
  // As if he had been killed, or cut off, before he had heard that it was kept.
  Client again(server_->address(), client_.back(0, 1));
  again.say(FromClient(core::TasksSubmitted{.tasks = {once_}}));
  EXPECT_TRUE(may_have_run(again.await<core::TaskEnded>()));
}

/// Another scheduler would be of the same number, and give the same ids away.
TEST_F(Journalled, NobodyIsLetInBeforeItIsOnTheDiskWhoTheSchedulerIs) {
  for (const rlim_t room : {10, 40}) {  // for no log, and for one without a record
    std::unique_ptr<SchedulerServer> server;
    {
      const test::FullDisk disk(room);
      server = start(first());
      const Result<Greeted> too_early = greet(server->address(), kClient);
      ASSERT_FALSE(too_early);
      EXPECT_THAT(too_early.message(), testing::HasSubstr("it cannot write its journal, and lets nobody in before that: "));
      EXPECT_THAT(too_early.message(), testing::HasSubstr("File too large; make room there, and come again"));
      Member<ToTool> tool(server->address(), {.role = net::Role::tool, .name = "t", .host = "h"});  // who asks is no member
      for (int i = 0; i < 2; ++i) {  // again so soon that the answer comes later
        tool.say(FromTool(StatusWanted{}));
        EXPECT_EQ(tool.await<ClusterStatus>().address, server->address().text());
      }
      EXPECT_FALSE(greet(server->address(), kClient)) << "the answer came before anybody could be let in";
    }
    const Result<Greeted> again = join({.scheduler = server->address()}, kClient);
    EXPECT_TRUE(again) << again.message();
  }
}

TEST_F(Journalled, AnIdThatSomebodyComesBackWithIsGivenToNobodyElse) {
  const auto server = start(first());
  const Client known(server->address(), kClient);
  net::Hello hello = known.back();
  hello.line = fresh_number();
  EXPECT_THAT(greet(server->address(), hello).message(), testing::HasSubstr("it knows nothing of this program any more"));
  hello.id += 3;
  const Client back(server->address(), hello);
  EXPECT_EQ(back.id(), known.id() + 3);
  for (int i = 0; i < 5; ++i) EXPECT_NE(Client(server->address(), kClient).id(), back.id());
  hello.id += 1'000'000;
  EXPECT_FALSE(greet(server->address(), hello));  // else ids could be made to run out
}

/// Where nothing was kept, or too little. It would have to be started by hand otherwise.
TEST(SchedulerServer, AnAgentWhoseNumberIsAnothersByNowGetsANewOne) {
  const auto server = start();
  const net::Hello hello{.role = net::Role::agent, .name = "a", .host = "h"};
  const AgentMember newcomer(server->address(), hello);
  net::Hello old = hello;
  old.pid = 2;
  for (const std::uint32_t id : {newcomer.id(), 1'000'000u}) {  // and one beyond those that are taken for given away
    old.id = id;
    old.line = fresh_number();
    const Result<Greeted> back = greet(server->address(), old);
    ASSERT_TRUE(back) << back.message();
    EXPECT_NE(back.value().welcome.id, id);
    EXPECT_EQ(back.value().welcome.refusal, "");
  }
  old.id = newcomer.id() + 100;
  old.line = fresh_number();
  EXPECT_EQ(greet(server->address(), old).value().welcome.id, old.id) << "nobody has it";
}

/// Of those who were given up so long ago that it is not known any more who they were.
TEST_F(Journalled, WhoWasGivenUpLongAgoIsNotTakenForOneThatWasNeverThere) {
  {
    const auto before = Journal::open({.folder = first(), .condense = {}}, [](std::string_view) {}).value();
    for (std::uint32_t id = 1; id <= LostClients::kMost + 1; ++id) before->append(Books::record(SchedulerFact(ClientGivenUp{id})));
  }
  const auto server = start(first());
  net::Hello hello = Client(server->address(), kClient).back();
  hello.line = fresh_number();
  for (const std::uint32_t id : {1u, 2u}) {
    hello.id = id;
    EXPECT_THAT(greet(server->address(), hello).message(), testing::HasSubstr("it gave this one up"));
  }
}

/// Its tasks are written otherwise: nothing of it must be taken for what it is not.
TEST_F(Journalled, WhatASchedulerWroteWithoutItsDoubtsIsOfAnotherVersion) {
  {
    core::Encoder out;
    out.put(std::uint32_t{0});                                                            // a fact of the scheduler's:
    out.put(std::uint32_t{0}), out.put(std::uint64_t{9}), out.put(std::uint32_t{3}), out.put(std::string("secret"));  // it has begun
    const auto before = Journal::open({.folder = first(), .condense = {}}, [](std::string_view) {}).value();
    before->append(out.take());
  }
  const auto server = SchedulerServer::start({.agents = true, .journal = first()});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.message(), testing::HasSubstr("1 records are of another version of dflow: use that one, or another folder"));
}

core::TaskSpec large(std::uint32_t client, std::uint64_t number) {
  core::TaskSpec task = spec(core::task_id(core::ClientId{client}, number));
  task.payload = std::make_shared<const std::string>(std::size_t{30} << 20, 'x');
  return task;
}

TEST_F(Journalled, WhoWaitsForAFullDiskIsToldWhyOnceAndGoesOnWhenThereIsRoom) {
  const auto server = std::move(SchedulerServer::start({.journal = first()})).value();
  Client client(server->address(), kClient), other(server->address(), kClient);
  {
    const test::FullDisk disk(400);
    for (std::uint64_t i = 1; i <= 3; ++i) client.say(FromClient(core::TasksSubmitted{.tasks = {large(client.id(), i)}}));
    const Printed line = client.await<Printed>();
    EXPECT_TRUE(line.is_error);
    EXPECT_THAT(line.text, testing::HasSubstr("submitting waits, since 90 MiB of tasks are not in the scheduler's journal: " + first() +
                                              ": File too large: make room there"));
  }
  while (client.await<Kept>().messages < 3) continue;
  EXPECT_FALSE(client.was_told<Printed>());
  EXPECT_FALSE(other.was_told<Printed>());
}

/// He would keep what he says for ever, and stop when that is 64 MiB.
TEST_F(Journalled, WhoComesWhenTheJournalIsGivenUpIsToldOfNone) {
  SchedulerServer::Options options{.agents = true, .journal = first(), .most_unwritten = 1 << 20};
  const auto server = std::move(SchedulerServer::start(std::move(options))).value();
  Client client(server->address(), kClient);
  EXPECT_NE(client.back().cluster, 0u);
  const test::FullDisk disk(400);
  client.say(FromClient(core::TasksSubmitted{.tasks = {large(client.id(), 1)}}));
  client.await<KeptNoMore>();
  EXPECT_EQ(Client(server->address(), kClient).back().cluster, 0u);
}

/// Builds come and go, each with a name of its own.
TEST_F(Journalled, AProgramThatNobodyIsAMemberOfAnyMoreIsForgotten) {
  const auto server = start(first());
  net::Hello hello = kClient;
  hello.program = "a program of yesterday";
  Client client(server->address(), hello);
  client.leave();
  const auto names = [&] { return numbers_of_programs(first()); };
  wait_until([&] { return names().contains(1); });
  wait_until([&] { return !names().contains(1); });
}

TEST(SchedulerServer, GivesBackWhatProgramsThatAreGoneHaveTaken) {
  if (local::kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
  SchedulerServer::Options options{.agents = true, .pulse = {.grace = 0ms}};
  const auto server = std::move(SchedulerServer::start(std::move(options))).value();
  const std::uint64_t before = memory_of(::getpid());
  for (int i = 0; i < 800; ++i) {
    net::Hello hello = kClient;
    hello.program = "program " + std::to_string(i);
    Client client(server->address(), hello);
    client.say(FromClient(core::TasksSubmitted{.tasks = {spec(core::task_id(core::ClientId{client.id()}, 1))}}));
    client.say(FromClient(Sync{}));
    client.await<Sync>();
  }
  const std::uint64_t full = memory_of(::getpid());
  EXPECT_GT(full, before + (std::uint64_t{80} << 20));
  wait_until([&] { return memory_of(::getpid()) < before + (full - before) / 4; });
}

TEST(SchedulerServer, ANewcomerWhoDoesNotHearTheAnswerIsTheSameWhenHeComesAgain) {
  const auto server = start();
  for (const net::Role role : {net::Role::client, net::Role::worker, net::Role::agent}) {
    net::Hello hello = kWorker;
    hello.role = role;
    hello.line = fresh_number();
    const auto first = greet(server->address(), hello), second = greet(server->address(), hello);
    ASSERT_TRUE(first && second) << first.message() << second.message();
    EXPECT_EQ(first.value().welcome.id, second.value().welcome.id);
    hello.line = fresh_number();
    EXPECT_NE(greet(server->address(), hello).value().welcome.id, first.value().welcome.id);
  }
}

TEST(SchedulerServer, EndsWhileItsMembersLeave) {
  for (int round = 0; round < 100; ++round) {
    auto server = start();
    std::list<Client> clients;
    std::list<Worker> workers;
    for (int i = 0; i < 3; ++i) clients.emplace_back(server->address(), kClient);
    for (int i = 0; i < 3; ++i) workers.emplace_back(server->address(), kWorker);
    std::atomic<int> left = 0;
    const auto leave = [&](auto& member) {
      member.leave();
      ++left;
      left.notify_one();
    };
    std::thread leaving([&] {
      for (Client& client : clients) client.say(FromClient(Sync{}));
      for (Worker& worker : workers) leave(worker);
      for (Client& client : clients) leave(client);
    });
    for (int seen = left; seen < round % 7; seen = left) left.wait(seen);
    server.reset();
    leaving.join();
  }
}

}  // namespace
}  // namespace dflow::cluster
