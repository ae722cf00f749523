#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "formats/recording.h"
#include "formats/result.h"

/// Graphs whose tasks have labels: the form in which a recorded run and an expanded plan are shown and
/// compared.
namespace dflow::formats {

/// A task's label NAME#NUMBER; `name` points into the table of names, `number` counts the tasks of that name
/// in this graph and instance, in order of submission.
struct Label {
  std::uint32_t name = 0;
  std::uint32_t number = 0;
  auto operator<=>(const Label&) const = default;
};

/// An edge within a graph, between indices of its tasks.
struct LabelledEdge {
  std::uint32_t producer = 0;
  std::uint32_t consumer = 0;
  auto operator<=>(const LabelledEdge&) const = default;
};

/// An edge that comes from another graph or instance: GRAPH/INSTANCE/LABEL -> a label of this graph.
struct ExternalEdge {
  std::string producer;
  std::string consumer;
  auto operator<=>(const ExternalEdge&) const = default;
};

struct LabelledBoundary {
  std::uint32_t line = 0;
  std::string reason;
};

/// One instance of a graph. A graph of what a running task submitted is called
/// PARENTGRAPH/INSTANCE/PARENTLABEL.
struct LabelledGraph {
  std::string name;
  std::uint64_t instance = 0;
  std::vector<Label> tasks;         ///< in order of submission
  /// By task, its place among the tasks of the recording that it is from; empty for other graphs.
  std::vector<std::uint32_t> recorded;
  std::vector<LabelledEdge> edges;  ///< each once, by consumer, then producer
  std::vector<ExternalEdge> external_edges;
  std::vector<LabelledBoundary> boundaries;
};

struct LabelledGraphs {
  bool expanded = false;  ///< of a dry run: the one graph that was asked for, and nothing else of the program
  std::vector<std::string> names;
  std::vector<LabelledGraph> graphs;

  std::string text(Label label) const { return names[label.name] + "#" + std::to_string(label.number); }
};

/// The labels of a recording as `parse_recording` returns it. Fails only if graphs are nested so deeply that
/// their names take gigabytes.
Result<LabelledGraphs> label_recording(const Recording& recording);

}  // namespace dflow::formats
