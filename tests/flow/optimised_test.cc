#include <gmock/gmock.h>

#include "compiler/flow/expand.h"

namespace dflow::compiler::flow::test {
namespace {

using formats::Change;
using testing::ElementsAre;

/// open[i], then close[i] <- open[i], for 0 <= i < n.
formats::Graph pairs() {
  formats::Graph graph;
  graph.name = "pairs";
  graph.segments = {{{{.id = 0, .task = "open", .loops = {"i"}, .arguments = {}},
                      {.id = 1, .task = "close", .loops = {"i"}, .arguments = {}}}}};
  formats::Dependences known;
  known.symbols = {{"n", "n"}};
  known.families = {
      {0, {"i"}, "[n] -> { n0[i] : 0 <= i < n }", "[n] -> { n0[i] -> [i, 0] : 0 <= i < n }", {}},
      {1, {"i"}, "[n] -> { n1[i] : 0 <= i < n }", "[n] -> { n1[i] -> [i, 1] : 0 <= i < n }", {}}};
  known.edges = {{1, 0, 0, 0, "[n] -> { n1[i] -> n0[i] : 0 <= i < n }", {}}};
  known.assumptions = "{ : }";
  graph.dependences = known;
  return graph;
}

/// "close#0 <- open#0"
std::vector<std::string> lines(const formats::Graph& graph) {
  const auto made = expand_optimised(graph, {{"n", 2}});
  if (!made) return {made.message()};
  const formats::LabelledGraph& one = made.value().graphs[0];
  std::vector<std::string> all;
  for (std::uint32_t task = 0; task < one.tasks.size(); ++task) {
    std::string& line = all.emplace_back(made.value().text(one.tasks[task]));
    for (const auto& edge : one.edges)
      if (edge.consumer == task) line += " <- " + made.value().text(one.tasks[edge.producer]);
  }
  return all;
}

TEST(OptimisedGraph, IsTheWrittenOneWithoutChanges) {
  EXPECT_THAT(lines(pairs()), ElementsAre("open#0", "close#0 <- open#0", "open#1", "close#1 <- open#1"));
}

TEST(OptimisedGraph, HasNoTasksThatAreNotRun) {
  formats::Graph graph = pairs();
  graph.changes = {{1, Change::Kind::narrowed, 0, "[n] -> { n1[i] : i = 1 and n > 1 }"}};
  EXPECT_THAT(lines(graph), ElementsAre("open#0", "open#1", "close#1 <- open#1"));
  graph.changes = {{1, Change::Kind::narrowed, 0, ""}};
  EXPECT_THAT(lines(graph), ElementsAre("open#0", "open#1"));
}

TEST(OptimisedGraph, HasOneTaskForThoseThatRunTogether) {
  formats::Graph graph = pairs();
  graph.changes = {{0, Change::Kind::fused, 1, "[n] -> { n0[i] -> n1[i] : 0 <= i < n }"}};
  EXPECT_THAT(lines(graph), ElementsAre("open#0+close#0", "open#1+close#1"));
}

TEST(OptimisedGraph, LetsOneTaskStandForAnother) {
  formats::Graph graph = pairs();
  graph.changes = {{0, Change::Kind::merged, 0, "[n] -> { n0[i] -> n0[0] : 0 < i < n }"}};
  EXPECT_THAT(lines(graph), ElementsAre("open#0", "close#0 <- open#0", "close#1 <- open#0"));
}

TEST(OptimisedGraph, AsksForWhatIsMissing) {
  EXPECT_THAT(expand_optimised(pairs(), {}).message(), testing::HasSubstr("'n' is missing"));
}

}  // namespace
}  // namespace dflow::compiler::flow::test
