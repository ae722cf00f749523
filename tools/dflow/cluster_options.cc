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

void add_workers(CLI::App& command, const std::shared_ptr<AgentOptions>& options) {
  add_count(
      command, "--workers", [options](std::uint64_t n) { options->workers = n; },
      "Worker processes of each program (1)", 256, 1);
  add_count(
      command, "--threads", [options](std::uint64_t n) { options->threads = n; },
      "Threads of each worker (the machine's processors, shared out among the workers)", 1024, 1);
}

void add_agent(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("agent", "Run the workers of a scheduler's programs on this machine, until it is told to end");
  const auto options = std::make_shared<AgentOptions>();
  command->add_option("--scheduler", options->scheduler, "The scheduler to join ($DFLOW_SCHEDULER)")
      ->type_name("HOST:PORT")
      ->envname("DFLOW_SCHEDULER")
      ->required();
  add_workers(*command, options);
  command->add_option("--dir", options->cache, "Where programs are kept (~/.dflow/cache)")->type_name("DIR");
  add_count(
      *command, "--start-limit", [options](std::uint64_t n) { options->start_limit = n; },
      "Seconds that a worker may take to join, before it is started again (30)", 86'400, 1);
  command->callback([&run, options] { run = [options] { return run_agent(*options); }; });
}

}  // namespace

void add_cluster_commands(CLI::App& app, Run& run) {
  add_scheduler(app, run);
  add_agent(app, run);
}

}  // namespace dflow::tools
