#include "tools/dflow/inputs.h"

#include <algorithm>

#include "formats/file.h"
#include "tools/dflow/suggest.h"

namespace dflow::tools {

using formats::Document;
using formats::Error;
using formats::LabelledGraphs;
using formats::Plan;
using formats::Result;

namespace {

template <class Graphs>
std::vector<std::string> names_of(const Graphs& graphs) {
  std::vector<std::string> names;
  for (const auto& graph : graphs)
    if (std::find(names.begin(), names.end(), graph.name) == names.end()) names.push_back(graph.name);
  return names;
}

template <class Graphs>
Result<void> keep_named(Graphs& graphs, const std::string& name) {
  const std::vector<std::string> names = names_of(graphs);
  std::erase_if(graphs, [&](const auto& graph) { return graph.name != name; });
  if (graphs.empty()) return Error{"no graph " + name + suggestion(name, names)};
  return {};
}

}  // namespace

Result<Document> load(const std::string& path) {
  const auto bytes = formats::read_file(path);
  if (!bytes) return bytes.error();
  auto document = formats::read_document(bytes.value());
  if (!document) return Error{path + ": " + document.message()};
  return document;
}

Result<LabelledGraphs> labelled(Document document) {
  if (auto* graphs = std::get_if<LabelledGraphs>(&document)) return std::move(*graphs);
  if (const auto* recording = std::get_if<formats::Recording>(&document)) return label_recording(*recording);
  return Error{"it holds plans, not a concrete graph: expand one first with dflow graph expand"};
}

bool is_executor(const formats::Parameter& parameter) {
  std::string_view type = parameter.type;
  while (type.ends_with('&') || type.ends_with(' ')) type.remove_suffix(1);
  return type == "Executor" || (type.starts_with("dflow::") && type.ends_with("::Executor"));
}

Result<Plan> select(Plan plan, const Selection& selection) {
  if (selection.instance) return Error{"a plan has no instances: leave out --instance"};
  if (!selection.graph) return plan;
  if (const auto kept = keep_named(plan.graphs, *selection.graph); !kept) return kept.error();
  return plan;
}

Result<LabelledGraphs> select(LabelledGraphs graphs, const Selection& selection) {
  if (selection.graph)
    if (const auto kept = keep_named(graphs.graphs, *selection.graph); !kept) return kept.error();
  if (!selection.instance) return graphs;
  const std::size_t there = graphs.graphs.size();
  std::erase_if(graphs.graphs, [&](const auto& graph) { return graph.instance != *selection.instance; });
  if (graphs.graphs.empty())
    return Error{"no instance " + std::to_string(*selection.instance) +
                 (selection.graph ? " of graph " + *selection.graph : "") + "; there " +
                 (there == 1 ? "is one" : "are " + std::to_string(there)) + ", counted from 0"};
  return graphs;
}

}  // namespace dflow::tools
