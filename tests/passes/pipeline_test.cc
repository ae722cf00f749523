// All passes one after the other: what they have made of a plan, they leave as it is.
#include <cstdlib>
#include <random>

#include "tests/passes/sketch.h"

namespace dflow::compiler::passes::test {
namespace {

const std::string kAll = "[i] : 0 <= i < n", kSame = "[i] -> [i] : 0 <= i < n", kEach = "[e] -> [e] : 0 <= e < n";

Optimised optimised(const ir::Plan& plan) {
  auto made = optimise(plan, {});
  EXPECT_TRUE(made) << made.message();
  return made ? std::move(made).value() : Optimised{};
}

void expect_settled(const Sketch& sketch) {
  const Optimised once = optimised(sketch.plan), twice = optimised(once.plan);
  EXPECT_EQ(once.plan, twice.plan) << "changes something the second time";
  for (const formats::Change& each : twice.changes) ADD_FAILURE() << "says the second time what it does to call " << each.node;
}

TEST(Pipeline, DoesNothingTheSecondTime) {
  Sketch sketch;
  sketch.task("load", kAll).value("i").pure().task("load", kAll).value("i").pure();              // common-calls
  sketch.task("grown", kAll).reads(0, kSame).pure().task("shrunk", kAll).reads(2, kSame).pure();  // fusion
  sketch.task("idle", kAll).reads(1, kSame).pure();                                               // dead-tasks
  sketch.task("kept", kAll).reads(3, kSame).reads(1, kSame).returns(5, kEach);                    // last-use
  const Optimised once = optimised(sketch.plan);
  ASSERT_LT(once.plan.families.size(), sketch.plan.families.size());
  ASSERT_FALSE(once.changes.empty());
  expect_settled(sketch);
}

TEST(Pipeline, DoesNothingTheSecondTimeToWhatAPassLeftToOneBeforeIt) {
  Sketch sketch;
  sketch.task("load").pure().task("load").pure().task("grown").reads(0).pure().task("grown").reads(1).pure();
  sketch.task("both").reads(2).reads(3).returns(4);
  expect_settled(sketch);
}

/// Calls that read some of those before them, pure or not, once or for each i.
Sketch random_sketch(unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](unsigned below) { return random() % below; };
  Sketch sketch;
  std::vector<bool> many;
  for (unsigned node = 0, count = 3 + pick(6); node < count; ++node) {
    many.push_back(pick(3) != 0);
    sketch.task(std::string(1, static_cast<char>('f' + pick(3))), many[node] ? kAll : "[]");
    if (pick(2) == 0) sketch.value(pick(2) == 0 ? "x" : "y");
    for (unsigned reads = pick(3); node > 0 && reads > 0; --reads) {
      const unsigned from = pick(node);
      if (many[from] && many[node]) sketch.reads(from, pick(3) == 0 ? "[i] -> [i - 1] : 0 < i < n" : kSame);
      else if (many[node]) sketch.reads(from, "[i] -> [] : 0 <= i < n");
      else if (many[from]) sketch.reads(from, "[] -> [0]");
      else sketch.reads(from);
    }
    if (pick(3) != 0) sketch.pure();
  }
  std::vector<unsigned> ends;
  for (unsigned node = 0; node < many.size(); ++node)
    if (many[node]) ends.push_back(node);
  if (!ends.empty()) sketch.returns(ends[pick(static_cast<unsigned>(ends.size()))], kEach);
  return sketch;
}

TEST(Pipeline, DoesNothingTheSecondTimeToRandomPlans) {
  const char* given = std::getenv("DFLOW_TEST_SEED");
  const unsigned first = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 1;
  unsigned changed = 0;
  for (unsigned seed = first; seed < first + 100; ++seed) {
    SCOPED_TRACE("DFLOW_TEST_SEED=" + std::to_string(seed));
    const Sketch sketch = random_sketch(seed);
    if (!optimise(sketch.plan, {"-all", "verify"})) continue;
    changed += optimised(sketch.plan).changes.empty() ? 0 : 1;
    expect_settled(sketch);
  }
  EXPECT_GT(changed, 50U) << "most are left as they are";
}

}  // namespace
}  // namespace dflow::compiler::passes::test
