#include "formats/graph_json.h"

#include <gmock/gmock.h>

#include "tests/formats/damage.h"
#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using ::testing::HasSubstr;

std::string text_of(const LabelledGraphs& graphs) {
  StringSink sink;
  write_graph_json(sink, graphs);
  return std::move(sink).text();
}

std::string sample_text() {
  return text_of(label_recording(testing::sample_recording()).value());
}

// clang-format off
constexpr const char* kByHand = R"json({"graphs": [{"name": "heat", "instance": 0,
  "tasks": [{"label": "relax#3", "task": "relax"}, {"label": "init#2", "task": "init"}],
  "edges": [["init#2", "relax#3"]], "external_edges": [],
  "boundaries": [{"line": 14, "reason": "the loop's condition reads get()"}]}]})json";
// clang-format on

std::string error_with(const std::string& from, const std::string& to) {
  std::string text = kByHand;
  return parse_graph_json(text.replace(text.find(from), from.size(), to)).message();
}

TEST(GraphJson, WhatIsWrittenReadsTheSame) {
  EXPECT_EQ(text_of(parse_graph_json(sample_text()).value()), sample_text());
}

TEST(GraphJson, TheDocumentedFormIsRead) {
  const auto read = parse_graph_json(kByHand).value();
  ASSERT_EQ(read.graphs.size(), 1u);
  EXPECT_EQ(read.text(read.graphs[0].tasks[0]), "relax#3");
  EXPECT_THAT(read.graphs[0].edges, ::testing::ElementsAre(LabelledEdge{1, 0}));
  EXPECT_EQ(read.graphs[0].boundaries[0].line, 14u);
  EXPECT_FALSE(read.expanded);
}

TEST(GraphJson, ADifferentSpellingOfALabelIsRefused) {
  for (const char* label :
       {"\"relax\"", "\"relax#\"", "\"relax#03\"", "\"relax#-1\"", "\"calm#3\"", "\"relax#99999999999\""})
    EXPECT_THAT(error_with("\"relax#3\"", label),
                HasSubstr("tasks[0].label: expected a label \"relax#NUMBER\""))
        << label;
}

TEST(GraphJson, EdgesNeedTheirTasks) {
  EXPECT_EQ(error_with("[\"init#2\"", "[\"init#9\""),
            "graphs[0]: an edge of a task that is not there, \"init#9\"");
  EXPECT_THAT(error_with("[\"init#2\"", "[\"relax#3\""),
              HasSubstr("graphs[0].edges[0]: an edge from a task to itself"));
}

TEST(GraphJson, EdgesMayStandBeforeTheirTasks) {
  const auto read = parse_graph_json(R"({"graphs":[
      {"edges":[["a#0","a#1"]], "tasks":[{"task":"a","label":"a#0"},{"task":"a","label":"a#1"}], "instance":0, "name":"f"},
      {"edges":[["a#1","a#0"]], "tasks":[{"task":"a","label":"a#0"},{"task":"a","label":"a#1"}], "instance":1, "name":"f"}]})")
                        .value();
  EXPECT_THAT(read.graphs[0].edges, ::testing::ElementsAre(LabelledEdge{0, 1}));
  EXPECT_THAT(read.graphs[1].edges, ::testing::ElementsAre(LabelledEdge{1, 0}));
}

TEST(GraphJson, ATaskStandsOnce) {
  EXPECT_THAT(error_with(R"("init#2", "task": "init")", R"("relax#3", "task": "relax")"),
              HasSubstr("tasks[1].label: a label that stood before"));
}

TEST(GraphJson, AGraphStandsOnce) {
  const std::string graph = R"({"name":"f","instance":0,"tasks":[],"edges":[]})";
  EXPECT_TRUE(parse_graph_json("{\"graphs\":[" + graph + "]}"));
  EXPECT_THAT(parse_graph_json("{\"graphs\":[" + graph + "," + graph + "]}").message(),
              HasSubstr("graphs[1]: a graph and instance that stood before"));
}

TEST(GraphJson, ANewerVersionAsksForANewerDflow) {
  EXPECT_EQ(parse_graph_json(R"({"version":2,"graphs":[{"other":1}]})").message(),
            "a graph of version 2, and this dflow reads up to version 1: use a newer dflow");
}

TEST(GraphJson, DamageIsAnErrorOrAValidGraph) {
  const std::string text = sample_text();
  testing::for_each_truncation(text.substr(0, text.size() - 1),
                               [](const std::string& t) { EXPECT_FALSE(parse_graph_json(t)); });
  testing::for_random_flips(text, 5000, [](const std::string& t) {
    if (const auto read = parse_graph_json(t)) {
      EXPECT_TRUE(parse_graph_json(text_of(read.value())));
    }
  });
}

}  // namespace
}  // namespace dflow::formats
