// What a scheduler tells people of its cluster.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/core/codec.h"

namespace dflow::cluster {

struct AgentStatus {
  std::string name = {}, host = {};
  std::int64_t pid = 0;
  std::uint32_t workers = 0;  ///< Of each program.
  std::uint32_t threads = 0;  ///< Of each worker.
  std::uint64_t memory = 0;   ///< Of its own process, in bytes.
  std::string machine = {};   ///< As in its greeting.
  static constexpr std::tuple fields{&AgentStatus::name,    &AgentStatus::host,   &AgentStatus::pid,    &AgentStatus::workers,
                                     &AgentStatus::threads, &AgentStatus::memory, &AgentStatus::machine};
};

struct ClientStatus {
  std::string name = {}, host = {};
  std::int64_t pid = 0;
  static constexpr std::tuple fields{&ClientStatus::name, &ClientStatus::host, &ClientStatus::pid};
};

struct WorkerStatus {
  std::string name = {}, host = {};
  std::int64_t pid = 0;
  std::uint32_t threads = 0;
  std::uint64_t memory = 0;  ///< Of its process, in bytes; 0: not known.
  std::uint32_t tasks = 0;   ///< That it has been given and has not ended.
  std::uint32_t values = 0;  ///< That it keeps.
  std::uint64_t bytes = 0;   ///< Of those.
  std::uint64_t spilled = 0;  ///< Of those, bytes that are on the disk alone.
  std::uint64_t limit = 0;    ///< Bytes that its process may have in memory; 0: no bound.
  bool paused = false;        ///< Memory is short: it is given nothing.
  std::string machine = {};   ///< As in its greeting.
  static constexpr std::tuple fields{&WorkerStatus::name,    &WorkerStatus::host,   &WorkerStatus::pid,
                                     &WorkerStatus::threads, &WorkerStatus::memory, &WorkerStatus::tasks,
                                     &WorkerStatus::values,  &WorkerStatus::bytes,  &WorkerStatus::spilled,
                                     &WorkerStatus::limit,   &WorkerStatus::paused, &WorkerStatus::machine};
};

struct ProgramStatus {
  std::string program = {};     ///< Build id, and a hash of its libraries'.
  std::string executable = {};  ///< Empty: no agent has asked for it yet.
  std::vector<ClientStatus> clients = {};
  std::vector<WorkerStatus> workers = {};
  std::uint64_t waiting = 0;  ///< Tasks that wait for their inputs or for a worker.
  std::uint64_t running = 0;  ///< Tasks that a worker has been given.
  std::uint64_t stored = 0;   ///< Tasks whose result is kept.
  static constexpr std::tuple fields{&ProgramStatus::program, &ProgramStatus::executable, &ProgramStatus::clients,
                                     &ProgramStatus::workers, &ProgramStatus::waiting,    &ProgramStatus::running,
                                     &ProgramStatus::stored};
};

struct ClusterStatus {
  std::string address = {}, version = {}, host = {};
  std::int64_t pid = 0;
  std::uint64_t memory = 0;  ///< Of the scheduler's process.
  std::string machine = {};  ///< As in greetings.
  std::vector<AgentStatus> agents = {};
  std::vector<ProgramStatus> programs = {};
  static constexpr std::tuple fields{&ClusterStatus::address, &ClusterStatus::version, &ClusterStatus::host,
                                     &ClusterStatus::pid,     &ClusterStatus::memory,  &ClusterStatus::machine, &ClusterStatus::agents,
                                     &ClusterStatus::programs};
};

/// Answered by a `ClusterStatus`; several that come before an answer, by one.
struct StatusWanted {
  static constexpr std::tuple<> fields{};
};
/// Take the cluster down. The connection ends when the scheduler does.
struct EndCluster {
  static constexpr std::tuple<> fields{};
};

using FromTool = std::variant<StatusWanted, EndCluster>;
using ToTool = std::variant<ClusterStatus>;

}  // namespace dflow::cluster
