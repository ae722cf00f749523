#include <algorithm>
#include <csignal>
#include <cstdio>
#include <span>

#include "formats/printable.h"
#include "runtime/net/file_limit.h"
#include "tools/dflow/command_line.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/suggest.h"
#include "tools/dflow/text.h"

// Options to commands: nothing else happens here.
namespace dflow::tools {
namespace {

constexpr int kFailed = 2;  // 1 is what `graph diff` says of different graphs

void set_format(Output& output, const std::string& name) {
  static const std::map<std::string, Format> known{{"text", Format::text},
                                                   {"json", Format::json},
                                                   {"dot", Format::dot},
                                                   {"svg", Format::svg},
                                                   {"html", Format::html}};
  const auto found = known.find(name);
  if (found == known.end())
    throw WrongUse{text({"--format=", name, ": expected text, json, dot, svg or html"})};
  output.format = found->second;
}

void add_output(CLI::App& command, Output& output) {
  command
      .add_option_function<std::string>(
          "--format", [&output](const std::string& name) { set_format(output, name); },
          "How to print: text unless told otherwise; svg is drawn by Graphviz, html is a page for a browser")
      ->type_name("{text,json,dot,svg,html}");
  command.add_option("-o,--output", output.file, "Write to FILE, which is replaced whole or not at all")
      ->type_name("FILE");
}

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("--graph", selection.graph, "Only the graph of that name")->type_name("NAME");
  add_count(
      command, "--instance", [&selection](std::uint64_t value) { selection.instance = value; },
      "Only that call of a graph, counted from 0");
}

void add_parameters(CLI::App& command, std::vector<std::string>& parameters, std::string_view whose) {
  command
      .add_option("--param", parameters,
                  text({"A parameter of ", whose, ": n=4; a container by its length: xs.size=10; a bool as 0 or 1"}))
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
}

void add_show(CLI::App& graph, ShowOptions& options, Run& run) {
  CLI::App* command =
      graph.add_subcommand("show", "Print the plans or graphs inside a file, without running it");
  command->add_option("APP_OR_FILE", options.file, "A compiled program, a plan, a recorded trace or a graph")
      ->required();
  command->add_flag("--tasks", options.tasks,
                    "The functions that run as tasks, with hashes by which builds can be compared, instead of graphs");
  add_selection(*command, options.selection);
  add_output(*command, options.output);
  command->callback([&] { run = [&] { return graph_show(options); }; });
}

void add_expand(CLI::App& graph, ExpandOptions& options, Run& run) {
  CLI::App* command = graph.add_subcommand(
      "expand", "Print a graph's tasks and edges for given parameters, by running its skeleton");
  command->add_option("APP", options.program, "A program compiled by dflowc")->required();
  command->add_option("--graph", options.graph, "The graph; may be left out where there is one only")
      ->type_name("NAME");
  add_parameters(*command, options.parameters, "the graph");
  command->add_flag("--optimised", options.optimised,
                    "After dflowc's passes: the tasks that a launch runs, from closed forms, without starting APP");
  add_count(
      *command, "--limit", [&options](std::uint64_t value) { options.limit = value; },
      text({"Stop beyond that many tasks (", std::to_string(options.limit), ")"}));
  add_output(*command, options.output);
  command->callback([&] { run = [&] { return graph_expand(options); }; });
}

void add_diff(CLI::App& graph, DiffOptions& options, Run& run) {
  CLI::App* command = graph.add_subcommand(
      "diff",
      "Compare two concrete graphs by label: exit code 0 if they are equal, 1 if not, 2 if something failed");
  command
      ->add_option("A", options.a,
                   "A recorded trace, or a graph as JSON; up to its boundaries, if it has any")
      ->required();
  command->add_option("B", options.b, "The same")->required();
  add_selection(*command, options.selection);
  command->callback([&] { run = [&] { return graph_diff(options); }; });
}

constexpr std::uint64_t kMostTimes = 1'000'000;

void add_verify(CLI::App& graph, VerifyOptions& options, Run& run) {
  CLI::App* command = graph.add_subcommand(
      "verify",
      "Check graphs that are known in closed form against their skeletons, for random parameters: exit code 0 if "
      "they agree, 1 if not, 2 if something failed");
  command->add_option("PROGRAM", options.program, "A program that dflowc built")->required();
  command->add_option("--graph", options.graph, "Only this graph");
  command->add_option("--param", options.parameters,
                      "A parameter that is not chosen: NAME=VALUE, NAME.size=LENGTH for a container");
  const auto with_default = [](const std::string& meaning, std::uint64_t value) {
    return text({meaning, " (", std::to_string(value), ")"});
  };
  add_count(
      *command, "--times", [&options](std::uint64_t value) { options.times = value; },
      with_default("How often, for each graph", options.times), kMostTimes, 1);
  add_count(
      *command, "--seed", [&options](std::uint64_t value) { options.seed = value; },
      with_default("Chooses the parameters", options.seed));
  add_count(
      *command, "--limit", [&options](std::uint64_t value) { options.limit = value; },
      with_default("The most tasks of an expansion", options.limit));
  command->add_flag("--quiet", options.quiet, "Say only what differs");
  command->callback([&] { run = [&] { return graph_verify(options); }; });
}

void add_machine(CLI::App& command, SimulateOptions& options) {
  command
      .add_option("--workers", options.workers,
                  "Processes: a number, several with commas, or FIRST..LAST, doubled from row to row")
      ->type_name("COUNTS")
      ->capture_default_str();
  add_count(
      command, "--threads", [&options](std::uint64_t value) { options.threads = value; },
      text({"Of each worker (", std::to_string(options.threads), ")"}));
  command.add_option("--latency", options.latency, "What a message takes, one way")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--bandwidth", options.bandwidth, "What a worker sends or receives in a second")
      ->type_name("SIZE/s")
      ->capture_default_str();
  command
      .add_option("--scheduler-time", options.scheduler_time,
                  "What the scheduler takes for a message, and for each task in one")
      ->type_name("TIME")
      ->capture_default_str();
}

void add_simulate(CLI::App& graph, SimulateOptions& options, Run& run) {
  CLI::App* command = graph.add_subcommand(
      "simulate",
      "Predict how long a graph runs on clusters, by the real scheduler under virtual time: nothing is run but the "
      "skeleton of APP's graph");
  command
      ->add_option("APP_OR_TRACE", options.file,
                   "A program compiled by dflowc, a recorded trace (DFLOW_TRACE), or a graph as JSON")
      ->required();
  add_selection(*command, options.selection);
  add_parameters(*command, options.parameters, "APP's graph");
  add_machine(*command, options);
  command->add_option("--times", options.times, "Take the tasks' times, by their names, from a recorded trace")
      ->type_name("TRACE");
  command
      ->add_option("--task-time", options.task_times,
                   "What a task takes: 1ms for all, relax=1ms for those of that name; goes before what was measured")
      ->type_name("[NAME=]TIME")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--bytes", options.sizes, "How large a task's result is: 1MB for all, relax=1MB for some")
      ->type_name("[NAME=]SIZE")
      ->expected(1)
      ->take_all();
  add_count(
      *command, "--limit", [&options](std::uint64_t value) { options.limit = value; },
      text({"Stop beyond that many tasks (", std::to_string(options.limit), ")"}));
  add_output(*command, options.output);
  command->callback([&] { run = [&] { return graph_simulate(options); }; });
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// Names the command or option that is not there, and what is like it.
void check_words(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i], option = word.substr(0, word.find('='));
    if (word == "--" || word == "-h" || word == "--help" || word == "--version") return;
    if (word.starts_with("--")) {
      const auto known = options_of(*command);
      if (std::ranges::find(known, option) == known.end())
        throw WrongUse{text({"no option ", option, suggestion(option, known)})};
      continue;
    }
    const auto commands = commands_of(*command);
    if (word.starts_with("-") || commands.empty()) continue;
    const auto found = std::ranges::find(commands, word, &CLI::App::get_name);
    if (found == commands.end())
      throw WrongUse{text({"no command ", command == &app ? "" : command->get_name(),
                           command == &app ? "" : " ", word, suggestion(word, names_of(commands))})};
    command = *found;
  }
  const auto commands = commands_of(*command);
  if (!commands.empty()) throw WrongUse{text({"which command? there is ", list(names_of(commands))})};
}

/// As CLI11 wants them, last first. `--graph=` names the graph "", which CLI11 takes for a name that is
/// missing.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words;
  for (const std::string word : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    const bool empty = word.starts_with("--") && word.find('=') == word.size() - 1;
    words.push_back(empty ? word.substr(0, word.size() - 1) : word);
    if (empty) words.emplace_back();
  }
  std::ranges::reverse(words);
  return words;
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "dflow: error: %s (--help tells more)\n", why.c_str());
  return kFailed;
}

int run_tool(int argc, char** argv) {
  CLI::App app("Shows, expands, compares, verifies and simulates the task graphs of dflow programs, and runs clusters for them.",
               "dflow");
  app.set_version_flag("--version", "dflow " DFLOW_VERSION);
  app.require_subcommand(1);
  CLI::App* graph = app.add_subcommand("graph", "Look at task graphs");
  graph->require_subcommand(1);
  ShowOptions show;
  ExpandOptions expand;
  DiffOptions diff;
  VerifyOptions verify;
  SimulateOptions simulate;
  Run run;
  add_show(*graph, show, run);
  add_expand(*graph, expand, run);
  add_diff(*graph, diff, run);
  add_verify(*graph, verify, run);
  add_simulate(*graph, simulate, run);
  add_cluster_commands(app, run);
  add_security_commands(app, run);
  try {
    check_words(app, argc, argv);
    app.parse(words_of(argc, argv));
  } catch (const CLI::Success& told) {  // --help, --version
    return app.exit(told);
  } catch (const CLI::ParseError& stopped) {
    return refuse(stopped.what());
  } catch (const WrongUse& wrong) {
    return refuse(wrong.message);
  }
  const auto result = run();
  if (result) return result.value();
  const std::string message = formats::printable_lines(result.message());
  const bool at_limit = net::at_file_limit(message);  // whatever it was that could not be opened
  std::fprintf(stderr, "dflow: error: %s%s\n", message.c_str(), at_limit ? "; raise the limit of open files (ulimit -n)" : "");
  return kFailed;
}

}  // namespace
}  // namespace dflow::tools

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error to report, not a death
  return dflow::tools::run_tool(argc, argv);
}
