#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

std::size_t families_after(const Sketch& sketch) {
  return after("common-calls", sketch).plan.families.size();
}

/// Two calls of `f` and one that reads both.
Sketch twice(const std::string& first, const std::string& second) {
  return Sketch().task("f").pure().value(first).task("f").pure().value(second).task("g").reads(0).reads(1);
}

TEST(CommonCalls, AreMadeOnce) {
  const auto made = after("common-calls", twice("x", "x"));
  ASSERT_EQ(made.plan.families.size(), 2U);
  EXPECT_EQ(made.plan.uses[1].producer, 0U);
  ASSERT_EQ(made.remarks.size(), 1U);
  EXPECT_EQ(made.remarks[0],
            (Remark{1, "'f' is not run again: it is pure, and called with the same arguments", 0}));
}

TEST(CommonCalls, HaveTheSameValues) {
  EXPECT_EQ(families_after(twice("x", "y")), 3U);
}

TEST(CommonCalls, AreOfPureFunctions) {
  EXPECT_EQ(families_after(Sketch().task("f").task("f").task("g").reads(0).reads(1)), 3U);
}

TEST(CommonCalls, AreOfOneFunction) {
  EXPECT_EQ(families_after(Sketch().task("f").pure().task("h").pure().task("g").reads(0).reads(1)), 3U);
}

/// The caller may cancel one of them.
TEST(CommonCalls, AreNotHandedOut) {
  EXPECT_EQ(families_after(twice("x", "x").returns(1)), 3U);
  EXPECT_EQ(families_after(twice("x", "x").returns(0)), 3U);
}

TEST(CommonCalls, AreFoundBehindOthers) {
  Sketch sketch = twice("x", "x");
  sketch.plan.families.pop_back();
  sketch.plan.uses.clear();
  sketch.task("h").pure().reads(0).task("h").pure().reads(1).task("g").reads(2).reads(3);
  EXPECT_EQ(families_after(sketch), 3U);
}

TEST(CommonCalls, AreComparedByTheirIndices) {
  const auto loops = [](const std::string& second) {
    return Sketch()
        .task("f", "[i] : 0 <= i < n")
        .pure()
        .value("x[#0]")
        .task("f", second)
        .pure()
        .value("x[#0]")
        .task("g", "[k] : 0 <= k < n - 1")
        .reads(1, "[k] -> [k] : 0 <= k < n - 1");
  };
  const auto made = after("common-calls", loops("[j] : 0 <= j < n - 1"));
  ASSERT_EQ(made.plan.families.size(), 2U);
  EXPECT_EQ(made.plan.uses[0].relation, "[n] -> { n2[k] -> n0[k] : 0 <= k <= -2 + n }");
  EXPECT_EQ(families_after(loops("[j] : 0 <= j <= n")), 3U) << "the second has an instance more";
}

TEST(CommonCalls, TakeTheSameFutures) {
  const auto readers = [](const std::string& by) {
    return Sketch()
        .task("a", "[i] : 0 <= i < n")
        .task("f", "[i] : 0 <= i < n")
        .pure()
        .reads(0, "[i] -> [i] : 0 <= i < n")
        .task("f", "[i] : 0 <= i < n")
        .pure()
        .reads(0, by)
        .task("g")
        .reads(2, "[] -> [0]");
  };
  EXPECT_EQ(families_after(readers("[i] -> [i] : 0 <= i < n")), 3U);
  EXPECT_EQ(families_after(readers("[i] -> [n - 1 - i] : 0 <= i < n")), 4U);
}

TEST(CommonCalls, GiveTheSameAndTakeTheSameInTheSameWay) {
  Sketch results = twice("x", "x");
  results.plan.families[1].steps[0].call.result = "long";
  results.plan.uses.pop_back();
  EXPECT_EQ(families_after(results), 3U);
  Sketch arguments = twice("x", "x");
  arguments.plan.families[1].steps[0].call.arguments[0].type = "long";
  EXPECT_EQ(families_after(arguments), 3U);
  Sketch operations = twice("x", "x");
  operations.plan.families[1].steps[0].call.op = formats::NodeOp::map;
  EXPECT_EQ(families_after(operations), 3U);
}

/// A task that is tried again may succeed where another fails, and whoever waits for it may be cancelled
/// instead.
TEST(CommonCalls, FailInTheSameWay) {
  Sketch tried = twice("x", "x");
  tried.plan.families[1].steps[0].call.retries = 2;
  EXPECT_EQ(families_after(tried), 3U);
  Sketch cancelling = twice("x", "x");
  cancelling.plan.families[0].steps[0].call.cancels = true;
  EXPECT_EQ(families_after(cancelling), 3U);
  cancelling.plan.families[1].steps[0].call.cancels = true;
  EXPECT_EQ(families_after(cancelling), 2U);
  Sketch limited = twice("x", "x");
  limited.plan.families[1].steps[0].call.limited = true;
  EXPECT_EQ(families_after(limited), 3U);
  Sketch ignoring = twice("x", "x");
  ignoring.plan.families[1].steps[0].call.ignores = true;
  EXPECT_EQ(families_after(ignoring), 3U);
}

/// Elements of a container that come from outside have no producers, but they count.
TEST(CommonCalls, TakeContainersOfTheSameLength) {
  const auto containers = [](const std::string& length) {
    Sketch sketch = twice("x", "x");
    sketch.plan.ranges = {{0, 0, "[n] -> { n0[e] : 0 <= e < n }"},
                          {1, 0, "[n] -> { n1[e] : 0 <= e < " + length + " }"}};
    return sketch;
  };
  EXPECT_EQ(families_after(containers("n")), 2U);
  EXPECT_EQ(families_after(containers("n - 1")), 3U);
}

/// In a plan the earlier call need not stand first.
TEST(CommonCalls, KeepTheEarlierOne) {
  Sketch sketch = twice("x", "x");
  std::swap(sketch.plan.families[0], sketch.plan.families[1]);
  const auto made = after("common-calls", sketch);
  ASSERT_EQ(made.plan.families.size(), 2U);
  EXPECT_EQ(made.plan.families[0].node, 0U);
}

/// Those that stand before what makes them alike are found at the second look.
TEST(CommonCalls, AreLookedForUntilThereAreNone) {
  Sketch sketch = twice("x", "x");
  sketch.plan.families.pop_back();
  sketch.plan.uses.clear();
  sketch.task("h").pure().reads(0).task("h").pure().reads(1).task("g").reads(2).reads(3);
  std::rotate(sketch.plan.families.begin(), sketch.plan.families.begin() + 2, sketch.plan.families.end() - 1);
  EXPECT_EQ(families_after(sketch), 3U);
}

TEST(CommonCalls, AreSingle) {
  Sketch sketch;
  for (int i = 0; i < 2; ++i) {
    sketch.task("f").pure().value("x");
    ir::Family& family = sketch.plan.families.back();
    ir::Step second = family.steps[0];
    family.steps[0].at = "[n] -> { n" + std::to_string(i) + "[] -> n" + std::to_string(i) + "[] }";
    second.call.arguments = {{true, false, "text", ""}};
    second.first_argument = 1;
    second.fed = 0;
    family.steps.push_back(second);
  }
  EXPECT_EQ(families_after(sketch.task("g").reads(0).reads(1)), 3U);
}

/// Of a chain each instance depends on the one before, so two chains that begin alike are not seen to be the
/// same.
TEST(CommonCalls, AreNotGuessedFromThemselves) {
  const std::string step = "[i] -> [i - 1] : 0 < i < n";
  EXPECT_EQ(families_after(Sketch()
                               .task("f", "[i] : 0 <= i < n")
                               .pure()
                               .reads(0, step)
                               .task("f", "[i] : 0 <= i < n")
                               .pure()
                               .reads(1, step)
                               .task("g")
                               .reads(1, "[] -> [0]")),
            3U);
}

}  // namespace
}  // namespace dflow::compiler::passes::test
