// Who runs tasks: what `Executor::workers` tells.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dflow/detail/export.h>
#include <dflow/detail/node.h>

namespace dflow::inline v0 {

/// One process that runs tasks.
struct WorkerInfo {
  std::string name;  ///< As in `TaskOptions::workers`. A process that takes a lost one's place has its name.
  std::string host;
  std::int64_t pid = 0;
  std::size_t threads = 1;
  std::map<std::string, double> resources;  ///< How much of each it has in all (DFLOW_WORKER_RESOURCES).
};

namespace detail {

class Scope;

/// What a session on several processes can do beyond running tasks. Thread-safe; the calls block.
class DFLOW_EXPORT ClusterControl {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  virtual ~ClusterControl() = default;
  virtual std::vector<WorkerInfo> workers() = 0;
  /// False if the deadline came first.
  virtual bool wait_for_workers(std::size_t count, Deadline deadline) = 0;
  /// For each node the names of the workers that hold its value.
  virtual std::vector<std::vector<std::string>> who_has(const std::vector<Node*>& nodes) = 0;
  /// Brings the values to so many workers; also one that lies only here.
  virtual void replicate(const std::vector<Node*>& nodes, std::size_t copies) = 0;
  virtual void rebalance() = 0;
  virtual void restart() = 0;
  /// False if the deadline came first.
  virtual bool restart(const std::vector<std::string>& names, Deadline deadline) = 0;
  virtual void retire(const std::vector<std::string>& names) = 0;
  /// Has the task run once in each worker of now and later.
  virtual void set_up(Node& task) = 0;
  /// Has the task run once in each worker of now, or in these; for each its name and what the task gave there.
  virtual std::map<std::string, NodeRef> call(Node& task, const std::vector<std::string>* names) = 0;
};

/// The same for any session; in one process, what that means there.
DFLOW_EXPORT std::vector<std::vector<std::string>> who_has(Scope& scope, const std::vector<Node*>& nodes);
DFLOW_EXPORT void replicate(Scope& scope, const std::vector<Node*>& nodes, std::size_t copies);
/// False in one process: the caller runs the task itself.
DFLOW_EXPORT bool set_up_workers(Scope& scope, Node& task);
/// Empty in one process: the caller runs the task itself, if there is any worker that is to run it.
DFLOW_EXPORT std::optional<std::map<std::string, NodeRef>> call_workers(Scope& scope, Node& task,
                                                                        const std::vector<std::string>* names);

}  // namespace detail

}  // namespace dflow::inline v0
