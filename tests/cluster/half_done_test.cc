// When a worker tells of ends that could wait.
#include "runtime/cluster/half_done.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// At how many tasks left it says so, while they end one by one.
std::vector<std::size_t> told(HalfDone& half, std::size_t tasks) {
  std::vector<std::size_t> left;
  while (tasks-- > 0) {
    if (half.reached(tasks)) left.push_back(tasks);
  }
  return left;
}

TEST(HalfDone, IsToldOnce) {
  HalfDone half;
  half.received(0, 100);
  EXPECT_THAT(told(half, 100), ElementsAre(50));
}

TEST(HalfDone, IsNotToldOfAFew) {
  HalfDone half;
  half.received(0, HalfDone::kLeast - 1);
  EXPECT_THAT(told(half, HalfDone::kLeast - 1), IsEmpty());
  half.received(0, HalfDone::kLeast);
  EXPECT_THAT(told(half, HalfDone::kLeast), ElementsAre(HalfDone::kLeast / 2));
}

TEST(HalfDone, IsOfAllThatThereIsWhenMoreComes) {
  HalfDone half;
  half.received(0, 20);
  half.received(15, 65);
  EXPECT_THAT(told(half, 65), ElementsAre(32));
}

TEST(HalfDone, IsNotChangedByOtherNews) {
  HalfDone half;
  half.received(0, 20);
  half.received(12, 12);
  EXPECT_THAT(told(half, 12), ElementsAre(10));
}

}  // namespace
}  // namespace dflow::cluster
