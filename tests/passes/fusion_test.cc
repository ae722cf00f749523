#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

const std::string kAll = "[i] : 0 <= i < n", kSame = "[i] -> [i] : 0 <= i < n";

/// The calls of each task: "f g".
std::vector<std::string> tasks(const Sketch& sketch) {
  std::vector<std::string> all;
  for (const ir::Family& family : after("fusion", sketch).plan.families) {
    std::string& names = all.emplace_back();
    for (const ir::Step& step : family.steps) names += (names.empty() ? "" : " ") + step.call.task;
  }
  return all;
}

TEST(Fusion, JoinsAMapWithTheMapThatFeedsIt) {
  const auto made =
      after("fusion", Sketch().task("f", kAll).value("x").task("g", kAll).value("y").reads(0, kSame));
  ASSERT_EQ(made.plan.families.size(), 1U);
  const ir::Family& family = made.plan.families[0];
  EXPECT_EQ(family.node, 1U);
  EXPECT_EQ(family.steps[0].at, "[n] -> { n1[i] -> n0[i] : 0 <= i < n }");
  EXPECT_EQ(family.steps[1].first_argument, 1U);
  EXPECT_EQ(family.steps[1].fed, 1U);
  EXPECT_THAT(made.plan.uses, IsEmpty());
  EXPECT_EQ(
      made.remarks[0],
      (Remark{1, "'g' runs in one task with 'f', the only one that it waits for, and which feeds no other",
              0}));
}

TEST(Fusion, JoinsChainsOfAnyLength) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b").reads(0).task("c").reads(1).task("d").reads(2)),
              ElementsAre("a b c d"));
}

TEST(Fusion, JoinsLongChains) {
  constexpr std::uint32_t kCalls = 1000;
  Sketch sketch;
  sketch.task("f", kAll);
  for (std::uint32_t i = 0; i + 1 < kCalls; ++i) sketch.task("f", kAll).reads(i, kSame);
  const auto made = optimise(sketch.plan, {"-all", "fusion"});
  ASSERT_TRUE(made);
  ASSERT_EQ(made.value().plan.families.size(), 1U);
  EXPECT_EQ(made.value().plan.families[0].steps.size(), kCalls);
}

TEST(Fusion, KeepsWhatTheFirstOneReads) {
  Sketch sketch;
  sketch.task("x", kAll).task("f").reads(0, "[e] -> [e] : 0 <= e < n", 1).task("g").reads(1);
  sketch.plan.ranges.push_back({1, 0, "[n] -> { n1[e] : 0 <= e < n }"});
  const auto made = after("fusion", sketch);
  ASSERT_EQ(made.plan.families.size(), 2U);
  EXPECT_EQ(made.plan.uses[0].relation, "[n] -> { n2[i0] -> n0[i0] : 0 <= i0 < n }");
  EXPECT_EQ(made.plan.ranges[0], (formats::ElementRange{2, 0, "[n] -> { n2[i0] : 0 <= i0 < n }"}));
}

TEST(Fusion, FollowsIndicesThatRunTheOtherWay) {
  const auto made =
      after("fusion", Sketch().task("f", kAll).task("g", kAll).reads(0, "[i] -> [n - 1 - i] : 0 <= i < n"));
  ASSERT_EQ(made.plan.families.size(), 1U);
  EXPECT_THAT(made.plan.families[0].steps[0].at, HasSubstr("n - 1 - i"));
}

/// Limits and default values are for one call alone.
TEST(Fusion, LeavesCallsWithLimitsOrWhoseFailuresAreIgnored) {
  for (const std::size_t which : {0U, 1U}) {
    Sketch limited = Sketch().task("a").task("b").reads(0);
    limited.plan.families[which].steps[0].call.limited = true;
    EXPECT_THAT(tasks(limited), ElementsAre("a", "b"));
    Sketch ignoring = Sketch().task("a").task("b").reads(0);
    ignoring.plan.families[which].steps[0].call.ignores = true;
    EXPECT_THAT(tasks(ignoring), ElementsAre("a", "b"));
  }
}

TEST(Fusion, LeavesWhatTwoRead) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b").reads(0).task("c").reads(0)), ElementsAre("a", "b", "c"));
}

/// The first could not start before the other input is there.
TEST(Fusion, LeavesWhatWaitsForAnotherToo) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b").task("c").reads(0).reads(1)), ElementsAre("a", "b", "c"));
}

TEST(Fusion, LeavesWhatTheCallerIsGiven) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b").reads(0).returns(0).returns(1, "[] -> []")),
              ElementsAre("a", "b"));
}

TEST(Fusion, LeavesWhatManyInstancesRead) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b", kAll).reads(0, "[i] -> [] : 0 <= i < n")),
              ElementsAre("a", "b"));
}

TEST(Fusion, LeavesWhatNotAllAreRead) {
  EXPECT_THAT(tasks(Sketch().task("a", kAll).task("b", "[i] : 0 < i < n").reads(0, "[i] -> [i] : 0 < i < n")),
              ElementsAre("a", "b"));
}

TEST(Fusion, LeavesWhatNotAllInstancesWaitFor) {
  EXPECT_THAT(tasks(Sketch().task("a").task("b", kAll).reads(0, "[i] -> [] : i = 0")), ElementsAre("a", "b"));
}

TEST(Fusion, LeavesAChainThatALoopMakes) {
  EXPECT_THAT(tasks(Sketch().task("a", kAll).reads(0, "[i] -> [i - 1] : 0 < i < n")), ElementsAre("a"));
}

TEST(Fusion, LeavesContainersAndTrees) {
  Sketch sketch;
  sketch.task("a", kAll).task("all").reads(0, "[e] -> [e] : 0 <= e < n", 1);
  EXPECT_THAT(tasks(sketch), ElementsAre("a", "all"));
  Sketch tree;
  tree.task("a", "[]", formats::NodeOp::reduce).task("b").reads(0);
  EXPECT_THAT(tasks(tree), ElementsAre("a", "b"));
}

/// Also where it reads no more than the value that it begins with.
TEST(Fusion, LeavesATreeThatReadsOneResult) {
  EXPECT_THAT(tasks(Sketch().task("a").task("sum", "[]", formats::NodeOp::reduce).reads(0)),
              ElementsAre("a", "sum"));
}

/// Of a container of futures from outside.
TEST(Fusion, LeavesWhatMayWaitForTheCaller) {
  Sketch sketch;
  sketch.task("a").task("b").reads(0);
  sketch.plan.ranges.push_back({1, 1, "[n] -> { n1[e] : 0 <= e < n }"});
  EXPECT_THAT(tasks(sketch), ElementsAre("a", "b"));
}

TEST(Fusion, LeavesWhatHasNoSingleForm) {
  EXPECT_THAT(tasks(Sketch()
                        .task("a", kAll)
                        .task("b", kAll)
                        .reads(0, "[i] -> [i + 1] : 0 <= i < n - 1")
                        .reads_too(0, "[i] -> [0] : i = n - 1 and n > 0")),
              ElementsAre("a", "b"));
  EXPECT_THAT(tasks(Sketch().task("a", kAll).task("b", kAll).reads(
                  0, "[i] -> [o] : (o = i + 1 and 0 <= i < n - 1) or (o = 0 and i = n - 1)")),
              ElementsAre("a", "b"));
}

}  // namespace
}  // namespace dflow::compiler::passes::test
