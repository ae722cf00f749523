#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/document.h"

namespace dflow::tools {

/// Which graphs of a file are meant; what is not given takes all.
struct Selection {
  std::optional<std::string> graph;
  std::optional<std::uint64_t> instance;
};

/// The file's contents; an error names the file.
formats::Result<formats::Document> load(const std::string& path);

/// The concrete graphs in a document that holds no plan.
formats::Result<formats::LabelledGraphs> labelled(formats::Document document);

/// Whether a parameter is the executor that a graph function submits to: nobody ever gives its value.
bool is_executor(const formats::Parameter& parameter);

/// What is left after the selection; an error if nothing is, which lists what there is.
formats::Result<formats::Plan> select(formats::Plan plan, const Selection& selection);
formats::Result<formats::LabelledGraphs> select(formats::LabelledGraphs graphs, const Selection& selection);

}  // namespace dflow::tools
