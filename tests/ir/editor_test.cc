#include "compiler/ir/editor.h"

#include <gmock/gmock.h>

namespace dflow::compiler::ir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// 0 feeds 1 and 2, 1 feeds 2, which takes a container; 1 is returned.
Editor editor() {
  Plan plan;
  for (std::uint32_t i = 0; i < 3; ++i)
    plan.families.push_back({.node = i, .steps = {Step{}}, .variables = {}, .domain = "", .order = ""});
  for (const auto& [producer, consumer] : {std::pair(0U, 1U), {0U, 2U}, {1U, 2U}})
    plan.uses.push_back({.consumer = consumer, .producer = producer, .relation = ""});
  plan.ranges = {{2, 0, ""}};
  plan.returned = {{"", {{1, ""}}}};
  return Editor(std::move(plan));
}

std::vector<std::uint32_t> consumers(const std::vector<Use*>& uses) {
  std::vector<std::uint32_t> all;
  for (const Use* use : uses) all.push_back(use->consumer);
  return all;
}

TEST(PlanEditor, FindsWhatReadsAndIsRead) {
  Editor made = editor();
  EXPECT_THAT(consumers(made.readers_of(0)), ElementsAre(1, 2));
  EXPECT_EQ(made.inputs_of(2).size(), 2U);
  EXPECT_EQ(made.ranges_of(2).size(), 1U);
  EXPECT_TRUE(made.is_returned(1));
  EXPECT_FALSE(made.is_returned(2));
  EXPECT_THAT(made.readers_of(7), IsEmpty());
  EXPECT_THROW(made.family(7), std::logic_error);
}

TEST(PlanEditor, ForgetsADroppedFamilyAndAllThatItReads) {
  Editor made = editor();
  made.drop(made.family(2));
  EXPECT_EQ(made.find(2), nullptr);
  EXPECT_THAT(consumers(made.readers_of(0)), ElementsAre(1));
  EXPECT_EQ(made.families().size(), 2U);
  const Plan plan = std::move(made).finish();
  EXPECT_EQ(plan.families.size(), 2U);
  EXPECT_EQ(plan.uses.size(), 1U);
  EXPECT_THAT(plan.ranges, IsEmpty());
}

TEST(PlanEditor, FollowsUsesToTheirNewEnds) {
  Editor made = editor();
  made.set_producer(*made.inputs_of(1)[0], 2);
  made.set_consumer(*made.readers_of(1)[0], 0);
  made.set_consumer(*made.ranges_of(2)[0], 0);
  EXPECT_THAT(consumers(made.readers_of(0)), ElementsAre(2));
  EXPECT_THAT(consumers(made.readers_of(2)), ElementsAre(1));
  EXPECT_EQ(made.inputs_of(0)[0]->producer, 1U);
  EXPECT_EQ(made.inputs_of(2).size(), 1U);
  made.drop(*made.inputs_of(2)[0]);
  EXPECT_EQ(made.uses().size(), 2U);
  const Plan plan = std::move(made).finish();
  EXPECT_EQ(plan.uses.size(), 2U);
  EXPECT_EQ(plan.ranges[0].node, 0U);
}

}  // namespace
}  // namespace dflow::compiler::ir
