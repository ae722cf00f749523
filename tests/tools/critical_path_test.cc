#include "tools/dflow/critical_path.h"

#include <gmock/gmock.h>

namespace dflow::tools {
namespace {

using Edges = std::vector<formats::LabelledEdge>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CriticalPath path_of(const std::vector<std::uint64_t>& ns, const Edges& edges) {
  return critical_path(Digraph(ns.size(), edges), ns);
}

TEST(Digraph, KnowsNeighboursOnBothSides) {
  const Digraph graph(4, Edges{{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  EXPECT_THAT(graph.consumers(0), ElementsAre(1, 2));
  EXPECT_THAT(graph.producers(3), ElementsAre(1, 2));
  EXPECT_THAT(graph.producers(0), IsEmpty());
}

TEST(Digraph, OrdersProducersBeforeConsumersWhateverTheirNumbers) {
  EXPECT_THAT(Digraph(4, Edges{{3, 2}, {2, 0}, {3, 1}}).order(), ElementsAre(3, 2, 1, 0));
}

TEST(Digraph, PutsCirclesAtTheEndByNumber) {
  EXPECT_THAT(Digraph(5, Edges{{0, 4}, {2, 1}, {1, 2}, {2, 3}}).order(), ElementsAre(0, 4, 1, 2, 3));
}

TEST(Digraph, MayBeEmpty) {
  EXPECT_THAT(Digraph(0, {}).order(), IsEmpty());
}

TEST(CriticalPath, IsTheSlowestChainAndNotTheLongest) {
  const auto path = path_of({1, 1, 1, 1, 10}, {{0, 1}, {1, 2}, {2, 3}, {0, 4}});
  EXPECT_THAT(path.tasks, ElementsAre(0, 4));
  EXPECT_EQ(path.ns, 11);
}

TEST(CriticalPath, GoesThroughTheSlowerSideOfADiamond) {
  const auto path = path_of({1, 2, 3, 4}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  EXPECT_THAT(path.tasks, ElementsAre(0, 2, 3));
  EXPECT_EQ(path.ns, 8);
}

TEST(CriticalPath, OfTasksThatNeedNothingIsTheSlowestOne) {
  EXPECT_THAT(path_of({5, 9, 9}, {}).tasks, ElementsAre(1));
}

TEST(CriticalPath, DoesNotFollowCircles) {
  const auto path = path_of({1, 2, 4}, {{1, 2}, {2, 1}, {0, 1}});
  EXPECT_THAT(path.tasks, ElementsAre(0, 1, 2));
  EXPECT_EQ(path.ns, 7);
}

TEST(CriticalPath, OfNoTasksIsEmpty) {
  EXPECT_THAT(path_of({}, {}).tasks, IsEmpty());
}

}  // namespace
}  // namespace dflow::tools
