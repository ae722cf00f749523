// One machine's share of a cluster: runs the workers of whatever program the scheduler names.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cluster/admission.h"
#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/memory_limit.h"
#include "runtime/cluster/memory_shares.h"
#include "runtime/cluster/program_cache.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/net/connection.h"

namespace dflow::cluster {

class HostedProgram;

/// Starts, watches and restarts workers; they end with it, however it ends. If its scheduler goes and has a journal, it looks for
/// the one that takes its place; workers run on meanwhile. Thread-safe.
class Agent {
 public:
  struct Options {
    net::Address scheduler;
    Admission admission;
    std::string cache;         ///< A folder.
    std::uint64_t cache_bytes = UINT64_MAX;  ///< That may lie there.
    std::string users;         ///< A folder for what programs of other users need, where this is root.
    bool any_user = false;     ///< Where it is not: programs of all users run as this one.
    std::size_t workers = 1;   ///< Of each program.
    std::size_t threads = 1;   ///< Of each worker.
    MemoryLimit memory = {};   ///< Of each worker; a share becomes less where there are several programs.
    std::string spill = {};  ///< Where workers write values that memory has no room for; empty: they choose.
    std::chrono::milliseconds start_limit{};  ///< A worker that has not joined by then is started again.
    std::chrono::seconds patience{};           ///< So long it looks for a scheduler that is gone.
    /// The scheduler is gone, or has told the agent to end; from another thread.
    std::function<void(const std::string& reason)> over;
  };

  /// Joins the scheduler.
  static Result<std::unique_ptr<Agent>> join(Options options);
  /// Ends all workers.
  ~Agent();

  std::uint32_t id() const noexcept { return id_; }

 private:
  Agent(Options options, ProgramCache cache);
  friend class HostedProgram;

  void received(const std::vector<std::string>& messages);
  void on(StartProgram& message);
  void on(StopProgram& message);
  void on(Piece& message);
  void on(WorkerNews& message);
  void on(FlushOutput& message);
  void on(EndAgent& message);
  std::shared_ptr<HostedProgram> find(const std::string& program);
  void end(const std::string& reason);
  void report();
  void report_now_and_then();
  void send(const FromAgent& message);
  std::size_t unsent();  ///< Bytes.
  bool connected();      ///< With the scheduler.

  // agent_rejoin.cc
  void disconnected(const std::string& reason);
  void open_connection(Greeted greeted);
  void rejoin_scheduler(const std::string& gone);
  void begin_anew();
  void await_workers();
  std::vector<std::string> open_questions();

  /// A piece of a program's file, from the scheduler; an error if the program is not wanted any more.
  Result<std::string> fetch(const HostedProgram& program, const std::string& file, std::uint64_t offset);

  Options options_;
  ProgramCache cache_;
  MemoryShares shares_;  ///< Of the workers of all programs.
  std::uint32_t id_ = 0;
  net::Hello hello_;
  WayBack back_ = {};  ///< To the scheduler.

  std::mutex sending_;  ///< For `connection_`. Behind `mutex_`.
  std::unique_ptr<net::Connection> connection_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<HostedProgram>> programs_;
  std::vector<std::shared_ptr<HostedProgram>> ending_;
  std::map<std::uint64_t, Piece> pieces_;  ///< That have arrived and not been taken.
  std::map<std::uint64_t, PieceWanted> asked_for_;  ///< Pieces that have not arrived.
  std::string cut_;  ///< Not empty: the scheduler is gone, and another may take its place.
  std::uint64_t last_number_ = 0;
  bool over_ = false;
  std::thread reporter_;
};

}  // namespace dflow::cluster
