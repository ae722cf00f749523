#pragma once

#include <cstdint>
#include <string>

#include "formats/result.h"

/// The subcommands that run and look after a cluster. Each returns the exit code of the tool, or what went wrong.
namespace dflow::tools {

struct SchedulerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;    ///< 0: any that is free
  std::string address_file;  ///< gets HOST:PORT once it listens, and goes when it ends; "": none
  bool json = false;         ///< tells its address as JSON
};

/// Serves clients and workers until SIGINT or SIGTERM.
formats::Result<int> run_scheduler(const SchedulerOptions& options);

}  // namespace dflow::tools
