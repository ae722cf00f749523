#include "runtime/cluster/own_cluster.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <dflow/errors.h>

#include "runtime/cluster/print.h"
#include "runtime/cluster/program.h"
#include "runtime/cluster/spill_file.h"
#include "runtime/cluster/threads.h"
#include "runtime/local/progress.h"

namespace dflow::cluster {

namespace {

std::size_t share_of_processors(std::size_t workers) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int processors = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(processors) / workers);
}

/// Each worker takes two pipes, a handle, a board and a connection. What the user may have at all stays the limit.
void allow_files_for(std::size_t workers) {
  rlimit limit{};
  const rlim_t wanted = 5 * workers + 200;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Of the scheduler and the client, without those for each worker's connection.
constexpr std::size_t kOwnThreads = 12;

std::string own_executable() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "worker";
}

}  // namespace

OwnCluster::OwnCluster(const local::ClusterRequest& request) : secret_(fresh_secret()) {
  const std::size_t workers = request.workers, threads = request.threads;
  if (const std::string why = why_no_spilling(request.spill); !why.empty())
    throw Error("dflow: DFLOW_WORKER_SPILL: " + why);
  allow_files_for(workers);
  const std::string lack = lack_of_threads(kOwnThreads + 2 * workers);
  if (!lack.empty()) throw Error("dflow: the cluster cannot be started: " + lack);
  for (std::size_t i = 0; i < workers; ++i) {
    const std::string name = WorkerPool::name_of(i);
    workers_[name] = local::resources_of(request.resources, name);
  }
  for (const auto& [name, some] : request.resources) {
    if (!name.empty() && !workers_.contains(name)) {
      throw std::invalid_argument("dflow: DFLOW_WORKER_RESOURCES speaks of '" + name + "', and the workers are called " +
                                  workers_.begin()->first + " to " + WorkerPool::name_of(workers - 1));
    }
  }
  SchedulerServer::Options options;
  options.secret = secret_;
  options.payloads.folder = request.spill;
  options.settings.silence = std::chrono::seconds(request.silence);
  options.settings.allowed_failures = static_cast<std::uint8_t>(request.allowed_failures);
  options.worker_arrived = [this](const std::string& name) { pool_->arrived(name); };
  options.worker_joined = [this](const std::string& name) { pool_->joined(name); };
  options.worker_retired = [this](const std::string& name) { pool_->retired(name); };
  options.replace_worker = [this](const std::string& name) { pool_->replace(name); };
  auto scheduler = SchedulerServer::start(std::move(options));
  if (!scheduler) throw Error("dflow: " + scheduler.message());
  scheduler_ = std::move(scheduler).value();
  pool_ = std::make_unique<WorkerPool>(
      WorkerPool::Options{
          .executable = "/proc/self/exe",
          .shown_name = own_executable(),
          .workers = workers,
          .threads = threads == 0 ? share_of_processors(workers) : threads,
          .scheduler = scheduler_->address(),
          .secret = secret_,
          .resources = [this](const std::string& name) { return local::print_resources(workers_.at(name)); },
          .start_limit = std::chrono::seconds(request.start_limit),
          .memory = limit_of_worker(request.memory, workers),
          .spill = request.spill},
      WorkerPool::Handlers{
          .ended = [this](std::int64_t pid, const ProcessEnd& end) { scheduler_->process_ended(pid, end); },
          .printed = [](const Printed& lines) { print_lines(lines, local::bars_are_shown()); },
          .gave_up = [this](const std::string& why) { scheduler_->give_up(program_id(), why); }});
}

void OwnCluster::start_workers() { pool_->start(); }

OwnCluster::~OwnCluster() {
  pool_->wind_down();
  scheduler_->dismiss_workers();
  pool_->stop();
  scheduler_.reset();
}

}  // namespace dflow::cluster
