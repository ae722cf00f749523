// Workers that have more memory than they may have, played by a script.
#include "runtime/cluster/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kMegabyte = 1'000'000;

/// Each takes as many megabytes as a file of its name says, whenever that has changed, and prints it.
constexpr const char* kScript = R"(#!/usr/bin/python3 -S
import os, time
had, held = None, b""
while True:
    try:
        wanted = open(os.environ["MEMORY_FOLDER"] + "/" + os.environ["DFLOW_WORKER_NAME"]).read()
    except FileNotFoundError:
        wanted = "0\n"
    if wanted.endswith("\n") and wanted != had:
        had, held = wanted, b"x" * (1000000 * int(wanted))
        print(wanted.strip(), flush=True)
    time.sleep(0.01)
)";

class WorkerPoolMemory : public ::testing::Test {
 protected:
  WorkerPoolMemory() {
    if (!::mkdtemp(folder_.data())) std::abort();
    std::ofstream(folder_ + "/worker") << kScript;
    std::filesystem::permissions(folder_ + "/worker", std::filesystem::perms::owner_all);
  }
  ~WorkerPoolMemory() override {
    if (pool_) pool_->kill();
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start(MemoryLimit memory) { pool_ = start("worker-", 2, memory, nullptr); }
  std::unique_ptr<WorkerPool> start(const std::string& names, std::size_t workers, MemoryLimit memory, MemoryShares* shares) {
    auto pool = std::make_unique<WorkerPool>(
        WorkerPool::Options{.executable = folder_ + "/worker",
                            .shown_name = "worker",
                            .workers = workers,
                            .scheduler = {},
                            .secret = "",
                            .name_prefix = names,
                            .environment = {{"MEMORY_FOLDER", folder_}},
                            .memory = memory,
                            .shares = shares},
        WorkerPool::Handlers{.ended = [](std::int64_t, const ProcessEnd&) {},
                             .printed =
                                 [this](const Printed& printed) {
                                   const std::lock_guard lock(mutex_);
                                   std::istringstream lines(printed.text);
                                   for (std::string line; std::getline(lines, line);) said_ += printed.worker + ": " + line + '\n';
                                   changed_.notify_all();
                                 },
                             .gave_up = [](const std::string&) {}});
    pool->start();
    return pool;
  }
  /// Worker 1 or 2 is to have so much, and says so.
  void take(int worker, int megabytes) { take("worker-" + std::to_string(worker), megabytes); }
  void take(const std::string& name, int megabytes) {
    std::ofstream(folder_ + "/new") << megabytes << '\n';
    std::filesystem::rename(folder_ + "/new", folder_ + '/' + name);
    EXPECT_THAT(await(name + ": " + std::to_string(megabytes) + '\n'), HasSubstr(name));
  }
  /// All that was said, once it holds that.
  std::string await(const std::string& words) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 30s, [&] { return said_.find(words) != std::string::npos; });
    return said_;
  }
  /// The pool has looked at its workers' memory some times.
  void let_look() {
    for (int i = 0; i < 6; ++i) {
      std::atomic<bool> looked = false;
      pool_->flush([&] {
        looked = true;
        looked.notify_all();
      });
      looked.wait(false);
    }
  }
  bool anybody_replaced() { return await("").find("replaced") != std::string::npos; }

  std::string folder_ = ::testing::TempDir() + "/pool-XXXXXX";
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;
  MemoryShares shares_{200 * kMegabyte};
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolMemory, WhoHasMoreThanItsLimitIsReplaced) {
  start({.bytes = 100 * kMegabyte, .strict = true});
  take(2, 20);
  take(1, 20);
  const std::vector<std::int64_t> before = pool_->processes();
  let_look();
  EXPECT_FALSE(anybody_replaced());
  take(1, 120);
  EXPECT_THAT(await("replaced"), AllOf(HasSubstr("worker-1: dflow: replaced: it had 1"), HasSubstr("more than 95 % of its limit of 100.0 MB")));
  take(1, 1);  // so says another process
  EXPECT_NE(pool_->processes().front(), before.front());
  EXPECT_EQ(pool_->processes().back(), before.back());
}

TEST_F(WorkerPoolMemory, WithoutALimitTheLargestIsReplacedOnceTheSharesOfAllAreUsed) {
  start({.bytes = 100 * kMegabyte});
  take(2, 10);
  take(1, 130);
  const std::vector<std::int64_t> before = pool_->processes();
  let_look();
  EXPECT_FALSE(anybody_replaced()) << "the other has not used its own";
  EXPECT_EQ(pool_->processes(), before);
  take(2, 60);
  EXPECT_THAT(await("replaced"), AllOf(HasSubstr("worker-1: dflow: replaced: it had 1"), HasSubstr("more than 95 % of its share of 100.0 MB")));
  take(1, 1);
  EXPECT_NE(pool_->processes().front(), before.front());
  EXPECT_EQ(pool_->processes().back(), before.back());
  EXPECT_EQ(await("").find("worker-2: dflow"), std::string::npos);
}

/// A program that has ended leaves the others its share.
TEST_F(WorkerPoolMemory, WithoutALimitTheLargestOfAllProgramsIsReplacedOnceAllSharesAreUsed) {
  pool_ = start("worker-", 1, {.bytes = 200 * kMegabyte}, &shares_);
  take(1, 110);
  let_look();
  const std::unique_ptr<WorkerPool> other = start("other-", 1, {.bytes = 200 * kMegabyte}, &shares_);
  EXPECT_EQ(shares_.share(), 100 * kMegabyte);
  take("other-1", 20);
  let_look();
  EXPECT_FALSE(anybody_replaced());
  take("other-1", 80);
  EXPECT_THAT(await("replaced"), AllOf(HasSubstr("worker-1: dflow: replaced: it had 1"), HasSubstr("more than 95 % of its share of 100.0 MB")));
  take(1, 1);
  EXPECT_EQ(await("").find("other-1: dflow"), std::string::npos);
  other->kill();
  EXPECT_EQ(shares_.share(), 200 * kMegabyte);
}

TEST_F(WorkerPoolMemory, WithoutABoundNobodyIsReplaced) {
  start({});
  take(1, 200);
  let_look();
  EXPECT_FALSE(anybody_replaced());
}

}  // namespace
}  // namespace dflow::cluster
