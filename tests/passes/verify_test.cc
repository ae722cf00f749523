#include "compiler/passes/verify.h"
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

TEST(Verify, RefusesAValueThatComesFromATask) {
  Sketch sketch = Sketch().task("a").task("b").reads(0);
  sketch.plan.families[1].steps[0].call.arguments[0].is_future = false;
  EXPECT_THAT(fault_of(sketch.plan), HasSubstr("another type"));
}

TEST(Verify, RefusesFamiliesThatAreNotWhole) {
  Sketch other_number = chain();
  other_number.plan.families[1].node = 7;
  EXPECT_THAT(fault_of(other_number.plan), HasSubstr("family 7 is not whole"));
  Sketch twice = chain();
  twice.plan.families.push_back(twice.plan.families[0]);
  EXPECT_THAT(fault_of(twice.plan), HasSubstr("family 0 is not whole"));
}

TEST(Verify, RefusesAStepThatIsFedAnotherType) {
  const auto fused = optimise(Sketch().task("a").task("b").reads(0).plan, {"-all", "fusion"});
  ASSERT_TRUE(fused);
  ir::Plan plan = fused.value().plan;
  EXPECT_EQ(fault_of(plan), "");
  plan.families[0].steps[0].call.result = "long";
  EXPECT_THAT(fault_of(plan), HasSubstr("not whole"));
}

TEST(Verify, RefusesToReturnWhatIsNotMade) {
  Sketch sketch = chain().returns(1, "[] -> [0]");
  sketch.plan.returned[0].outputs[0].producer = 7;
  EXPECT_THAT(fault_of(sketch.plan), HasSubstr("what is returned is not made"));
}

/// What was proved of a use holds for the families that it had then.
TEST(Verify, LooksAgainWhereAFamilyHasChanged) {
  const flow::Relations relations("[n] -> { : n >= 2 }");
  Verifier verifier(relations);
  ir::Plan plan = chain().plan;
  EXPECT_TRUE(verifier.verify(plan));
  EXPECT_TRUE(verifier.verify(plan));
  plan.families[1].domain = "[n] -> { n1[i] : 0 <= i < n - 1 }";
  EXPECT_THAT(verifier.verify(plan).message(), HasSubstr("leads out"));
}

TEST(Switches, LetLaterOnesWin) {
  EXPECT_TRUE(is_on("last-use", {}));
  EXPECT_FALSE(is_on("last-use", {"last-use", "-all"}));
  EXPECT_TRUE(is_on("last-use", {"-all", "last-use"}));
}

}  // namespace
}  // namespace dflow::compiler::passes::test
