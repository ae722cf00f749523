// As many members as files allow: the scheduler has a few threads for all of them.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <string>

#include "runtime/cluster/scheduler_server.h"
#include "runtime/local/sanitizers.h"
#include "runtime/net/io_threads.h"
#include "tests/cluster/member.h"

namespace dflow::cluster {
namespace {

/// Of this process.
std::size_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// As many as there may be, and both ends of each are in this process; a thousand at most, of which each is told of each.
std::size_t most_members() {
  rlimit files{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  return std::clamp<std::size_t>(files.rlim_cur / 2 - 100, 1, local::kSanitized ? 200 : 1000);
}

/// Runs what it is given at once.
class QuickWorker {
 public:
  QuickWorker(const net::Address& scheduler, const std::string& name, net::IoThreads& io) {
    net::Hello hello = kWorker;
    hello.name = name;
    Greeted greeted = greet(scheduler, hello).value();
    connection_ = std::make_unique<net::Connection>(std::move(greeted.stream), bonds_of(greeted.welcome), &io);
    connection_->start({.received = [this](const std::vector<std::string>& messages) { received(messages); },
                        .closed = [](const std::string&) {},
                        .broken = [](const std::string&) {}});
  }

 private:
  void received(const std::vector<std::string>& messages) {
    for (const std::string& bytes : messages) {
      const auto told = core::decode<ToWorker>(bytes);
      if (const auto* order = std::get_if<core::RunTask>(&told.value())) run(*order);
      if (const auto* orders = std::get_if<RunTasks>(&told.value())) std::ranges::for_each(orders->tasks, [this](auto& each) { run(each); });
    }
  }
  void run(const core::RunTask& order) {
    connection_->send(core::encode(FromWorker(core::TaskFinished{.id = order.id, .attempt = order.attempt, .bytes = 8})));
  }
  std::unique_ptr<net::Connection> connection_;
};

TEST(Members, AThousandWorkersHaveAFewThreadsOfTheScheduler) {
  const std::size_t count = most_members();
  net::IoThreads io{{}};
  const std::size_t before = threads();
  const auto scheduler = SchedulerServer::start({.agents = true}).value();
  std::list<QuickWorker> workers;
  for (std::size_t i = 0; i < count; ++i) workers.emplace_back(scheduler->address(), "w" + std::to_string(i), io);
  Client client(scheduler->address(), kClient);
  core::TasksSubmitted submitted;
  for (std::uint64_t i = 1; i <= 2 * count; ++i) {
    submitted.tasks.push_back({.id = core::task_id(core::ClientId{client.id()}, i), .payload = std::make_shared<const std::string>("x")});
  }
  client.say(FromClient(submitted));
  for (std::uint64_t i = 1; i <= 2 * count; ++i) client.await<core::TaskDone>();
  EXPECT_LE(threads() - before, 20u);  // with those of the test's own, however many members there are
}

}  // namespace
}  // namespace dflow::cluster
