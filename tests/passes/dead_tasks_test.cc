#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

std::vector<std::string> left(const Sketch& sketch) {
  std::vector<std::string> names;
  for (const ir::Family& family : after("dead-tasks", sketch).plan.families)
    names.push_back(family.call().task);
  return names;
}

TEST(DeadTasks, DropsWhatNobodyReads) {
  const auto made = after("dead-tasks", Sketch().task("a").task("b").pure().reads(0).returns(0));
  ASSERT_EQ(made.plan.families.size(), 1U);
  EXPECT_THAT(made.plan.uses, IsEmpty());
  EXPECT_THAT(texts(made), ElementsAre("'b' is dropped: it is pure, and nothing depends on what it gives"));
}

TEST(DeadTasks, DropsWhatOnlyDeadOnesRead) {
  EXPECT_THAT(left(Sketch().task("a").pure().task("b").pure().reads(0).task("c")), ElementsAre("c"));
}

TEST(DeadTasks, DropsAChainThatEndsNowhere) {
  EXPECT_THAT(left(Sketch()
                       .task("a")
                       .pure()
                       .returns(0)
                       .task("b", "[i] : 0 <= i < n")
                       .pure()
                       .reads(1, "[i] -> [i - 1] : 0 < i < n")),
              ElementsAre("a"));
}

TEST(DeadTasks, KeepsWhatHasEffects) {
  EXPECT_THAT(left(Sketch().task("a").task("b").reads(0)), ElementsAre("a", "b"));
}

TEST(DeadTasks, KeepsWhatTasksWithEffectsRead) {
  EXPECT_THAT(left(Sketch().task("a").pure().task("b").reads(0)), ElementsAre("a", "b"));
}

TEST(DeadTasks, KeepsWhatTheCallerIsGiven) {
  EXPECT_THAT(left(Sketch().task("a").pure().task("b").pure().reads(0).returns(1)), ElementsAre("a", "b"));
}

TEST(DeadTasks, DropsSingleInstances) {
  const auto made = after("dead-tasks", Sketch()
                                            .task("a", "[i] : 0 <= i < n")
                                            .pure()
                                            .task("b", "[i] : 0 <= i < n")
                                            .pure()
                                            .reads(0, "[i] -> [i] : 0 <= i < n")
                                            .task("c", "[i] : 0 < i < n")
                                            .reads(1, "[i] -> [i] : 0 < i < n"));
  EXPECT_EQ(made.plan.families[0].domain, "[n] -> { n0[i] : 0 < i < n }");
  EXPECT_EQ(made.plan.families[1].domain, "[n] -> { n1[i] : 0 < i < n }");
  EXPECT_EQ(made.plan.families[1].order, "[n] -> { n1[i] -> [1, i, 0] : 0 < i < n }");
  EXPECT_EQ(made.plan.uses[0].relation, "[n] -> { n1[i] -> n0[i] : 0 < i < n }");
  EXPECT_THAT(texts(made), testing::Contains("'a' runs only where something depends on what it gives"));
}

/// Each look only finds the last one of those that nobody needs; here there are twenty.
TEST(DeadTasks, LeaveAChainWhoseEndNobodyReads) {
  const auto made = after("dead-tasks", Sketch()
                                            .task("step", "[i] : 0 <= i < 20")
                                            .pure()
                                            .reads(0, "[i] -> [i - 1] : 0 < i < 20")
                                            .returns(0, "[] -> [0]"));
  EXPECT_EQ(made.plan.families[0].domain, "[n] -> { n0[i] : 0 <= i < 20 }");
}

TEST(DeadTasks, NarrowsContainersWithTheirReaders) {
  Sketch sketch;
  sketch.task("a", "[i] : 0 <= i < n")
      .task("all", "[j] : 0 <= j < n")
      .pure()
      .reads(0, "[j, e] -> [e] : 0 <= j < n and 0 <= e < n", 1);
  sketch.plan.ranges.push_back({1, 0, "[n] -> { n1[j, e] : 0 <= j < n and 0 <= e < n }"});
  const auto made = after("dead-tasks", sketch.returns(1, "[] -> [0]"));
  EXPECT_EQ(made.plan.ranges[0].domain, "[n] -> { n1[j = 0, e] : 0 <= e < n }");
}

}  // namespace
}  // namespace dflow::compiler::passes::test
