#pragma once

#include <cstddef>
#include <string>

#include "formats/file.h"
#include "formats/labels.h"
#include "formats/plan.h"

/// Plans and concrete graphs as text for people, as JSON, and as DOT for Graphviz.
namespace dflow::tools {

void write_text(formats::ByteSink& sink, const formats::Plan& plan);
void write_text(formats::ByteSink& sink, const formats::LabelledGraphs& graphs);

void write_json(formats::ByteSink& sink, const formats::Plan& plan);
void write_json(formats::ByteSink& sink, const formats::LabelledGraphs& graphs);

void write_dot(formats::ByteSink& sink, const formats::Plan& plan);
void write_dot(formats::ByteSink& sink, const formats::LabelledGraphs& graphs);

/// "heat, instance 0: 4 tasks, 3 edges".
std::string title_of(const formats::LabelledGraph& graph);

/// How many nodes a drawing has.
std::size_t node_count(const formats::Plan& plan);
std::size_t node_count(const formats::LabelledGraphs& graphs);

}  // namespace dflow::tools
