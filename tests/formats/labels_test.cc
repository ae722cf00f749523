#include "formats/labels.h"

#include <gmock/gmock.h>

#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using ::testing::ElementsAre;
using testing::sample_recording;

std::vector<std::string> tasks_of(const LabelledGraphs& all, std::size_t graph) {
  std::vector<std::string> labels;
  for (const Label label : all.graphs[graph].tasks) labels.push_back(all.text(label));
  return labels;
}

std::vector<std::string> edges_of(const LabelledGraphs& all, std::size_t index) {
  const LabelledGraph& graph = all.graphs[index];
  std::vector<std::string> edges;
  for (const auto& [producer, consumer] : graph.edges)
    edges.push_back(all.text(graph.tasks[producer]) + " -> " + all.text(graph.tasks[consumer]));
  return edges;
}

TEST(Labels, CountByNameInOrderOfSubmission) {
  const auto all = label_recording(sample_recording()).value();
  EXPECT_THAT(tasks_of(all, 0), ElementsAre("a#0", "a#1", "b#0"));
}

TEST(Labels, CountAfreshInEachGraphAndInstance) {
  Recording recording = sample_recording();
  recording.graphs.push_back({"f", 1, {}});
  recording.tasks.push_back({TaskId{30}, 3, 0, -1, 0});
  const auto all = label_recording(recording).value();
  EXPECT_EQ(all.graphs[3].instance, 1u);
  EXPECT_THAT(tasks_of(all, 3), ElementsAre("a#0"));
}

TEST(Labels, EdgesAreMergedAndSorted) {
  const auto all = label_recording(sample_recording()).value();
  EXPECT_THAT(edges_of(all, 0), ElementsAre("a#0 -> b#0", "a#1 -> b#0"));
}

TEST(Labels, TasksOfARunningTaskBelongToAGraphNamedAfterIt) {
  const auto all = label_recording(sample_recording()).value();
  EXPECT_EQ(all.graphs[1].name, "f/0/a#0");
  EXPECT_THAT(tasks_of(all, 1), ElementsAre("b#0"));
}

TEST(Labels, NamesNestAsTasksDo) {
  Recording recording = sample_recording();
  recording.graphs.push_back({"", 0, TaskId{20}});
  recording.tasks.push_back({TaskId{30}, 3, 0, -1, 0});
  EXPECT_EQ(label_recording(recording).value().graphs[3].name, "f/0/a#0/0/b#0");
}

TEST(Labels, AnEdgeFromAnotherGraphIsExternal) {
  const auto all = label_recording(sample_recording()).value();
  EXPECT_EQ(all.graphs[2].name, "");
  EXPECT_THAT(all.graphs[2].external_edges, ElementsAre(ExternalEdge{"f/0/b#0", "a#0"}));
  EXPECT_TRUE(all.graphs[2].edges.empty());
}

TEST(Labels, NamesOfOneSpellingShareACount) {
  Recording recording = sample_recording();
  recording.names[1] = "a";
  EXPECT_THAT(tasks_of(label_recording(recording).value(), 0), ElementsAre("a#0", "a#1", "a#2"));
}

TEST(Labels, EntriesOfOneGraphAndInstanceAreOneGraph) {
  Recording recording = sample_recording();
  recording.graphs[1] = {"f", 0, {}};
  const auto all = label_recording(recording).value();
  EXPECT_EQ(all.graphs.size(), 2u);
  EXPECT_THAT(tasks_of(all, 0), ElementsAre("a#0", "a#1", "b#0", "a#2"));
  EXPECT_THAT(edges_of(all, 0), ElementsAre("a#0 -> b#0", "a#1 -> b#0", "b#0 -> a#2"));
}

TEST(Labels, AnEmptyGraphStaysUnlessItHasNoName) {
  Recording recording;
  recording.graphs = {{"", 0, {}}, {"f", 0, {}}};
  const auto all = label_recording(recording).value();
  ASSERT_EQ(all.graphs.size(), 1u);
  EXPECT_EQ(all.graphs[0].name, "f");
}

TEST(Labels, ADryRunIsAnExpansion) {
  Recording recording = sample_recording();
  EXPECT_FALSE(label_recording(recording).value().expanded);
  recording.dry = true;
  EXPECT_TRUE(label_recording(recording).value().expanded);
}

TEST(Labels, BoundariesStayWithTheirGraph) {
  const auto all = label_recording(sample_recording()).value();
  ASSERT_EQ(all.graphs[0].boundaries.size(), 1u);
  EXPECT_EQ(all.graphs[0].boundaries[0].line, 14u);
}

/// Every task submits one other: names grow with depth, so that their sum is quadratic.
TEST(Labels, AbsurdNestingIsRefused) {
  Recording recording;
  recording.names = {std::string(1000, 'x')};
  recording.graphs = {{"", 0, {}}};
  recording.tasks = {{TaskId{0}, 0, 0, -1, 0}};
  for (std::uint32_t i = 1; i < 1100; ++i) {
    recording.graphs.push_back({"", 0, TaskId{i - 1}});
    recording.tasks.push_back({TaskId{i}, i, 0, -1, 0});
  }
  EXPECT_EQ(label_recording(recording).message(),
            "tasks are nested so deeply that their graphs' names do not fit");
}

}  // namespace
}  // namespace dflow::formats
