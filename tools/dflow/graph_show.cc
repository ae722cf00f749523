#include "formats/task_table.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/table.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

Result<int> show_plan(formats::Plan plan, const ShowOptions& options) {
  const auto selected = select(std::move(plan), options.selection);
  if (!selected) return Error{options.file + ": " + selected.message()};
  if (const auto printed = print(selected.value(), options.output); !printed) return printed.error();
  return 0;
}

std::string tasks_as_text(const std::vector<formats::TaskFunction>& tasks) {
  std::vector<std::vector<std::string>> rows{{"id", "body", "task", "signature", "defined"}};
  for (const formats::TaskFunction& task : tasks)
    rows.push_back({formats::hash_text(task.id), formats::hash_text(task.body), task.name, task.signature,
                    text({task.file, ":", std::to_string(task.line)})});
  return table(rows);
}

Result<int> show_tasks(const ShowOptions& options) {
  if (options.selection.graph || options.selection.instance)
    return Error{"--tasks shows all tasks of a program: it goes with no --graph"};
  const bool json = options.output.format == Format::json;
  if (!json && options.output.format != Format::text) return Error{"--tasks is printed as text or json"};
  const auto bytes = formats::read_file(options.file);
  if (!bytes) return bytes.error();
  const auto tasks = formats::tasks_in_elf(bytes.value());
  if (!tasks) return Error{options.file + ": " + tasks.message()};
  const std::string shown = json ? formats::tasks_to_json(tasks.value()) : tasks_as_text(tasks.value());
  const auto write = [&shown](formats::ByteSink& sink) { sink.write(shown); };
  const auto written = json ? write_to(options.output.file, write) : write_lines_to(options.output.file, write);
  if (!written) return written.error();
  return 0;
}

}  // namespace

Result<int> graph_show(const ShowOptions& options) {
  if (options.tasks) return show_tasks(options);
  auto document = load(options.file);
  if (!document) return document.error();
  if (auto* plan = std::get_if<formats::Plan>(&document.value())) return show_plan(std::move(*plan), options);
  const auto* recording = std::get_if<formats::Recording>(&document.value());
  auto graphs = recording != nullptr ? label_recording(*recording) : labelled(std::move(document).value());
  if (!graphs) return Error{options.file + ": " + graphs.message()};
  const auto selected = select(std::move(graphs).value(), options.selection);
  if (!selected) return Error{options.file + ": " + selected.message()};
  if (const auto printed = print(selected.value(), recording, options.output); !printed)
    return printed.error();
  return 0;
}

}  // namespace dflow::tools
