#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

using enum ir::Reader;

std::vector<ir::Reader> readers(const Sketch& sketch) {
  std::vector<ir::Reader> all;
  for (const ir::Use& use : after("last-use", sketch).plan.uses) all.push_back(use.reader);
  return all;
}

TEST(LastUse, MovesWhatIsReadOnce) {
  const auto made = after("last-use", Sketch()
                                          .task("make", "[i] : 0 <= i < n")
                                          .task("take", "[i] : 0 <= i < n")
                                          .reads(0, "[i] -> [i] : 0 <= i < n"));
  EXPECT_EQ(made.plan.uses[0].reader, last);
  EXPECT_THAT(texts(made), ElementsAre("what 'make' gives is moved into 'take': it is read last here"));
}

TEST(LastUse, MovesAlongAChain) {
  EXPECT_THAT(readers(Sketch()
                          .task("begin")
                          .task("step", "[i] : 0 <= i < n")
                          .reads(1, "[i] -> [i - 1] : 0 < i < n")
                          .reads_too(0, "[i] -> [] : i = 0")),
              ElementsAre(last, last));
}

TEST(LastUse, CountsWhereTwoReadInAnyOrder) {
  EXPECT_THAT(readers(Sketch().task("make").task("one").reads(0).task("other").reads(0)),
              ElementsAre(counted, counted));
}

TEST(LastUse, CountsWhereManyInstancesReadOne) {
  EXPECT_THAT(
      readers(Sketch().task("make").task("each", "[i] : 0 <= i < n").reads(0, "[i] -> [] : 0 <= i < n")),
      ElementsAre(counted));
}

TEST(LastUse, LetsTheReaderThatWaitsForTheOtherTakeIt) {
  const auto made = after("last-use", Sketch().task("a").task("b").reads(0).task("c").reads(0).reads(1));
  EXPECT_EQ(made.plan.uses[0].reader, never);
  EXPECT_EQ(made.plan.uses[1].reader, last);
  EXPECT_THAT(texts(made), testing::Contains("what 'a' gives is copied for 'b': it is read elsewhere later"));
}

/// What comes after its limit may come while its body still reads.
TEST(LastUse, CountsWhereTheOtherHasATimeLimit) {
  Sketch sketch = Sketch().task("a").task("b").reads(0).task("c").reads(0).reads(1);
  sketch.plan.families[1].steps[0].call.limited = true;
  EXPECT_THAT(readers(sketch), ElementsAre(counted, counted, last));
  sketch.plan.families[1].steps[0].call.limited = false;
  sketch.plan.families[2].steps[0].call.limited = true;
  EXPECT_THAT(readers(sketch), ElementsAre(never, last, last));
}

TEST(LastUse, CountsWhereOnlySomeWaitForTheOther) {
  const std::string all = "[i] : 0 <= i < n", same = "[i] -> [i] : 0 <= i < n";
  EXPECT_THAT(readers(Sketch()
                          .task("a", all)
                          .task("b", all)
                          .reads(0, same)
                          .task("c", all)
                          .reads(0, same)
                          .reads(1, "[i] -> [i] : 0 < i < n")
                          .returns(1, "[] -> [0]")),
              ElementsAre(counted, counted, last));
}

TEST(LastUse, LooksThroughOneTaskBetweenReaders) {
  EXPECT_THAT(readers(Sketch().task("a").task("b").reads(0).task("c").reads(1).task("d").reads(0).reads(2)),
              ElementsAre(never, last, last, last));
}

TEST(LastUse, CountsWhereATaskTakesOneResultTwice) {
  EXPECT_THAT(readers(Sketch().task("a").task("b").reads(0).reads(0)), ElementsAre(counted, counted));
}

TEST(LastUse, NeverTakesWhatTheCallerIsGiven) {
  EXPECT_THAT(readers(Sketch().task("a").task("b").reads(0).returns(0)), ElementsAre(never));
}

TEST(LastUse, CountsWhereTheCallerIsGivenSomeOfIt) {
  EXPECT_THAT(readers(Sketch()
                          .task("a", "[i] : 0 <= i < n")
                          .task("b", "[i] : 0 <= i < n")
                          .reads(0, "[i] -> [i] : 0 <= i < n")
                          .returns(0, "[] -> [0]")),
              ElementsAre(counted));
}

TEST(LastUse, TakesElementsOfAContainer) {
  EXPECT_THAT(
      readers(Sketch().task("a", "[i] : 0 <= i < n").task("all").reads(0, "[e] -> [e] : 0 <= e < n", 1)),
      ElementsAre(last));
}

/// A tree's task for one element does not wait for the others.
TEST(LastUse, DoesNotTakeATreeForOneTask) {
  Sketch tree;
  tree.task("a").task("b").reads(0).task("sum", "[]", formats::NodeOp::reduce);
  tree.reads(0, "[e] -> [] : e = 0", 1).reads_too(1, "[e] -> [] : e = 1", 1);
  EXPECT_THAT(readers(tree), ElementsAre(counted, counted, last));
}

TEST(LastUse, SaysNothingOfReferences) {
  EXPECT_THAT(texts(after("last-use", Sketch().task("a").task("b").reads(0).by_reference())), IsEmpty());
}

}  // namespace
}  // namespace dflow::compiler::passes::test
