// When a program's tasks leave it.
#include "runtime/cluster/bursts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// How many go together when so many tasks are described one right after the other; what is left is not sent.
std::vector<std::size_t> sent(Bursts& bursts, std::size_t tasks, bool lull) {
  std::vector<std::size_t> messages;
  std::size_t queued = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    if (!bursts.queued(++queued, lull && i == 0)) continue;
    messages.push_back(queued);
    queued = 0;
  }
  return messages;
}

TEST(Bursts, TheFirstGoesAloneAndTheOthersMoreAndMoreTogether) {
  Bursts bursts;
  EXPECT_THAT(sent(bursts, 1000, true), ElementsAre(1, 32, 64, 128, 256, 512));
}

TEST(Bursts, WhoSubmitsManyLeavesItToOthersToSendThem) {
  Bursts bursts;
  (void)sent(bursts, 1000, true);
  EXPECT_THAT(sent(bursts, 100'000, false), IsEmpty());
}

TEST(Bursts, BeginAgainAfterALull) {
  Bursts bursts;
  (void)sent(bursts, 100'000, true);
  EXPECT_THAT(sent(bursts, 100, true), ElementsAre(1, 32, 64));
}

TEST(Bursts, BeginAgainWhenTheProgramHasWaited) {
  Bursts bursts;
  (void)sent(bursts, 100'000, true);
  bursts.waited();
  EXPECT_THAT(sent(bursts, 96, false), ElementsAre(32, 64));
}

}  // namespace
}  // namespace dflow::cluster
