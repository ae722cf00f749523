#include <memory>

#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/command_line.h"

// Options to the commands that run and look after a cluster: nothing else happens here.
namespace dflow::tools {
namespace {

void add_scheduler(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("scheduler", "Run the scheduler of a cluster, until it is told to end");
  const auto options = std::make_shared<SchedulerOptions>();
  command->add_option("--host", options->host, "Where to listen: this machine alone, unless told otherwise")
      ->type_name("HOST")
      ->capture_default_str();
  add_count(
      *command, "--port", [options](std::uint64_t port) { options->port = static_cast<std::uint16_t>(port); },
      "The port to listen on; 0, as when it is left out: any that is free", UINT16_MAX);
  command->add_option("--address-file", options->address_file, "Write HOST:PORT to FILE once it listens")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print its address as JSON");
  command->callback([&run, options] { run = [options] { return run_scheduler(*options); }; });
}

}  // namespace

void add_cluster_commands(CLI::App& app, Run& run) { add_scheduler(app, run); }

}  // namespace dflow::tools
