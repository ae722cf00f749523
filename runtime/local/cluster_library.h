// The seam to libdflow-cluster, which is opened on demand: programs that run in one process need none of what it links.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <dflow/detail/session.h>

#include "runtime/local/resources.h"

namespace dflow::local {

struct ClusterRequest {
  std::size_t workers = 0;      ///< Of the program's own cluster.
  std::size_t threads = 0;      ///< Of each worker; 0: a share of this machine's.
  std::string scheduler = {};   ///< HOST:PORT of a cluster that runs already; empty: one of the program's own.
  std::size_t silence = 10;     ///< Seconds after which a worker of its own that says nothing is given up.
  std::size_t start_limit = 30; ///< Seconds after which a worker of its own that is not ready is started again.
  std::size_t allowed_failures = 3;  ///< Workers that may die under one task, where it does not say so itself.
  std::optional<std::uint64_t> memory =
      {};                  ///< Bytes of each worker; 0: no bound; nothing: a share of this machine's.
  std::string spill = {};  ///< Where workers write values that memory has no room for; empty: they choose.
  std::map<std::string, Resources> resources = {};  ///< Of the worker named; "": of each other.
  bool by_level = true;         ///< Of tasks that compete, those go first that dflowc saw to have most behind them.
  bool trace = false;           ///< What the workers do is to be told to this process.
  bool inside_worker = false;   ///< This process is a worker: its tasks submit to the scheduler that it works for.
};

/// What the library exports. Its functions throw.
struct ClusterLibrary {
  /// A session that runs tasks elsewhere. Waits, callbacks and what cannot fail are `local`'s, which outlives it.
  std::unique_ptr<detail::Session> (*open)(const ClusterRequest& request, detail::Session& local);
  /// The main function of a worker, which serves until its scheduler is gone.
  int (*run_worker)();
};

/// Opens it; throws dflow::Error that says what is missing. It stays open.
const ClusterLibrary& cluster_library();

/// True in a process that was started as a worker.
bool inside_worker() noexcept;

}  // namespace dflow::local
