// Runs the frontend on a snippet: a file of its own behind a prelude that includes dflow and declares some tasks.
#pragma once

#include <string>
#include <vector>

#include "compiler/frontend/frontend.h"
#include "formats/plan.h"

namespace dflow::compiler::test {

/// The frontend's result for a main file of exactly this text.
FrontendResult run_on(const std::string& text, const std::vector<std::string>& more_arguments = {});

/// The snippet after rewriting, without the prelude and what is generated behind it.
std::string rewritten(const std::string& snippet);

/// Bodies of functions `void test(dflow::Executor& ex, int n, F a, F b, std::vector<int>& xs)` after rewriting, all in
/// one parse: `::dflow::detail::` is left out and each site is shown as `<task>`.
std::vector<std::string> rewritten_bodies(const std::vector<std::string>& bodies);

/// The first graph of each snippet, all in one parse; lines are counted from the snippet's first.
std::vector<formats::Graph> graphs_of(const std::vector<std::string>& snippets);
formats::Graph graph_of(const std::string& snippet);

/// "n:value xs:size", parameters that nothing depends on left out.
std::string needs_of(const formats::Graph& graph);

/// "3: reason; 5: reason".
std::string boundaries_of(const formats::Graph& graph);

}  // namespace dflow::compiler::test
