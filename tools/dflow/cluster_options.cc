#include <memory>

#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/command_line.h"

// Options to the commands that run and look after a cluster: nothing else happens here.
namespace dflow::tools {
namespace {

template <class Options>
void add_workers(CLI::App& command, const std::shared_ptr<Options>& options) {
  add_count(
      command, "--workers", [options](std::uint64_t n) { options->workers = n; },
      "Worker processes of each program (1)", 256, 1);
  add_count(
      command, "--threads", [options](std::uint64_t n) { options->threads = n; },
      "Threads of each worker (the machine's processors, shared out among the workers)", 1024, 1);
}

template <class Options>
void add_memory(CLI::App& command, const std::shared_ptr<Options>& options) {
  command
      .add_option("--memory-limit", options->memory,
                  "What each worker may have in memory (the machine's, shared out among the workers): above "
                  "60 % of it results "
                  "are written to the disk, above 95 % the worker is replaced; 0: as much as it likes")
      ->type_name("SIZE");
  command
      .add_option("--spill-dir", options->spill,
                  "Where workers write results that memory has no room for ($TMPDIR, else /var/tmp); none: nowhere")
      ->type_name("DIR");
}

template <class Options>
void add_port(CLI::App& command, const std::shared_ptr<Options>& options) {
  add_count(
      command, "--port", [options](std::uint64_t port) { options->port = static_cast<std::uint16_t>(port); },
      "The port to listen on; 0, as when it is left out: any that is free", UINT16_MAX);
}

template <class Options>
CLI::Option* add_cluster(CLI::App& command, const std::shared_ptr<Options>& options, const std::string& meaning) {
  return command.add_option("--scheduler", options->scheduler, meaning)->type_name("HOST:PORT")->envname("DFLOW_SCHEDULER");
}

template <class Options>
void add_pulse(CLI::App& command, const std::shared_ptr<Options>& options) {
  add_seconds(
      command, "--heartbeat", "DFLOW_HEARTBEAT", [options](auto time) { options->heartbeat = time; },
      "Seconds after which members that have nothing to say say so (0.5)", 60, 0.05);
  add_seconds(
      command, "--silence", "DFLOW_SILENCE", [options](auto time) { options->silence = time; },
      "Seconds without a word after which a connection is taken for broken, at least three heartbeats (3)", 86'400, 0.2);
  add_seconds(
      command, "--grace", "DFLOW_GRACE", [options](auto time) { options->grace = time; },
      "Seconds in which members may come back that have noticed that theirs broke (4); 0: they count as gone at once", 86'400, 0);
}

void add_scheduler(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("scheduler", "Run the scheduler of a cluster, until it is told to end");
  const auto options = std::make_shared<SchedulerOptions>();
  command->add_option("--host", options->host, "Where to listen: this machine alone, unless told otherwise")
      ->type_name("HOST")
      ->capture_default_str();
  add_port(*command, options);
  command->add_option("--address-file", options->address_file, "Write HOST:PORT to FILE once it listens")
      ->type_name("FILE");
  add_pulse(*command, options);
  command->add_flag("--json", options->json, "Print its address as JSON");
  command
      ->add_option("--journal", options->journal,
                   "Where it keeps what another needs to take its place (~/.dflow/journal/PORT); none: nowhere")
      ->type_name("DIR");
  command
      ->add_option("--spill-dir", options->spill,
                   "Where it writes arguments and exceptions of tasks that memory has no room for ($TMPDIR, else /var/tmp); none: nowhere")
      ->type_name("DIR");
  command->callback([&run, options] { run = [options] { return run_scheduler(*options); }; });
}

void add_agent(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("agent", "Run the workers of a scheduler's programs on this machine, until it is told to end");
  const auto options = std::make_shared<AgentOptions>();
  add_cluster(*command, options, "The scheduler to join")->required();
  add_workers(*command, options);
  command->add_option("--dir", options->cache, "Where programs are kept (~/.dflow/cache)")->type_name("DIR");
  command
      ->add_option("--users-dir", options->users,
                   "Where an agent that is root keeps the programs of other users, which it runs as them")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--any-user", options->any_user,
                    "Run all users' programs as the agent's own user, though they can read each other's data then");
  add_count(
      *command, "--cache-size", [options](std::uint64_t mb) { options->cache_mb = mb; },
      "Megabytes of programs to keep there: beyond, those go that were not used for longest (10000)", 1'000'000'000, 1);
  add_count(
      *command, "--start-limit", [options](std::uint64_t n) { options->start_limit = n; },
      "Seconds that a worker may take to join, before it is started again (30)", 86'400, 1);
  add_memory(*command, options);
  command->callback([&run, options] { run = [options] { return run_agent(*options); }; });
}

void add_up(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "up", "Start a cluster on this machine, print the DFLOW_SCHEDULER that programs use, and leave it in the background");
  const auto options = std::make_shared<UpOptions>();
  command->add_option("--engine", options->engine, "Who runs the agents: local")->type_name("ENGINE");
  add_workers(*command, options);
  add_memory(*command, options);
  add_port(*command, options);
  command->callback([&run, options] { run = [options] { return up(*options); }; });
}

void add_down(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("down", "End a cluster: its workers, its agents and its scheduler");
  const auto options = std::make_shared<DownOptions>();
  add_cluster(*command, options, "The cluster's scheduler (that of `dflow up`)");
  command->callback([&run, options] { run = [options] { return down(*options); }; });
}

void add_status(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("status", "Print a cluster's agents, programs and workers, and what they do");
  const auto options = std::make_shared<StatusOptions>();
  add_cluster(*command, options, "The cluster's scheduler (that of `dflow up`)");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&run, options] { run = [options] { return show_status(*options); }; });
}

void add_top(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("top", "Print a cluster's status every second; once, if there is no terminal");
  const auto options = std::make_shared<StatusOptions>();
  add_cluster(*command, options, "The cluster's scheduler (that of `dflow up`)");
  command->callback([&run, options] { run = [options] { return watch_status(*options); }; });
}

}  // namespace

void add_cluster_commands(CLI::App& app, Run& run) {
  add_scheduler(app, run);
  add_agent(app, run);
  add_up(app, run);
  add_down(app, run);
  add_status(app, run);
  add_top(app, run);
}

}  // namespace dflow::tools
