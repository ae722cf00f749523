#include "runtime/cluster/memory_shares.h"

#include <gtest/gtest.h>

namespace dflow::cluster {
namespace {

TEST(MemoryShares, AreOfAllPoolsThatAreThere) {
  MemoryShares shares(1200);
  EXPECT_EQ(shares.share(), 1200u);
  const auto one = shares.join(2);
  EXPECT_EQ(shares.share(), 600u);
  const auto other = shares.join(4);
  EXPECT_EQ(shares.share(), 200u);
  shares.leave(one);
  EXPECT_EQ(shares.share(), 300u);
  shares.leave(other);
  shares.leave(other);
  EXPECT_EQ(shares.share(), 1200u);
}

TEST(MemoryShares, NobodyGoesWhileThereIsEnoughForAll) {
  MemoryShares shares(1000);
  const auto one = shares.join(1), other = shares.join(1);
  EXPECT_FALSE(shares.look(one, {900})) << "the other has not used its share";
  EXPECT_FALSE(shares.look(other, {50}));
}

TEST(MemoryShares, TheLargestOfAllPoolsGoesAndNoOtherForIt) {
  MemoryShares shares(1000);
  const auto one = shares.join(2), other = shares.join(2);
  EXPECT_FALSE(shares.look(one, {100, 500}));
  EXPECT_FALSE(shares.look(other, {300, 100})) << "it is the other pool's";
  EXPECT_EQ(shares.look(one, {100, 500}), 1u);
  EXPECT_FALSE(shares.look(other, {300, 100})) << "it counts as gone";
  EXPECT_FALSE(shares.look(one, {100, 0}));
}

TEST(MemoryShares, WhoHasLeftCountsNoMore) {
  MemoryShares shares(1000);
  const auto one = shares.join(1), other = shares.join(1);
  EXPECT_FALSE(shares.look(one, {500}));
  shares.leave(one);
  EXPECT_FALSE(shares.look(other, {600}));
}

}  // namespace
}  // namespace dflow::cluster
