#include "tools/dflow/dry_run.h"

#include <cstdlib>
#include <filesystem>

#include "formats/file.h"
#include "formats/recording.h"
#include "tools/dflow/held_signals.h"
#include "tools/dflow/inputs.h"
#include "tools/dflow/subprocess.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

/// A directory of our own, gone with its contents at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code failed;
    const auto parent = std::filesystem::temp_directory_path(failed);
    path_ = ((failed ? "/tmp" : parent) / "dflow-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string request(const DryRun& run, const std::string& out) {
  std::string text = "graph=" + run.entry + "\nout=" + out + "\nlimit=" + std::to_string(run.limit) + "\n";
  for (const std::string& setting : run.settings) text += "param=" + setting + "\n";
  return text;
}

/// The last line that the program wrote, without a name before it.
std::string last_line(std::string errors) {
  while (errors.ends_with('\n')) errors.pop_back();
  errors.erase(0, errors.rfind('\n') + 1);
  for (const std::string_view prefix : {"dflow: ", "error: "})
    if (errors.starts_with(prefix)) errors.erase(0, prefix.size());
  return errors;
}

std::string quoted_end(const Outcome& outcome) {
  const std::string line = last_line(outcome.errors);
  return line.empty() ? "" : "; it last wrote: " + line;
}

Result<void> check_end(const DryRun& run, const Outcome& outcome) {
  if (outcome.signal != 0)
    return Error{run.program + " died of " + describe_signal(outcome.signal) + " while the skeleton of " +
                 run.graph + " ran" + quoted_end(outcome)};
  if (outcome.exit_code == 0) return {};
  const std::string line = last_line(outcome.errors);
  if (outcome.exit_code == 2 && !line.empty()) return Error{line};
  return Error{run.program + " ended with exit code " + std::to_string(outcome.exit_code) +
               " while the skeleton of " + run.graph + " should run" + quoted_end(outcome)};
}

/// Only the graph that was asked for: a static initialiser may have submitted something too.
Result<Expanded> read_graph(const DryRun& run, const std::string& out) {
  const auto text = formats::read_file(out);
  if (!text)
    return Error{run.program + " ran and wrote no graph; it is perhaps not linked with dflow's runtime"};
  auto recording = formats::parse_recording(text.value());
  if (!recording) return Error{run.program + " wrote a recording that is not valid: " + recording.message()};
  if (!recording.value().dry) return Error{run.program + " ran for real instead of its skeleton"};
  auto graphs = formats::label_recording(recording.value());
  if (!graphs) return graphs.error();
  auto selected = select(std::move(graphs).value(), {.graph = run.graph, .instance = 0});
  if (!selected) return selected.error();
  return Expanded{std::move(recording).value(), std::move(selected).value()};
}

}  // namespace

Result<Expanded> run_skeleton(const DryRun& dry_run) {
  const HeldSignals held;
  const TemporaryDirectory directory;
  if (directory.path().empty()) return Error{"cannot make a temporary directory; is TMPDIR right?"};
  const std::string out = directory.path() + "/graph.json";
  Command command{.arguments = {dry_run.program}, .input = {}, .environment = {}};
  // A path without a slash would be looked for on the PATH.
  if (dry_run.program.find('/') == std::string::npos) command.arguments[0] = "./" + dry_run.program;
  command.environment = {{"DFLOW_EXPAND", request(dry_run, out)},
                         {"DFLOW_TRACE", ""},
                         {"DFLOW_SERIAL", ""},
                         {"DFLOW_SHUFFLE", ""},
                         {"DFLOW_SCHEDULER", ""},
                         {"DFLOW_WORKERS", ""}};
  const auto outcome = run(command);
  if (!outcome) return outcome.error();
  if (const auto ended = check_end(dry_run, outcome.value()); !ended) return ended.error();
  return read_graph(dry_run, out);
}

}  // namespace dflow::tools
