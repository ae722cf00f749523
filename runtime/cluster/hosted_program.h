// The workers of one program on one agent.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cluster/agent.h"
#include "runtime/cluster/left_out.h"
#include "runtime/cluster/worker_pool.h"

namespace dflow::cluster {

/// A thread of its own fetches the program's files and keeps its workers, so that the agent goes on meanwhile.
/// Thread-safe.
class HostedProgram {
 public:
  HostedProgram(Agent& agent, StartProgram order);
  /// Waits for the workers' end.
  ~HostedProgram();

  void stop();
  bool stopped() const noexcept { return stopped_; }
  void on(const WorkerNews& news);
  /// The agent has come to another scheduler, and is about to say so.
  void await_workers();
  /// Passes on what was printed, then says so; false if there is no worker that could have.
  bool flush(std::uint64_t number);
  std::vector<ProcessMemory> processes();
  const StartProgram& order() const noexcept { return order_; }
  const std::string& name() const noexcept { return order_.program; }

 private:
  void run();
  /// Where the program's files are, and what else depends on who its workers run as.
  struct Place {
    KeptFolder folder;
    std::string security;
    std::optional<Account> account;
  };
  Result<Place> provide();
  Result<Place> provide_for(const Account& account);
  Result<KeptFolder> provide_in(ProgramCache& cache);
  void keep_lent(const Place& place, std::unique_lock<std::mutex>& lock);
  void fail(const std::string& reason);
  void print(Printed lines);

  Agent& agent_;
  const StartProgram order_;
  LeftOut left_out_;  ///< Of the thread that reads what workers print.
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<WorkerPool> pool_;
  std::thread thread_;
};

}  // namespace dflow::cluster
