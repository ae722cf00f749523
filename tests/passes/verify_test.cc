#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

std::string fault_of(const ir::Plan& plan) {
  const auto checked = optimise(plan, {"-all", "verify"});
  return checked ? "" : checked.message();
}

Sketch chain() {
  return Sketch()
      .task("begin")
      .task("step", "[i] : 0 <= i < n")
      .reads(1, "[i] -> [i - 1] : 0 < i < n")
      .reads_too(0, "[i] -> [] : i = 0 and n > 0");
}

TEST(Verify, AllowsAChain) {
  EXPECT_EQ(fault_of(chain().plan), "");
}

TEST(Verify, RefusesATaskThatWaitsForItself) {
  EXPECT_THAT(fault_of(Sketch().task("step", "[i] : 0 <= i < n").reads(0, "[i] -> [i] : 0 <= i < n").plan),
              HasSubstr("comes later"));
}

TEST(Verify, RefusesATaskThatWaitsForALaterOne) {
  EXPECT_THAT(
      fault_of(Sketch().task("step", "[i] : 0 <= i < n").reads(0, "[i] -> [i + 1] : 0 <= i < n - 1").plan),
      HasSubstr("comes later"));
}

TEST(Verify, RefusesAResultOfAnotherType) {
  Sketch sketch = chain();
  sketch.plan.families[0].steps[0].call.result = "long";
  EXPECT_EQ(fault_of(sketch.plan), "argument 0 of 'step', from 'begin', has another type");
}

TEST(Verify, RefusesADependenceThatLeavesItsFamily) {
  EXPECT_THAT(fault_of(Sketch().task("a", "[i] : 0 <= i < n").task("b").reads(0, "[] -> [n]").plan),
              HasSubstr("leads out"));
}

TEST(Verify, RefusesAnArgumentFromTwoTasks) {
  EXPECT_THAT(fault_of(Sketch().task("a").task("b").task("c").reads(0).reads_too(1, "[] -> []").plan),
              HasSubstr("elsewhere"));
}

TEST(Verify, IsDoneBehindEachPass) {
  Sketch sketch = chain();
  sketch.plan.families[1].node = 7;
  EXPECT_THAT(fault_of(sketch.plan), HasSubstr("not whole"));
}

TEST(Switches, LetLaterOnesWin) {
  EXPECT_TRUE(is_on("last-use", {}));
  EXPECT_FALSE(is_on("last-use", {"last-use", "-all"}));
  EXPECT_TRUE(is_on("last-use", {"-all", "last-use"}));
}

}  // namespace
}  // namespace dflow::compiler::passes::test
