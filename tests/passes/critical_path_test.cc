#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

std::vector<std::uint32_t> levels(const Sketch& sketch) {
  std::vector<std::uint32_t> all;
  for (const ir::Family& family : after("critical-path", sketch).plan.families) all.push_back(family.level);
  return all;
}

TEST(CriticalPath, IsTheLongestWayToAnEnd) {
  EXPECT_THAT(levels(Sketch().task("a").task("b").reads(0).task("c").reads(1).task("d").reads(0)),
              ElementsAre(3, 2, 1, 1));
}

TEST(CriticalPath, CountsCallsOfOneTask) {
  Sketch sketch;
  sketch.task("a").task("b").task("c").reads(1).task("d").reads(0);
  const auto fused = optimise(sketch.plan, {"-all", "fusion", "critical-path"});
  ASSERT_EQ(fused.value().plan.families.size(), 2U);
  EXPECT_EQ(fused.value().plan.families[0].level, 2U);
}

/// As in a factorisation: what leads to the next round does not count.
TEST(CriticalPath, LooksAtOneRoundOfACircle) {
  EXPECT_THAT(levels(Sketch()
                         .task("pivot", "[k] : 0 <= k < n")
                         .reads(2, "[k] -> [k - 1] : 0 < k < n")
                         .task("row", "[k] : 0 <= k < n")
                         .reads(0, "[k] -> [k] : 0 <= k < n")
                         .task("update", "[k] : 0 <= k < n")
                         .reads(1, "[k] -> [k] : 0 <= k < n")
                         .in_one_loop()),
              ElementsAre(3, 2, 1));
}

TEST(CriticalPath, LooksAtOneRound) {
  EXPECT_THAT(levels(Sketch()
                         .task("pivot", "[k] : 0 <= k < n")
                         .task("row", "[k] : 0 <= k < n")
                         .reads(0, "[k] -> [k] : 0 <= k < n")
                         .task("update", "[k] : 0 <= k < n")
                         .reads(1, "[k] -> [k] : 0 <= k < n")
                         .reads(2, "[k] -> [k - 1] : 0 < k < n")),
              ElementsAre(3, 2, 1));
}

}  // namespace
}  // namespace dflow::compiler::passes::test
