#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "tools/dflow/commands.h"

// Options to commands: nothing else happens here.
namespace dflow::tools {
namespace {

constexpr int kFailed = 2;  // 1 is what `graph diff` says of different graphs

using Run = std::function<formats::Result<int>()>;

void add_output(CLI::App& command, Output& output) {
  static const std::map<std::string, Format> formats_by_name{{"text", Format::text},
                                                             {"json", Format::json},
                                                             {"dot", Format::dot},
                                                             {"svg", Format::svg},
                                                             {"html", Format::html}};
  command
      .add_option(
          "--format", output.format,
          "How to print: text unless told otherwise; svg is drawn by Graphviz, html is a page for a browser")
      ->type_name("")
      ->transform(CLI::CheckedTransformer(formats_by_name).description("{text,json,dot,svg,html}"));
  command.add_option("-o,--output", output.file, "Write to FILE, which is replaced whole or not at all")
      ->type_name("FILE");
}

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("--graph", selection.graph, "Only the graph of that name")->type_name("NAME");
  command.add_option("--instance", selection.instance, "Only that call of a graph, counted from 0")
      ->type_name("N");
}

void add_show(CLI::App& graph, ShowOptions& options, Run& run) {
  CLI::App* command =
      graph.add_subcommand("show", "Print the plans or graphs inside a file, without running it");
  command->add_option("APP_OR_FILE", options.file, "A compiled program, a plan, a recorded trace or a graph")
      ->required();
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
  command
      ->add_option("--param", options.parameters,
                   "A parameter of the graph: n=4; a container by its length: xs.size=10; a bool as 0 or 1")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  command->add_option("--limit", options.limit, "Stop beyond that many tasks")
      ->type_name("N")
      ->capture_default_str();
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

int run_tool(int argc, char** argv) {
  CLI::App app("Shows, expands and compares the task graphs of dflow programs.", "dflow");
  app.set_version_flag("--version", "dflow " DFLOW_VERSION);
  app.require_subcommand(1);
  CLI::App* graph = app.add_subcommand("graph", "Look at task graphs");
  graph->require_subcommand(1);
  ShowOptions show;
  ExpandOptions expand;
  DiffOptions diff;
  Run run;
  add_show(*graph, show, run);
  add_expand(*graph, expand, run);
  add_diff(*graph, diff, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    return app.exit(stopped) == 0 ? 0 : kFailed;
  }
  const auto result = run();
  if (result) return result.value();
  std::fprintf(stderr, "dflow: error: %s\n", result.message().c_str());
  return kFailed;
}

}  // namespace
}  // namespace dflow::tools

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error to report, not a death
  return dflow::tools::run_tool(argc, argv);
}
