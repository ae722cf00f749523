// A scheduler and workers for one run of one program, on this machine.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/cluster/scheduler_server.h"
#include "runtime/cluster/worker_pool.h"
#include "runtime/local/cluster_library.h"
#include "runtime/local/resources.h"

namespace dflow::cluster {

/// Lives in the program's own process, and the workers not longer than that, however it ends.
class OwnCluster {
 public:
  /// Throws dflow::Error.
  explicit OwnCluster(const local::ClusterRequest& request);
  ~OwnCluster();

  /// Once the program itself has joined: where it may open few files, workers would take those that it needs for that, and it would
  /// not hear what is wrong.
  void start_workers();
  const net::Address& address() const noexcept { return scheduler_->address(); }
  const std::string& secret() const noexcept { return secret_; }
  /// The workers by name, and what they have.
  const std::map<std::string, local::Resources>& workers() const noexcept { return workers_; }

 private:
  std::string secret_;
  std::map<std::string, local::Resources> workers_;
  std::unique_ptr<SchedulerServer> scheduler_;
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace dflow::cluster
