#include "compiler/ir/graph.h"

#include <gmock/gmock.h>

namespace dflow::compiler::ir {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

Plan plan_of(std::uint32_t families, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& uses) {
  Plan plan;
  for (std::uint32_t i = 0; i < families; ++i)
    plan.families.push_back({.node = i, .steps = {Step{}}, .variables = {}, .domain = "", .order = ""});
  for (const auto& [producer, consumer] : uses)
    plan.uses.push_back({.consumer = consumer, .producer = producer, .relation = ""});
  return plan;
}
const auto always = [](const auto&) { return true; };

TEST(PlanGraph, PutsProducersBeforeConsumersAndCirclesTogether) {
  const auto found = components(plan_of(4, {{3, 1}, {1, 2}, {2, 1}, {2, 0}}));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0], ElementsAre(3));
  EXPECT_THAT(found[1], UnorderedElementsAre(1, 2));
  EXPECT_THAT(found[2], ElementsAre(0));
}

TEST(PlanGraph, KnowsWhatLeadsToWhat) {
  const auto plan = plan_of(4, {{0, 1}, {1, 2}, {1, 1}, {0, 3}});
  EXPECT_THAT(lead_to(plan, [](const Family& each) { return each.node == 2; }),
              ElementsAre(true, true, true, false));
}

TEST(PlanGraph, MeasuresTheLongestWay) {
  EXPECT_THAT(heights(plan_of(4, {{0, 1}, {1, 2}, {0, 2}, {3, 2}}), always), ElementsAre(3, 2, 1, 2));
}

TEST(PlanGraph, LeavesCirclesOutOfLongestWays) {
  EXPECT_THAT(heights(plan_of(3, {{0, 1}, {1, 0}, {1, 2}, {2, 2}}), always), ElementsAre(1, 2, 1));
}

TEST(PlanGraph, FollowsNoUseThatIsNotAskedFor) {
  EXPECT_THAT(heights(plan_of(2, {{0, 1}}), [](const Use&) { return false; }), ElementsAre(1, 1));
}

}  // namespace
}  // namespace dflow::compiler::ir
