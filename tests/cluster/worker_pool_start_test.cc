// How a worker's process is started: what it has of this one, and what that costs this one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "runtime/cluster/worker_pool.h"
#include "runtime/local/sanitizers.h"

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Says what it was given, and stays.
constexpr const char* kScript = R"(#!/usr/bin/python3 -S
import os, time
print("tunables", os.environ.get("GLIBC_TUNABLES"))
print([line for line in open("/proc/self/status") if line.startswith("SigBlk")])
print("started", flush=True)
time.sleep(600)
)";

class WorkerPoolStart : public ::testing::Test {
 protected:
  WorkerPoolStart() {
    if (!::mkdtemp(folder_.data())) std::abort();
    std::ofstream(folder_ + "/worker") << kScript;
    std::filesystem::permissions(folder_ + "/worker", std::filesystem::perms::owner_all);
  }
  ~WorkerPoolStart() override {
    if (pool_) pool_->kill();
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }
  /// What workers say that have such variables besides this process's.
  std::string start(std::vector<std::pair<std::string, std::string>> environment = {}, std::size_t workers = 1) {
    pool_ = std::make_unique<WorkerPool>(
        WorkerPool::Options{.executable = folder_ + "/worker",
                            .shown_name = "worker",
                            .workers = workers,
                            .scheduler = {},
                            .secret = "",
                            .environment = std::move(environment)},
        WorkerPool::Handlers{.ended =
                                 [this](std::int64_t, const ProcessEnd& end) {
                                   const std::lock_guard lock(mutex_);
                                   ends_.push_back(end.how);
                                   changed_.notify_all();
                                 },
                             .printed =
                                 [this](const Printed& printed) {
                                   const std::lock_guard lock(mutex_);
                                   said_ += printed.text;
                                   changed_.notify_all();
                                 },
                             .gave_up = [](const std::string&) {}});
    pool_->start();
    wait_until([&] { return starts() == workers; });
    const std::lock_guard lock(mutex_);
    return said_;
  }
  void wait_until(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 30s, holds)) << said_;
  }
  /// The lock is held.
  std::size_t starts() const {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = said_.find("started\n", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  std::string folder_ = ::testing::TempDir() + "/pool-XXXXXX";
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;
  std::vector<core::WorkerEnd> ends_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolStart, ItsThreadsKeepMoreFreedBlocks) {
  EXPECT_THAT(start(), HasSubstr("tunables glibc.malloc.tcache_count=100\n"));
}

TEST_F(WorkerPoolStart, OtherTunablesAreKept) {
  EXPECT_THAT(start({{"GLIBC_TUNABLES", "glibc.malloc.perturb=1"}}),
              HasSubstr("tunables glibc.malloc.perturb=1:glibc.malloc.tcache_count=100\n"));
}

TEST_F(WorkerPoolStart, WhoSaysHowManyBlocksIsHeard) {
  EXPECT_THAT(start({{"GLIBC_TUNABLES", "glibc.malloc.tcache_count=3"}}), HasSubstr("tunables glibc.malloc.tcache_count=3\n"));
}

TEST_F(WorkerPoolStart, HoldsNoSignalsBackAndCatchesThisProcesssAsBefore) {
  static std::atomic<int> caught = 0;
  caught = 0;
  const auto before = std::signal(SIGUSR1, [](int) { ++caught; });
  EXPECT_THAT(start(), HasSubstr("SigBlk:\\t0000000000000000"));
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);
  EXPECT_EQ(caught, 1);
}

/// Nobody else's start or end waits for it: it cannot be started then, and its process ends at once.
TEST_F(WorkerPoolStart, IsTriedAgainWhileItsExecutableIsBeingWritten) {
  start({}, 2);
  {
    const std::ofstream writing(folder_ + "/worker", std::ios::app);
    pool_->replace("worker-1");
    wait_until([&] { return ends_.size() == 1; });
    pool_->replace("worker-2");
    wait_until([&] { return ends_.size() == 2; });
    for (const core::WorkerEnd& end : ends_) EXPECT_EQ(end.code, SIGKILL) << "one that could not be started was waited for";
  }
  wait_until([&] { return starts() == 4; });
}

/// In a copy of this process's memory each page of it would be shared, and found to be when it is next written to.
TEST_F(WorkerPoolStart, LeavesThisProcessItsPages) {
  if (local::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer takes vfork for fork";
  constexpr std::size_t kPages = 4096, kPage = 4096;
  void* const memory = ::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, kPages * kPage, MADV_NOHUGEPAGE);
  const auto touch = [&] {
    for (std::size_t i = 0; i < kPages; ++i) static_cast<volatile char*>(memory)[i * kPage] = 1;
  };
  touch();
  start();
  rusage before{}, after{};
  ::getrusage(RUSAGE_THREAD, &before);
  touch();
  ::getrusage(RUSAGE_THREAD, &after);
  ::munmap(memory, kPages * kPage);
  EXPECT_LT(after.ru_minflt - before.ru_minflt, static_cast<long>(kPages / 2));
}

}  // namespace
}  // namespace dflow::cluster
