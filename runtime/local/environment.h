// Options from the environment and the command line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <dflow/options.h>

#include "runtime/local/resources.h"

namespace dflow::local {

/// Everything that a user can set from outside. Throws std::invalid_argument that names the variable or option, what
/// it was given and what it takes.
struct Settings {
  ExecutorOptions executor;
  bool serial = false;
  bool launch = true;  ///< DFLOW_STATIC: plans are launched, where that is possible; else everything is built dynamically.
  std::uint64_t window = std::uint64_t{256} << 20;  ///< DFLOW_WINDOW: bytes from which a launch gives results' memory back.
  std::uint64_t priorities = 1;  ///< DFLOW_PRIORITIES: of a launch's tasks, those on the longest way run first; 1: where it pays.
  std::optional<std::uint64_t> memory;  ///< DFLOW_MEMORY: bytes beyond which roots of launches wait; 0: never; else as the machine has.
  bool chunks = true;  ///< DFLOW_CHUNKS: short tasks of a map are handed out several at once.
  std::optional<std::uint64_t> shuffle;
  std::uint64_t serialize = 0;  ///< DFLOW_SERIALIZE: 1: values pass through bytes where they can, 2: where not, tasks fail.
  std::size_t workers = 0;        ///< DFLOW_WORKERS: so many processes of the program's own run its tasks; 0: this one.
  std::string scheduler;          ///< DFLOW_SCHEDULER: HOST:PORT of a cluster that runs its tasks; empty: none.
  std::size_t worker_silence = 10;  ///< Seconds.
  std::size_t worker_start_limit = 30;  ///< DFLOW_WORKER_START_LIMIT: seconds.
  std::size_t allowed_failures = 3;  ///< DFLOW_ALLOWED_FAILURES: worker processes that may die under one task.
  std::optional<std::uint64_t>
      worker_memory;  ///< DFLOW_WORKER_MEMORY: bytes of each worker process; 0: no bound; else a share.
  std::string worker_spill;  ///< DFLOW_WORKER_SPILL: a folder; empty: workers choose; "none": nowhere.
  std::map<std::string, Resources> resources;  ///< DFLOW_WORKER_RESOURCES: of the worker named; "": of each other.
  std::size_t asked_threads = 0;  ///< `executor.threads` before it was resolved.
  std::string trace;  ///< File to record to; empty: nothing is recorded.

  /// Tasks run in other processes, or are sent by them.
  bool clustered() const noexcept;

  /// Throws if some of the settings exclude each other.
  void check() const;

  static Settings from_environment();
  /// Takes `--dflow-*` out of the arguments. `--dflow-help` prints them and exits.
  void take_arguments(int& argc, char** argv);
};

/// `threads` of 0 resolved: the processors this process may use. Throws std::invalid_argument above 1,024.
std::size_t resolved_threads(std::size_t threads);

}  // namespace dflow::local
