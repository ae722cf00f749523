#pragma once

#include <string>
#include <string_view>

#include "formats/plan.h"

/// A plan's parts in the words that its text and its drawings share.
namespace dflow::tools {

/// "app.cpp:12".
std::string place(const formats::Graph& graph, std::uint32_t line);
std::string place(const formats::Graph& graph, const formats::Node& node);
std::string place(const formats::Graph& graph, const formats::Boundary& boundary);

/// "line 12", and of another file than the graph's "rows.h:12".
std::string line_of(const formats::Boundary& boundary);

/// "for each i, j; under 1 condition"; nothing where nothing is around the call.
std::string surroundings(const formats::Node& node);

std::string_view shown_task(const formats::Node& node);

/// A node or a boundary as a box of a drawing.
std::string label_of(const formats::Graph& graph, const formats::Node& node);
std::string label_of(const formats::Boundary& boundary);

std::string meaning_of_tier(const formats::Graph& graph);

}  // namespace dflow::tools
