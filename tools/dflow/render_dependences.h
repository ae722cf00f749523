#pragma once

#include <map>
#include <string>

#include "formats/plan.h"

/// The parametric dependences of a plan's graph for people: `trsm[k,i] <- potrf[k]   0 <= k < i < n`.
namespace dflow::tools {

/// What the nodes are called: by their tasks, with line and column where several have the same.
std::map<std::uint32_t, std::string> family_names(const formats::Graph& graph);

/// Lines of text, indented, for the tasks of one segment; "" where nothing of it is known in closed form.
std::string dependences_text(const formats::Graph& graph, const formats::Segment& segment);

/// What computed numbers stand for, and for which parameters all of this holds.
std::string assumptions_text(const formats::Graph& graph);

/// A node's: "trsm[k,i]", "0 <= k < i < n" on a line of its own each. None where nothing is known in closed form.
std::map<std::uint32_t, std::string> family_labels(const formats::Graph& graph);

}  // namespace dflow::tools
