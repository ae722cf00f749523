#pragma once

#include <string_view>

#include "formats/file.h"
#include "formats/labels.h"
#include "formats/result.h"

namespace dflow::formats {

inline constexpr int kGraphVersion = 1;

/// Writes labelled graphs as JSON, one task or edge a line; specified in docs/formats.md.
void write_graph_json(ByteSink& sink, const LabelledGraphs& graphs);

/// Reads what `write_graph_json` wrote, or what a script wrote in that form.
Result<LabelledGraphs> parse_graph_json(std::string_view text);

}  // namespace dflow::formats
