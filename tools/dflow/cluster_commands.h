#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "formats/result.h"

/// The subcommands that run and look after a cluster. Each returns the exit code of the tool, or what went wrong.
namespace dflow::tools {

struct SchedulerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;    ///< 0: any that is free
  std::string address_file;  ///< gets HOST:PORT once it listens, and goes when it ends; "": none
  bool json = false;         ///< tells its address as JSON
  /// How soon all members notice that one of them, or the network, says nothing any more; in milliseconds.
  std::chrono::milliseconds heartbeat{500}, silence{3'000}, grace{4'000};
  std::string journal;       ///< a folder; "": one in dflow's own, named by the port; "none": it keeps nothing
  std::string spill;         ///< a folder for arguments that memory has no room for; "": where temporary files are; "none": nowhere
};

/// Serves clients and workers until SIGINT or SIGTERM.
formats::Result<int> run_scheduler(const SchedulerOptions& options);

struct AgentOptions {
  std::string scheduler;          ///< HOST:PORT
  std::size_t workers = 1;        ///< of each program
  std::size_t threads = 0;        ///< of each worker; 0: the processors that there are, shared out
  std::string cache;              ///< a folder for programs; "": one in dflow's own
  std::uint64_t cache_mb = 10'000; ///< megabytes of programs that may lie there
  std::string users = "/var/cache/dflow";  ///< the same for programs of other users
  bool any_user = false;          ///< programs of all users run as the agent's
  std::uint64_t start_limit = 30; ///< seconds
  std::string memory;             ///< of each worker, as `parse_size` reads it; "": a share of the machine's
  std::string spill;  ///< a folder for results that memory has no room for; "": workers choose; "none"
};

/// What each worker may have in memory, if that is said. An error if it is no size, or if nothing can be written at `spill`.
formats::Result<std::optional<std::uint64_t>> memory_limit(const std::string& limit, const std::string& spill);

/// Runs workers for a scheduler until SIGINT or SIGTERM, or until the scheduler ends.
formats::Result<int> run_agent(const AgentOptions& options);

struct StatusOptions {
  std::string scheduler;  ///< HOST:PORT; "": that of `up`
  bool json = false;
};

/// Prints who is there and what they do.
formats::Result<int> show_status(const StatusOptions& options);

/// The same again and again, if there is a terminal.
formats::Result<int> watch_status(const StatusOptions& options);

struct UpOptions {
  std::string engine = "local";
  std::uint16_t port = 0;
  std::size_t workers = 1;
  std::size_t threads = 0;
  std::string memory;  ///< As the agent's.
  std::string spill;
};

/// Starts a scheduler and an agent in the background; prints the address once they answer.
formats::Result<int> up(const UpOptions& options);

struct DownOptions {
  std::string scheduler;  ///< HOST:PORT; "": that of `up`
};

/// Ends a cluster, and waits until all its processes on this machine are gone.
formats::Result<int> down(const DownOptions& options);

}  // namespace dflow::tools
