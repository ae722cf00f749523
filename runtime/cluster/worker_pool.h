// Worker processes on this machine: started, watched, their output read, started again when they end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cluster/account.h"
#include "runtime/cluster/board.h"
#include "runtime/cluster/memory_limit.h"
#include "runtime/cluster/memory_shares.h"
#include "runtime/cluster/protocol.h"
#include "runtime/net/stream.h"

namespace dflow::cluster {

/// Keeps `workers` processes of one executable alive. One thread does it all; when it ends, and also when this process
/// is killed, so do the workers.
class WorkerPool {
 public:
  struct Options {
    std::string executable;
    std::string shown_name;    ///< In lists of processes.
    std::size_t workers = 1;
    std::size_t threads = 1;   ///< Of each.
    net::Address scheduler;
    std::string secret;
    std::optional<Account> account = {};  ///< Who they run as, if not as this process.
    std::string security = {};  ///< The folder with the worker's certificate; empty: there is no TLS.
    /// What the worker of this name finds in DFLOW_WORKER_RESOURCES.
    std::function<std::string(const std::string& name)> resources = {};
    std::string name_prefix = "worker-";
    /// What else is different in the workers' environment.
    std::vector<std::pair<std::string, std::string>> environment = {};
    /// A worker that has not reached the scheduler by then is killed, and counts as one that could not start. 0: it may take its time.
    std::chrono::milliseconds start_limit{};
    std::function<bool()> scheduler_is_there = {};  ///< While it is not, no start is late or has failed. Empty: it always is.
    MemoryLimit memory = {};  ///< Of each worker; one that has more than 95 % of it is replaced.
    MemoryShares* shares = nullptr;  ///< Where it is a share, that of this pool alone, and there may be others: of theirs, too.
    std::string spill =
        {};  ///< Where the workers write values that their memory has no room for; empty: they choose.
  };
  /// Called from the pool's thread.
  struct Handlers {
    std::function<void(std::int64_t pid, const ProcessEnd& end)> ended;
    std::function<void(const Printed& lines)> printed;
    /// A worker ended again and again before it had joined: it is not started any more.
    std::function<void(const std::string& why)> gave_up;
  };

  WorkerPool(Options options, Handlers handlers);
  ~WorkerPool();

  /// Of the worker number `i`, from 0.
  static std::string name_of(std::size_t i) { return "worker-" + std::to_string(i + 1); }

  /// Starts the workers.
  void start();
  /// Waits a moment for processes that are about to end, kills the others. No handler is called any more.
  void stop();
  /// As `stop`, without waiting.
  void kill();
  /// Those that run now.
  std::vector<std::int64_t> processes();
  /// The worker of this name has reached the scheduler: its start is over.
  void arrived(const std::string& name);
  /// The worker of this name is set up, too.
  void joined(const std::string& name);
  /// The worker of this name is about to end for good: no other takes its place.
  void retired(const std::string& name);
  /// Kills the worker of this name, so that another takes its place.
  void replace(const std::string& name);
  /// Calls back, from the pool's thread, when all that the workers have printed until now has been told.
  void flush(std::function<void()> done);
  /// There is another scheduler: all have to reach that one, within the limit for starts.
  void await_all();
  /// From now on nothing is started again.
  void wind_down();

 private:
  struct Pipe {
    int fd = -1;
    std::string line = {};  ///< What has come of a line that has not ended.
    Audience audience = {};
  };
  struct Worker {
    std::string name;
    int pid = -1;
    int pidfd = -1;
    Pipe out = {}, err = {};
    std::optional<Board> board = {};
    std::vector<std::string> last_words = {};
    bool arrived = false, joined = false;
    bool retired = false;
    bool condemned = false;  ///< To be killed.
    bool late = false;  ///< It was killed for not arriving in time.
    std::chrono::steady_clock::time_point begun = {};
    std::chrono::steady_clock::time_point started = {};  ///< From then on it may be late.
    std::optional<std::chrono::steady_clock::time_point> start_at = {};  ///< It could not be started, and is tried again then.
    int busy_tries = 0, failed_starts = 0, killed_starts = 0;
    bool replaced = false;   ///< It was killed for its memory.
    bool too_large = false;  ///< It had more memory than it may have, when it was looked at last.
  };

  void set(const std::string& name, bool Worker::*what);
  void keep();
  static void kill(const Worker& worker) noexcept;
  void kill_condemned();
  bool scheduler_is_there() const;
  void kill_late();
  void look_at_memory();
  void look_at_limits();
  void look_at_shares();
  void replace_large(Worker& worker, std::uint64_t bytes);
  void start_one(Worker& worker);
  void start_later(Worker& worker);
  void start_waiting();
  bool serve();
  std::size_t read(Worker& worker, Pipe& pipe, bool is_error);
  void print(Worker& worker, Pipe& pipe, bool is_error, bool all);
  void print_lines(Worker& worker, const Pipe& pipe, bool is_error, std::string text);
  void answer_flushes();
  void read_what_is_there(Worker& worker, Pipe& pipe, bool is_error);
  void drain(Worker& worker, Pipe& pipe, bool is_error);
  void end(Worker& worker);
  std::string why_given_up(const Worker& worker, const core::WorkerEnd& how, int count) const;
  void wake() noexcept;

  Options options_;  ///< A share of memory is kept up by the pool's thread.
  Handlers handlers_;
  std::mutex mutex_;              ///< Guards `pid`, which one thread changes, and `joined`, `retired` and `condemned` of the workers.
  std::vector<std::function<void()>> flushes_;  ///< Guarded, too.
  std::vector<Worker> workers_;
  std::atomic<bool> winding_down_{false};
  std::atomic<bool> over_{false}, killing_{false};
  int wake_fd_ = -1;
  std::optional<MemoryShares> own_shares_;  ///< Of this pool alone.
  MemoryShares* shares_ = nullptr;          ///< Null where somebody has said what a worker may have.
  std::optional<MemoryShares::PoolId> shared_as_;
  std::thread keeper_;
};

}  // namespace dflow::cluster
