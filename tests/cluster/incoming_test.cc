// How much others may send to a worker, whatever they say.
#include "runtime/cluster/incoming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dflow::cluster {
namespace {

using ::testing::IsEmpty;

constexpr std::uint64_t kLimit = 1000;  // values may come until 800

class IncomingTest : public ::testing::Test {
 protected:
  core::Worker brain_{core::WorkerId{1}, {.threads = 1, .memory = kLimit, .strict = true}};
  Incoming incoming_{{.bytes = kLimit, .strict = true}, 5000};
};

TEST_F(IncomingTest, RefusesWhatIsLargerThanAStrictLimit) {
  EXPECT_THAT(incoming_.refusal(kLimit), IsEmpty());
  EXPECT_EQ(incoming_.refusal(kLimit + 1), "its 1001 bytes are more than the memory limit of 1000 bytes");
}

TEST_F(IncomingTest, RefusesWhatIsLargerThanItsMachineWhereItsLimitIsAShare) {
  const Incoming share({.bytes = kLimit}, 5000);
  EXPECT_THAT(share.refusal(5000), IsEmpty());
  EXPECT_EQ(share.refusal(5001), "its 5001 bytes are more than the 5000 bytes of memory of its machine");
}

TEST_F(IncomingTest, LetsOneValueComeThatHasNoRoomAndNoneBesideIt) {
  EXPECT_TRUE(incoming_.may_begin(900, brain_));
  incoming_.begin(900);
  EXPECT_FALSE(incoming_.may_begin(1, brain_));
  incoming_.end(900);
  EXPECT_TRUE(incoming_.may_begin(900, brain_));
}

TEST_F(IncomingTest, LetsValuesComeTogetherAsFarAsThereIsRoom) {
  incoming_.begin(300);
  EXPECT_TRUE(incoming_.may_begin(500, brain_));
  EXPECT_FALSE(incoming_.may_begin(501, brain_));
  (void)brain_.apply(core::MemoryMeasured{400});
  EXPECT_FALSE(incoming_.may_begin(500, brain_));
}

TEST_F(IncomingTest, CountsEmptyValues) {
  for (int i = 0; i < 2; ++i) incoming_.begin(0);
  incoming_.end(0);
  EXPECT_FALSE(incoming_.may_begin(900, brain_)) << "one still comes";
}

TEST_F(IncomingTest, TakesMoreThanWasAnnouncedAsFarAsThereIsRoom) {
  EXPECT_THAT(incoming_.refusal(800, 900, brain_), IsEmpty());
  EXPECT_THAT(incoming_.refusal(810, 10, brain_), IsEmpty());
  EXPECT_EQ(incoming_.refusal(811, 10, brain_),
            "it was announced with 10 bytes, and there is no room for the 811 bytes that it has");
  incoming_.begin(100);
  EXPECT_FALSE(incoming_.refusal(810, 10, brain_).empty());
}

}  // namespace
}  // namespace dflow::cluster
