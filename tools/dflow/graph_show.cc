#include "tools/dflow/commands.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

template <class Graphs>
Result<int> print_selected(Graphs graphs, const ShowOptions& options) {
  const auto selected = select(std::move(graphs), options.selection);
  if (!selected) return Error{options.file + ": " + selected.message()};
  if (const auto printed = print(selected.value(), options.output); !printed) return printed.error();
  return 0;
}

}  // namespace

Result<int> graph_show(const ShowOptions& options) {
  auto document = load(options.file);
  if (!document) return document.error();
  if (auto* plan = std::get_if<formats::Plan>(&document.value()))
    return print_selected(std::move(*plan), options);
  auto graphs = labelled(std::move(document).value());
  if (!graphs) return Error{options.file + ": " + graphs.message()};
  return print_selected(std::move(graphs).value(), options);
}

}  // namespace dflow::tools
