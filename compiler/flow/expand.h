// The concrete graph of a plan of tier 1: what a dry run of its skeleton gives, from closed forms alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "formats/labels.h"
#include "formats/plan.h"
#include "formats/result.h"

namespace dflow::compiler::flow {

/// Parameters by their own names: "n", "xs.size". Fails where the plan says nothing of them, where one is
/// missing, and for more than `limit` tasks.
formats::Result<formats::LabelledGraphs> expand(const formats::Graph& graph,
                                                const std::map<std::string, std::int64_t>& parameters,
                                                std::size_t limit = 1'000'000);

/// The graph after the passes: what a launcher runs. As written for graphs that are not launched.
formats::Result<formats::LabelledGraphs> expand_optimised(const formats::Graph& graph,
                                                          const std::map<std::string, std::int64_t>& parameters,
                                                          std::size_t limit = 1'000'000);

}  // namespace dflow::compiler::flow
