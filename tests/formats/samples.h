#pragma once

#include "formats/plan.h"
#include "formats/recording.h"

namespace dflow::formats::testing {

inline Plan sample_plan() {
  Graph graph;
  graph.name = "word_count";
  graph.signature = "dflow::Future<Counts> (dflow::Executor &, const std::vector<std::string> &)";
  graph.file = "app.cpp";
  graph.line = 10;
  graph.tier = 2;
  graph.replicable = true;
  graph.expandable = true;
  graph.parameters = {{"texts", "const std::vector<std::string> &", ParameterNeed::size},
                      {"verbose", "bool", ParameterNeed::none}};
  Node map{.id = 0,
           .op = NodeOp::map,
           .task = "count_words",
           .line = 11,
           .column = 20,
           .loops = {"i"},
           .guards = 1,
           .arguments = {{ArgumentKind::value, "texts"}}};
  Node reduce{.id = 1,
              .op = NodeOp::reduce,
              .task = "merge",
              .line = 12,
              .column = 10,
              .loops = {},
              .guards = 0,
              .arguments = {{ArgumentKind::future, "parts"}}};
  graph.segments = {{{map}}, {{reduce}}};
  graph.boundaries = {{14, "the loop's condition reads get()"}};
  return {"app.cpp", {graph}};
}

/// The same in closed form, without its boundary.
inline Plan affine_plan() {
  Plan plan = sample_plan();
  Graph& graph = plan.graphs[0];
  graph.tier = 1;
  graph.boundaries.clear();
  graph.dependences =
      Dependences{.symbols = {{"texts.size", "texts_size"}},
                  .families = {{0,
                                {"m"},
                                "[texts_size] -> { n0[m] : 0 <= m < texts_size }",
                                "[texts_size] -> { n0[m] -> [0, m, 0, 0] : 0 <= m < texts_size }",
                                {"0 <= m < texts_size"}},
                               {1, {}, "{ n1[] }", "{ n1[] -> [1, 0, 0, 0] }", {""}}},
                  .edges = {{1,
                             0,
                             0,
                             1,
                             "[texts_size] -> { n1[e] -> n0[e] : 0 <= e < texts_size }",
                             {{"e", "e", "0 <= e < texts_size"}}}},
                  .ranges = {{1, 0, "[texts_size] -> { n1[e] : 0 <= e < texts_size }"}},
                  .assumptions = "[texts_size] -> { : texts_size > 0 }",
                  .assumed = {"0 < texts_size"}};
  return plan;
}

/// The graph f of two tasks `a` and one `b`, where the running a#0 submits another `b`; and one task of
/// `main`.
inline Recording sample_recording() {
  Recording recording;
  recording.program = "/path/app";
  recording.names = {"a", "b"};
  recording.files = {"app.cpp"};
  recording.graphs = {{"f", 0, {}}, {"", 0, {}}, {"", 0, TaskId{10}}};
  recording.tasks = {{TaskId{10}, 0, 0, 0, 3},
                     {TaskId{11}, 0, 0, 0, 4},
                     {TaskId{12}, 0, 1, -1, 0},
                     {TaskId{20}, 2, 1, 0, 9},
                     {TaskId{21}, 1, 0, 0, 30}};
  recording.edges = {
      {TaskId{11}, TaskId{12}}, {TaskId{10}, TaskId{12}}, {TaskId{10}, TaskId{12}}, {TaskId{12}, TaskId{21}}};
  recording.boundaries = {{0, "app.cpp", 14, "a \"quoted\" reason"}};
  recording.events = {{TaskId{10}, 0, 1500, 3100, 1, 2, 8}, {TaskId{12}, 1, 1'000'000'007, 1, 1, 3, 0}};
  return recording;
}

}  // namespace dflow::formats::testing
