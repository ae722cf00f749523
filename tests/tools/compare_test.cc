#include "tools/dflow/compare.h"

#include <gmock/gmock.h>

#include "formats/graph_json.h"

namespace dflow::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// `tasks` and `edges` as JSON arrays of labels and pairs; the task of a label is what stands before its #.
std::string graph(const std::string& name, int instance, const std::vector<std::string>& labels,
                  const std::string& edges, const std::string& more = "") {
  std::string tasks;
  for (const std::string& label : labels)
    tasks += (tasks.empty() ? std::string() : std::string(",")) + R"({"label":")" + label + R"(","task":")" +
             label.substr(0, label.find('#')) + R"("})";
  return R"({"name":")" + name + R"(","instance":)" + std::to_string(instance) + R"(,"tasks":[)" + tasks +
         R"(],"edges":[)" + edges + "]" + more + "}";
}

Side side(const std::string& graphs, bool expanded = false, bool whole = false) {
  auto read = formats::parse_graph_json(std::string("{\"expanded\":") + (expanded ? "true" : "false") +
                                        ",\"graphs\":[" + graphs + "]}");
  EXPECT_TRUE(read) << read.message();
  return {std::move(read).value(), whole};
}

const std::string boundary_json = R"(,"boundaries":[{"line":3,"reason":"x"}])";

std::vector<std::string> differences(Side a, Side b, const Selection& selection = {}) {
  const auto found = compare(std::move(a), std::move(b), selection);
  EXPECT_TRUE(found) << found.message();
  return found.value().differences;
}

TEST(Compare, TheOrderOfTasksOfDifferentNamesDoesNotMatter) {
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0", "b#0"}, R"(["a#0","b#0"])")),
                          side(graph("f", 0, {"b#0", "a#0"}, R"(["a#0","b#0"])"))),
              IsEmpty());
}

TEST(Compare, TasksAndEdgesOfOneSideAreDifferences) {
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0", "b#0"}, R"(["a#0","b#0"])")),
                          side(graph("f", 0, {"a#0", "b#0", "c#0"}, R"(["b#0","a#0"])"))),
              ElementsAre("f/0: task c#0 only in B", "f/0: edge a#0 -> b#0 only in A",
                          "f/0: edge b#0 -> a#0 only in B"));
}

TEST(Compare, BeforeItsBoundaryAGraphIsAPart) {
  const auto whole = graph("f", 0, {"a#0", "b#0", "c#0"}, R"(["a#0","b#0"],["b#0","c#0"])");
  EXPECT_THAT(
      differences(side(graph("f", 0, {"a#0", "b#0"}, R"(["a#0","b#0"])", boundary_json)), side(whole)),
      IsEmpty());
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0", "b#0"}, "", boundary_json)), side(whole)),
              ElementsAre("f/0: edge a#0 -> b#0 only in B"));
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0", "d#0"}, "", boundary_json)), side(whole)),
              ElementsAre("f/0: task d#0 only in A"));
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0", "b#0"}, R"(["a#0","b#0"])")), side(whole)),
              ElementsAre("f/0: task c#0 only in B", "f/0: edge b#0 -> c#0 only in B"));
}

TEST(Compare, AnExpansionMeetsItsGraphInARecording) {
  const auto recording = graph("", 0, {"x#0"}, "") + "," + graph("f", 0, {"a#0"}, "") + "," +
                         graph("f", 1, {"a#0", "a#1"}, "") + "," + graph("f/0/a#0", 0, {"y#0"}, "");
  EXPECT_THAT(differences(side(graph("f", 0, {"a#0"}, ""), true), side(recording, false, true)), IsEmpty());
  EXPECT_THAT(differences(side(recording, false, true), side(graph("f", 0, {"a#0"}, ""), true)), IsEmpty());
  EXPECT_THAT(
      differences(side(graph("f", 0, {"a#0"}, ""), true), side(recording), {.graph = {}, .instance = 1}),
      ElementsAre("f/0 and f/1: task a#1 only in B"));
}

TEST(Compare, AnExpansionOfAnotherGraphIsAnError) {
  const auto found = compare(side(graph("g", 0, {"a#0"}, ""), true), side(graph("f", 0, {"a#0"}, "")), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.message(), HasSubstr("B: no graph g"));
}

TEST(Compare, AGraphThatOneRecordingLacksIsADifference) {
  const auto one = graph("f", 0, {"a#0"}, ""), two = one + "," + graph("f", 1, {"a#0"}, "");
  EXPECT_THAT(differences(side(one, false, true), side(two, false, true)),
              ElementsAre("graph f/1 only in B"));
  EXPECT_THAT(differences(side(two, false, true), side(one, false, true)),
              ElementsAre("graph f/1 only in A"));
}

TEST(Compare, WhatAnExcerptLeavesOutIsANote) {
  const auto one = graph("f", 0, {"a#0"}, ""), two = one + "," + graph("f", 1, {"a#0"}, "");
  const auto found = compare(side(one), side(two, false, true), {}).value();
  EXPECT_THAT(found.differences, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre("graph f/1 is only in B"));
}

TEST(Compare, ASelectionIsMadeOnBothSides) {
  const auto a = graph("f", 0, {"a#0"}, "") + "," + graph("g", 0, {"a#0"}, "");
  const auto b = graph("f", 0, {"a#0"}, "") + "," + graph("g", 0, {"b#0"}, "");
  EXPECT_THAT(differences(side(a), side(b), {.graph = "f", .instance = {}}), IsEmpty());
  EXPECT_THAT(differences(side(a), side(b), {.graph = "g", .instance = {}}),
              ElementsAre("g/0: task a#0 only in A", "g/0: task b#0 only in B"));
}

TEST(Compare, EdgesBetweenComparedGraphsCount) {
  const auto with = [](const std::string& external) {
    return graph("f", 0, {"a#0"}, "") + "," +
           graph("g", 0, {"b#0"}, "", R"(,"external_edges":[)" + external + "]");
  };
  const std::string inner = R"(["f/0/a#0","b#0"])", outer = R"(["h/0/a#0","b#0"])";
  EXPECT_THAT(differences(side(with(inner)), side(with(inner + "," + outer))), IsEmpty());
  EXPECT_THAT(differences(side(with(inner)), side(with(outer))),
              ElementsAre("g/0: edge f/0/a#0 -> b#0 only in A"));
}

TEST(Compare, OnlyTheFirstDifferencesAreKeptButAllAreCounted) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("a#" + std::to_string(i));
  const auto found = compare(side(graph("f", 0, many, "")), side(graph("f", 0, {"a#0"}, "")), {}).value();
  EXPECT_EQ(found.count, 99u);
  EXPECT_EQ(found.differences.size(), 20u);
}

}  // namespace
}  // namespace dflow::tools
