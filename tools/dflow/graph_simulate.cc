#include <cstdio>

#include "formats/json_text.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/critical_path.h"
#include "tools/dflow/dry_run.h"
#include "tools/dflow/programs.h"
#include "tools/dflow/quantities.h"
#include "tools/dflow/readable.h"
#include "tools/dflow/render.h"
#include "tools/dflow/suggest.h"
#include "tools/dflow/text.h"
#include "tools/dflow/workload.h"

namespace dflow::tools {
namespace {

using formats::ByteSink;
using formats::Document;
using formats::Error;
using formats::LabelledGraphs;
using formats::Result;

constexpr std::uint64_t kMostThreads = 1024;

/// One graph, and what is known of its tasks.
struct Subject {
  LabelledGraphs graphs;
  Measured measured;
};

/// What is predicted, and for what.
struct Report {
  std::string title;
  std::size_t tasks = 0, edges = 0;
  std::uint64_t work_ns = 0, chain_ns = 0;
  Machine machine;  ///< of any number of workers
  std::vector<std::pair<std::uint32_t, Prediction>> rows;
};

Result<Machine> machine_of(const SimulateOptions& options) {
  Machine machine;
  if (options.threads < 1 || options.threads > kMostThreads)
    return Error{text(
        {"--threads=", std::to_string(options.threads), ": expected 1 to ", std::to_string(kMostThreads)})};
  machine.threads = static_cast<std::uint16_t>(options.threads);
  const auto latency = parse_time(options.latency);
  if (!latency) return Error{"--latency=" + latency.message()};
  machine.latency = latency.value();
  const auto rate = parse_rate(options.bandwidth);
  if (!rate) return Error{"--bandwidth=" + rate.message()};
  machine.bytes_per_second = rate.value();
  const auto scheduler = parse_time(options.scheduler_time);
  if (!scheduler) return Error{"--scheduler-time=" + scheduler.message()};
  machine.scheduler_time = scheduler.value();
  return machine;
}

Result<Measured> measured_in(const std::string& path) {
  auto document = load(path);
  if (!document) return document.error();
  const auto* recording = std::get_if<formats::Recording>(&document.value());
  if (recording == nullptr || recording->events.empty())
    return Error{path + ": no times of tasks in it: --times takes what a run writes to DFLOW_TRACE"};
  return Measured(*recording);
}

Result<Subject> expand(const formats::Plan& plan, const SimulateOptions& options) {
  if (options.selection.instance) return Error{"a plan has no instances: leave out --instance"};
  const auto choice = choose(plan, options.selection.graph.value_or(""), options.parameters);
  if (!choice) return Error{options.file + ": " + choice.message()};
  const auto& graph = choice.value().graph;
  std::fprintf(stderr, "dflow: running the skeleton of %s in %s (no task runs)\n", graph.name.c_str(),
               options.file.c_str());
  auto expanded = run_skeleton({.program = options.file,
                                .graph = graph.name,
                                .entry = entry_of(graph),
                                .settings = choice.value().settings,
                                .limit = options.limit});
  if (!expanded) return expanded.error();
  return Subject{std::move(expanded).value().graphs, {}};
}

/// Graphs without tasks are no candidates.
Result<LabelledGraphs> one_of(LabelledGraphs graphs, const Selection& selection) {
  auto selected = select(std::move(graphs), selection);
  if (!selected) return selected.error();
  auto& left = selected.value().graphs;
  std::erase_if(left, [](const auto& graph) { return graph.tasks.empty(); });
  if (left.empty()) return Error{"no task was submitted, so there is nothing to simulate"};
  if (left.size() == 1) return selected;
  std::vector<std::string> names;
  for (const auto& graph : left)
    names.push_back(text({graph.name, " (instance ", std::to_string(graph.instance), ")"}));
  return Error{text({"which graph? add --graph=NAME and --instance=N; it has ", list(names)})};
}

Result<Subject> read(Document document, const SimulateOptions& options) {
  if (!options.parameters.empty())
    return Error{options.file + ": --param is for programs; this file holds a graph whose size is fixed"};
  Subject subject;
  const auto* recording = std::get_if<formats::Recording>(&document);
  if (recording != nullptr) subject.measured = Measured(*recording);
  auto graphs = recording != nullptr ? label_recording(*recording) : labelled(std::move(document));
  if (!graphs) return Error{options.file + ": " + graphs.message()};
  auto one = one_of(std::move(graphs).value(), options.selection);
  if (!one) return Error{options.file + ": " + one.message()};
  subject.graphs = std::move(one).value();
  if (subject.graphs.graphs[0].tasks.size() > options.limit)
    return Error{
        text({options.file, ": more than ", std::to_string(options.limit), " tasks: raise it with --limit"})};
  return subject;
}

Result<Subject> subject_of(const SimulateOptions& options) {
  auto document = load(options.file);
  if (!document) return document.error();
  const bool program = std::holds_alternative<formats::Plan>(document.value());
  const auto plan = program ? plan_of(options.file) : Result<formats::Plan>(formats::Plan{});
  if (!plan) return plan.error();
  auto subject = program ? expand(plan.value(), options) : read(std::move(document).value(), options);
  if (!subject || !options.times) return subject;
  auto measured = measured_in(*options.times);
  if (!measured) return measured.error();
  subject.value().measured = std::move(measured).value();
  // Another run's tasks have other places.
  for (auto& graph : subject.value().graphs.graphs) graph.recorded.clear();
  return subject;
}

void tell_guesses(const std::vector<std::string>& names, const SimulateOptions& options) {
  if (names.empty()) return;
  std::fprintf(stderr, "dflow: nothing tells how long %s take%s: taken to be %s; give --task-time%s\n",
               list(names).c_str(), names.size() == 1 ? "s" : "",
               readable_time(static_cast<std::uint64_t>(kGuessedTime.count())).c_str(),
               options.times ? "" : ", or --times=TRACE of a run");
}

std::uint64_t chain_of(const Workload& workload) {
  std::vector<std::uint64_t> ns;
  for (const auto& task : workload.tasks) ns.push_back(static_cast<std::uint64_t>(task.run_time.count()));
  return critical_path(Digraph(ns.size(), workload.edges), ns).ns;
}

double speedup(const Report& report, const Prediction& row) {
  return row.makespan.count() == 0
             ? 1
             : static_cast<double>(report.work_ns) / static_cast<double>(row.makespan.count());
}
double efficiency(const Report& report, std::uint32_t workers, const Prediction& row) {
  return speedup(report, row) / (static_cast<double>(workers) * report.machine.threads);
}
double busy(const Prediction& row) {
  return row.makespan.count() == 0
             ? 0
             : static_cast<double>(row.scheduler_busy.count()) / static_cast<double>(row.makespan.count());
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char line[160];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

std::string time_of(std::chrono::nanoseconds time) {
  return readable_time(static_cast<std::uint64_t>(time.count()));
}

void write_report(ByteSink& sink, const Report& report) {
  const Machine& machine = report.machine;
  const double most =
      report.chain_ns == 0 ? 1 : static_cast<double>(report.work_ns) / static_cast<double>(report.chain_ns);
  sink.write(report.title + "\n");
  sink.write(text({"work ", readable_time(report.work_ns), ", longest chain ", readable_time(report.chain_ns),
                   formatted(": at most %.1f times as fast as one thread\n", most)}));
  sink.write(
      text({"a worker has ", std::to_string(machine.threads), machine.threads == 1 ? " thread" : " threads",
            " and sends ", readable_size(static_cast<std::uint64_t>(machine.bytes_per_second)),
            "/s; a message takes ", time_of(machine.latency), ", the scheduler ",
            time_of(machine.scheduler_time), "\n\n"}));
  sink.write(formatted("%8s %10s %10s %11s %11s %11s\n", "workers", "time", "speed-up", "efficiency", "moved",
                       "scheduler"));
  for (const auto& [workers, row] : report.rows) {
    const std::string time = time_of(row.makespan);
    const int width = time.find("µ") == std::string::npos ? 10 : 11;  // printf counts bytes
    sink.write(formatted("%8u %*s %10.2f %9.1f %% %11s %9.1f %%\n", workers, width, time.c_str(),
                         speedup(report, row), 100 * efficiency(report, workers, row),
                         readable_size(row.bytes_moved).c_str(), 100 * busy(row)));
  }
}

void write_json_report(ByteSink& sink, const Report& report) {
  formats::JsonStream json(sink);
  json.raw("{\"version\":1,\"graph\":").string(report.title).raw(",\"tasks\":").number(report.tasks);
  json.raw(",\"edges\":").number(report.edges).raw(",\"work_ns\":").number(report.work_ns);
  json.raw(",\"longest_chain_ns\":").number(report.chain_ns);
  json.raw(",\n\"machine\":{\"threads\":").number(report.machine.threads);
  json.raw(",\"latency_ns\":").number(report.machine.latency.count());
  json.raw(",\"bytes_per_second\":").raw(formatted("%.0f", report.machine.bytes_per_second));
  json.raw(",\"scheduler_ns\":").number(report.machine.scheduler_time.count()).raw("},\n\"rows\":[");
  bool first = true;
  for (const auto& [workers, row] : report.rows) {
    json.next(first)
        .raw("{\"workers\":")
        .number(workers)
        .raw(",\"makespan_ns\":")
        .number(row.makespan.count());
    json.raw(",\"speedup\":").raw(formatted("%.6g", speedup(report, row)));
    json.raw(",\"efficiency\":").raw(formatted("%.6g", efficiency(report, workers, row)));
    json.raw(",\"transfers\":").number(row.transfers).raw(",\"bytes_moved\":").number(row.bytes_moved);
    json.raw(",\"scheduler_busy_ns\":").number(row.scheduler_busy.count()).raw("}");
  }
  json.raw("]}\n").flush();
}

}  // namespace

Result<int> graph_simulate(const SimulateOptions& options) {
  const Format format = options.output.format;
  if (format != Format::text && format != Format::json)
    return Error{"simulate prints --format=text or --format=json"};
  const auto counts = parse_workers(options.workers);
  if (!counts) return Error{"--workers=" + counts.message()};
  const auto machine = machine_of(options);
  if (!machine) return machine.error();
  const auto assumptions = parse_assumptions(options.task_times, options.sizes);
  if (!assumptions) return assumptions.error();
  const auto subject = subject_of(options);
  if (!subject) return subject.error();

  const auto& graphs = subject.value().graphs;
  const auto& graph = graphs.graphs.at(0);
  const auto estimated = estimate(graphs, graph, subject.value().measured, assumptions.value());
  tell_guesses(estimated.guessed, options);
  if (!graph.boundaries.empty())
    std::fprintf(stderr, "dflow: simulated up to line %u, where the graph stops being known: %s\n",
                 graph.boundaries[0].line, graph.boundaries[0].reason.c_str());
  Report report{.title = title_of(graph),
                .tasks = graph.tasks.size(),
                .edges = graph.edges.size(),
                .chain_ns = chain_of(estimated.workload),
                .machine = machine.value(),
                .rows = {}};
  for (const auto& task : estimated.workload.tasks)
    report.work_ns += static_cast<std::uint64_t>(task.run_time.count());
  for (const std::uint32_t workers : counts.value()) {
    Machine cluster = machine.value();
    cluster.workers = workers;
    const auto prediction = simulate(estimated.workload, cluster);
    if (!prediction) return Error{options.file + ": " + prediction.message()};
    report.rows.emplace_back(workers, prediction.value());
  }
  const std::optional<std::string>& file = options.output.file;
  const auto written = format == Format::json ? write_to(file, [&](ByteSink& sink) { write_json_report(sink, report); })
                                              : write_lines_to(file, [&](ByteSink& sink) { write_report(sink, report); });
  return written ? Result<int>(0) : written.error();
}

}  // namespace dflow::tools
