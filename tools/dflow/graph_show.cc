#include "tools/dflow/commands.h"

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

}  // namespace

Result<int> graph_show(const ShowOptions& options) {
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
