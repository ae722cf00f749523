#include "runtime/cluster/own_cluster.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <dflow/errors.h>

#include "runtime/cluster/print.h"
#include "runtime/cluster/program.h"

namespace dflow::cluster {

namespace {

std::size_t share_of_processors(std::size_t workers) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int processors = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(processors) / workers);
}

std::string own_executable() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "worker";
}

}  // namespace

OwnCluster::OwnCluster(std::size_t workers, std::size_t threads) : secret_(fresh_secret()) {
  Result<std::unique_ptr<SchedulerServer>> scheduler = SchedulerServer::start(
      {.secret = secret_, .worker_joined = [this](const std::string& name) { pool_->joined(name); }});
  if (!scheduler) throw Error("dflow: " + scheduler.message());
  scheduler_ = std::move(scheduler).value();
  pool_ = std::make_unique<WorkerPool>(
      WorkerPool::Options{.executable = "/proc/self/exe",
                          .shown_name = own_executable(),
                          .workers = workers,
                          .threads = threads == 0 ? share_of_processors(workers) : threads,
                          .scheduler = scheduler_->address(),
                          .secret = secret_},
      WorkerPool::Handlers{
          .ended = [this](std::int64_t pid, const core::WorkerEnd& end) { scheduler_->process_ended(pid, end); },
          .printed = print_lines,
          .gave_up = [this](const std::string& why) { scheduler_->give_up(program_id(), why); }});
  pool_->start();
}

OwnCluster::~OwnCluster() {
  pool_->wind_down();
  scheduler_->dismiss_workers();
  pool_->stop();
  scheduler_.reset();
}

}  // namespace dflow::cluster
